"""Workers: where attempts are made. Here, the interface and the simplest of them.

`InProcess` makes them in the calling process, one after the other; `processes.LocalProcesses` in
processes of this machine, and `ray_workers.RayWorkers` on a Ray cluster.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from stereopsis.search.trials.attempt import Attempt, make_attempt
from stereopsis.search.trials.trial import Curve, Objective, Outcome

Ending = tuple[Attempt, Outcome | None]  # None: its worker was lost
Answer = Callable[[Attempt, Curve], bool]


class Crew(Protocol):
    """Workers at work."""

    def free(self) -> int:
        """How many more attempts can be started now."""
        ...

    def start(self, attempt: Attempt) -> None:
        """Hands an attempt to a free worker."""
        ...

    def wait(self, timeout_s: float) -> list[Ending]:
        """The attempts that ended, once there are any or the time is over.

        Meanwhile it asks `answer` about every curve that an attempt reports.
        """
        ...


class Workers(Protocol):
    """A way to make attempts."""

    def open(self, objective: Objective, answer: Answer) -> AbstractContextManager[Crew]:
        """A crew that serves until the block ends; then what still runs is stopped.

        `answer` is called in the caller's own thread.
        """
        ...


@dataclass(frozen=True)
class InProcess:
    """One attempt after the other, in the calling process; for tests and short trials.

    A trial that kills its process kills its driver: use LocalProcesses where that may be.
    """

    @contextmanager
    def open(self, objective: Objective, answer: Answer) -> Iterator[Crew]:
        """A crew of one; attempts run while it waits."""
        yield _Alone(objective, answer)


class _Alone:
    """Makes an attempt when it is waited for."""

    def __init__(self, objective: Objective, answer: Answer) -> None:
        self._objective = objective
        self._answer = answer
        self._next: Attempt | None = None

    def free(self) -> int:
        return 1 if self._next is None else 0

    def start(self, attempt: Attempt) -> None:
        assert self._next is None
        self._next = attempt

    def wait(self, timeout_s: float) -> list[Ending]:
        attempt = self._next
        assert attempt is not None
        faults: list[Exception] = []  # of the driver, not of the trial

        def note(curve: Curve) -> bool:
            try:
                return self._answer(attempt, curve)
            except Exception as fault:
                faults.append(fault)
                raise

        outcome = make_attempt(self._objective, attempt.trial, note)
        if faults:
            raise faults[0]
        self._next = None
        return [(attempt, outcome)]
