"""RayWorkers: attempts on a Ray cluster, or on one that is started on this machine for them."""

import asyncio
import importlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from stereopsis.errors import MissingExtraError, OptionError
from stereopsis.search.trials.attempt import Attempt, make_attempt
from stereopsis.search.trials.trial import Curve, Objective, Outcome
from stereopsis.search.trials.workers import Answer, Crew, Ending

KNOCK_S = 10.0  # for a cluster's head to answer


@dataclass(frozen=True)
class RayWorkers:
    """Attempts as Ray tasks, each with so many processors and graphics cards.

    `address` is that of a cluster ("auto", "ray-head:6379"); without one, this machine serves. A
    Ray that the program has already connected is used as it is. `count` attempts run at once;
    without it, as many as the cluster has processors for when it is opened.
    """

    address: str | None = None
    cpus_each: float = 1
    gpus_each: float = 0
    count: int | None = None

    def __post_init__(self) -> None:
        is_count = self.count is None or self.count >= 1
        if not is_count or self.cpus_each <= 0 or self.gpus_each < 0:
            raise OptionError(
                f"{self.count} attempts of {self.cpus_each} processors cannot work.",
                "Use 1 attempt or more, and more than 0 processors for each.",
            )

    @contextmanager
    def open(self, objective: Objective, answer: Answer) -> Iterator[Crew]:
        """The tasks; a cluster that was started for them ends with them.

        Raises:
            MissingExtraError: Ray is not installed.
            OptionError: the cluster does not answer.
        """
        ray = _import_ray()
        is_ours = not ray.is_initialized()
        if is_ours:
            _connect(ray, self.address)
        try:
            crew = _Tasks(ray, self, objective, answer)
            try:
                yield crew
            finally:
                crew.stop()
        finally:
            if is_ours:
                ray.shutdown()


class _Tasks:
    """The crew: one Ray task per attempt, and an actor through which they report."""

    def __init__(
        self, ray: ModuleType, config: RayWorkers, objective: Objective, answer: Answer
    ) -> None:
        self._ray = ray
        self._answer = answer
        self._count = config.count or _fitting(ray, config)
        self._objective = ray.put(objective)
        # Ray's own retries are off: the store counts, also over the death of a driver.
        options = {"max_retries": 0, "num_cpus": config.cpus_each, "num_gpus": config.gpus_each}
        self._task = ray.remote(**options)(_attempt_remotely)
        self._desk = ray.remote(num_cpus=0, scheduling_strategy=_here(ray))(_Desk).remote()
        self._report = self._desk.next_report.remote()
        self._running: dict[Any, Attempt] = {}

    def free(self) -> int:
        return self._count - len(self._running)

    def start(self, attempt: Attempt) -> None:
        self._running[self._task.remote(self._objective, attempt, self._desk)] = attempt

    def wait(self, timeout_s: float) -> list[Ending]:
        ready, _ = self._ray.wait([self._report, *self._running], timeout=timeout_s)
        endings: list[Ending] = []
        for ref in ready:
            if ref == self._report:
                self._hear_report()
            else:
                endings.append((self._running.pop(ref), self._outcome(ref)))
        return endings

    def stop(self) -> None:
        for ref in self._running:
            with suppress(self._ray.exceptions.RayError):
                self._ray.cancel(ref, force=True)
        self._ray.kill(self._desk)
        self._running.clear()

    def _hear_report(self) -> None:
        number, attempt, curve = self._ray.get(self._report)
        self._report = self._desk.next_report.remote()
        self._desk.reply.remote(number, self._answer(attempt, curve))

    def _outcome(self, ref: Any) -> Outcome | None:
        """What the task returned; None if its process, or machine, died."""
        try:
            outcome: Outcome = self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as error:
            raise OptionError(
                f"A Ray worker cannot make an attempt ({error.cause}).",
                "Install the same stereopsis, and the objective's module, on every machine.",
            ) from error
        except self._ray.exceptions.RayError:
            return None
        return outcome


class _Desk:
    """Where tasks report and wait for a reply; the driver takes reports one by one."""

    def __init__(self) -> None:
        self._reports: asyncio.Queue[tuple[int, Attempt, Curve]] = asyncio.Queue()
        self._replies: dict[int, asyncio.Future[bool]] = {}
        self._count = 0

    async def report(self, attempt: Attempt, curve: Curve) -> bool:
        number, self._count = self._count, self._count + 1
        self._replies[number] = asyncio.get_running_loop().create_future()
        await self._reports.put((number, attempt, curve))
        return await self._replies[number]

    async def next_report(self) -> tuple[int, Attempt, Curve]:
        return await self._reports.get()

    async def reply(self, number: int, stop: bool) -> None:
        self._replies.pop(number).set_result(stop)


def _attempt_remotely(objective: Objective, attempt: Attempt, desk: Any) -> Outcome:
    ray = _import_ray()

    def note(curve: Curve) -> bool:
        return bool(ray.get(desk.report.remote(attempt, curve)))

    return make_attempt(objective, attempt.trial, note)


def _import_ray() -> ModuleType:
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise MissingExtraError(
            "Trials on a cluster need Ray, which is not installed.",
            "Run pip install 'stereopsis[fleet]'.",
        ) from error


def _connect(ray: ModuleType, address: str | None) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to Ray's makers
    local = {} if address else {"include_dashboard": False}
    try:
        _knock(address or "")
        ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **local)
    except (OSError, ValueError, RuntimeError) as error:
        raise OptionError(
            f"No Ray cluster answers at {address or 'this machine'} ({error}).",
            "Start one with: ray start --head, and name its address; or leave the address out.",
        ) from error


def _knock(address: str) -> None:
    """Nothing, once something listens at a host:port; Ray itself would try for minutes.

    Raises:
        OSError: nothing does.
    """
    host, _, port = address.rpartition(":")
    if port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), KNOCK_S).close()


def _here(ray: ModuleType) -> Any:
    """The driver's own machine: what runs there dies with the driver, and not before."""
    strategies = importlib.import_module("ray.util.scheduling_strategies")
    node = ray.get_runtime_context().get_node_id()
    return strategies.NodeAffinitySchedulingStrategy(node, soft=True)


def _fitting(ray: ModuleType, config: RayWorkers) -> int:
    """How many attempts the cluster has room for; at least 1, which then waits for room."""
    has = ray.cluster_resources()
    rooms = [has.get("CPU", 0) / config.cpus_each]
    if config.gpus_each:
        rooms.append(has.get("GPU", 0) / config.gpus_each)
    return max(1, int(min(rooms)))
