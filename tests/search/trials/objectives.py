"""Objectives that worker processes can import. Each writes down, in a folder, what it began."""

import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stereopsis.search.trials.trial import Report


def square(settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
    return {"score": -((settings["x"] - 3) ** 2), "madds": 10.0 + settings["x"]}


def learn(settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
    """Gets `rate` better every epoch, unless it is told to stop."""
    score = 0.0
    for _ in range(settings.get("epochs", 3)):
        score += settings["rate"]
        if report(score):
            break
    return {"score": score, "pid": os.getpid(), "threads": float(os.environ["OMP_NUM_THREADS"])}


def misbehave(settings: Mapping[str, Any], report: Report) -> Any:
    """Does what it is told to, all of it wrong."""
    match settings["how"]:
        case "raise":
            raise ValueError("no such layer")
        case "report nan":
            report(1.0)
            report(float("nan"))
        case result:
            return {
                "nan": {"score": float("nan")},
                "inf cost": {"score": 1.0, "madds": float("inf")},
                "text": {"score": "good"},
                "nothing": None,
                "fine": {"score": 1},
            }[result]


@dataclass(frozen=True)
class Diary:
    """Notes each attempt in a folder, one file each, and takes its time."""

    folder: Path
    seconds: float = 0.0

    def __call__(self, settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        self.write(settings, "began")
        report(1.0)
        time.sleep(self.seconds)
        self.write(settings, "ended")
        return {"score": float(settings["x"])}

    def write(self, settings: Mapping[str, Any], event: str) -> None:
        name = f"{settings['x']} {event} {os.getpid()} {time.monotonic_ns()}"
        (self.folder / name).touch()

    def count(self, event: str) -> dict[int, int]:
        """How often each x did this."""
        found: dict[int, int] = {}
        for path in self.folder.iterdir():
            x, what, *_ = path.name.split()
            if what == event:
                found[int(x)] = found.get(int(x), 0) + 1
        return found


@dataclass(frozen=True)
class Killed:
    """Is killed, as by a machine out of memory, in its first `times` attempts at x = 1."""

    diary: Diary
    times: int

    def __call__(self, settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        result = self.diary(settings, report)
        if settings["x"] == 1 and self.diary.count("ended")[1] <= self.times:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


@dataclass(frozen=True)
class Stillborn:
    """Kills the first `times` processes that unpickle it, before they can work."""

    diary: Diary
    times: int

    def __reduce__(self) -> tuple[Any, tuple[Diary, int]]:
        return born, (self.diary, self.times)

    def __call__(self, settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        return self.diary(settings, report)


def born(diary: Diary, times: int) -> Stillborn:
    if multiprocessing.parent_process() is not None:
        diary.write({"x": 0}, "born")
        if diary.count("born")[0] <= times:
            os.kill(os.getpid(), signal.SIGKILL)
    return Stillborn(diary, times)
