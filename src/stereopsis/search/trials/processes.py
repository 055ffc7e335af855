"""LocalProcesses: attempts in processes of this machine, each its own, replaced when killed."""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from stereopsis.errors import OptionError
from stereopsis.search.trials.attempt import Attempt, make_attempt
from stereopsis.search.trials.threads import limit_loaded_libraries, limit_new_libraries
from stereopsis.search.trials.trial import Curve, Objective, Outcome
from stereopsis.search.trials.workers import Answer, Crew, Ending

GRACE_S = 5.0  # for a worker to end when told to
STARTS = 3  # in a row that fail before none is tried any more for the same attempt

# Fresh processes: a fork of one that has used PyTorch's threads may hang.
_SPAWN = multiprocessing.get_context("spawn")

# What a worker says: that it is ready, a curve, an outcome, or why it cannot work.
_Message = bool | Curve | Outcome | OptionError


@dataclass(frozen=True)
class LocalProcesses:
    """`count` processes, each computing with `threads_each` threads."""

    count: int
    threads_each: int = 1

    def __post_init__(self) -> None:
        if self.count < 1 or self.threads_each < 1:
            raise OptionError(
                f"{self.count} processes of {self.threads_each} threads cannot work.",
                "Use 1 or more of each.",
            )

    @contextmanager
    def open(self, objective: Objective, answer: Answer) -> Iterator[Crew]:
        """The processes, started when they are first needed.

        Raises:
            OptionError: the objective cannot be sent to another process.
        """
        crew = _Processes(self, _pack(objective), answer)
        try:
            yield crew
        finally:
            crew.stop()


@dataclass
class _Worker:
    """A process, our end of its pipe, and the attempt that it makes."""

    process: multiprocessing.process.BaseProcess
    pipe: Connection
    attempt: Attempt | None = None
    is_ready: bool = False


class _Processes:
    """The crew: starts, hears and replaces processes."""

    def __init__(self, config: LocalProcesses, objective: bytes, answer: Answer) -> None:
        self._config = config
        self._objective = objective
        self._answer = answer
        self._workers: list[_Worker] = []
        self._has_begun = False  # whether any worker ever could work
        self._failed_starts = 0  # since one last could

    def free(self) -> int:
        busy = sum(worker.attempt is not None for worker in self._workers)
        return self._config.count - busy

    def start(self, attempt: Attempt) -> None:
        idle = [worker for worker in self._workers if worker.attempt is None]
        worker = idle[0] if idle else self._hire()
        worker.attempt = attempt
        try:
            worker.pipe.send(attempt)
        except OSError:  # it died while idle; wait() will find its pipe closed
            assert idle

    def wait(self, timeout_s: float) -> list[Ending]:
        pipes = {worker.pipe: worker for worker in self._workers}
        heard = [pipes[pipe] for pipe in wait(list(pipes), timeout_s)]  # type: ignore[index]
        return [ending for worker in heard for ending in self._hear(worker)]

    def stop(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            self._bury(worker)
        self._workers.clear()

    def _hire(self) -> _Worker:
        ours, theirs = _SPAWN.Pipe()
        arguments = (theirs, self._objective, self._config.threads_each)
        process = _SPAWN.Process(target=_work, args=arguments)  # may have children
        process.start()
        theirs.close()  # or its death would leave the pipe open
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _hear(self, worker: _Worker) -> list[Ending]:
        """Takes one message; endings come of an outcome, or of a death."""
        try:
            message: _Message = worker.pipe.recv()
        except (EOFError, OSError):
            return self._replace(worker)
        if isinstance(message, OptionError):
            raise message
        if isinstance(message, bool):
            worker.is_ready = self._has_begun = True
            self._failed_starts = 0
            return []
        attempt = worker.attempt
        assert attempt is not None
        if isinstance(message, Outcome):
            worker.attempt = None
            return [(attempt, message)]
        stop = self._answer(attempt, message)
        try:
            worker.pipe.send(stop)
        except OSError:
            return self._replace(worker)
        return []

    def _replace(self, worker: _Worker) -> list[Ending]:
        """Removes a dead worker: the next start() hires another.

        One that was killed before it could work has not touched its attempt, which is started anew;
        if that never helps, the attempt is lost, or all of the crew's if no worker ever began.
        """
        self._workers.remove(worker)
        self._bury(worker)
        if worker.attempt is None:
            return []
        if worker.is_ready:
            return [(worker.attempt, None)]
        self._failed_starts += 1
        if self._failed_starts < STARTS:
            self.start(worker.attempt)
            return []
        if not self._has_begun:
            raise _never_began(worker.process.exitcode)
        self._failed_starts = 0
        return [(worker.attempt, None)]

    def _bury(self, worker: _Worker) -> None:
        worker.pipe.close()
        worker.process.join(GRACE_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _never_began(code: int | None) -> OptionError:
    mend = 'Keep what the program does under if __name__ == "__main__", and see its output.'
    if code == -signal.SIGKILL:
        mend = "See whether the machine runs out of memory, or use fewer workers."
    return OptionError(
        f"Worker processes ended before they could work, {STARTS} in a row (exit code {code}).",
        mend,
    )


def _pack(objective: Objective) -> bytes:
    try:
        return pickle.dumps(objective)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise OptionError(
            f"The objective {objective!r} cannot be sent to another process ({error}).",
            "Define it at the top of a module; not inside a function, nor as a lambda.",
        ) from error


def _work(pipe: Connection, packed: bytes, threads: int) -> None:
    """The life of a worker process: one attempt after the other, until its driver is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which then ends us
    threading.Thread(target=_end_with_driver, daemon=True).start()
    limit_new_libraries(threads)
    try:
        objective: Objective = pickle.loads(packed)
    except Exception as error:  # noqa: BLE001 - whatever its module raises, the driver tells
        pipe.send(_not_importable(error))
        return
    limit_loaded_libraries(threads)
    pipe.send(True)

    def note(curve: Curve) -> bool:
        pipe.send(curve)
        return bool(pipe.recv())

    with suppress(EOFError, OSError):  # the driver is gone
        while True:
            attempt: Attempt = pipe.recv()
            pipe.send(make_attempt(objective, attempt.trial, note))


def _not_importable(error: Exception) -> OptionError:
    return OptionError(
        f"The objective cannot be imported in a worker process ({type(error).__name__}: {error}).",
        "Define it at the top of a module that every process can import.",
    )


def _end_with_driver() -> None:
    """Ends this process at once when its driver has died, whatever it is doing."""
    driver = multiprocessing.parent_process()
    assert driver is not None
    driver.join()
    os._exit(1)
