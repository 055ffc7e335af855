"""One attempt at a trial, as a worker makes it: whatever happens, it ends in an outcome."""

import math
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stereopsis.errors import DataError, StereopsisError
from stereopsis.search.trials.trial import Curve, Objective, Outcome, Trial

Note = Callable[[Curve], bool]


@dataclass(frozen=True)
class Attempt:
    """The `number`-th time, from 1, that a trial is tried; `losses` times its worker had died."""

    trial: Trial
    number: int
    losses: int


def make_attempt(objective: Objective, trial: Trial, note: Note) -> Outcome:
    """What the objective makes of the trial; an exception or a useless score is told as an error.

    `note` is handed the curve after each epoch, and says whether the trial should end.
    """
    curve: list[float] = []

    def report(score: float) -> bool:
        curve.append(_finite(score, f"The score after epoch {len(curve) + 1}"))
        return note(tuple(curve))

    score, costs, error = None, dict[str, float](), None
    start = time.perf_counter()
    try:
        score, costs = _read_result(objective(trial.settings, report))
    except StereopsisError as raised:
        error = str(raised)
    except Exception as raised:  # noqa: BLE001 - the others go on, and the store keeps what it was
        error = f"The objective raised {type(raised).__name__}: {raised}"
    seconds = time.perf_counter() - start
    return Outcome(score, costs, tuple(curve), seconds, worker_name(), error)


def worker_name() -> str:
    """This process, by host and number."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _read_result(result: Any) -> tuple[float, dict[str, float]]:
    """The score and the costs apart."""
    if not isinstance(result, Mapping) or "score" not in result:
        raise DataError(
            f"The objective returned {result!r}, which holds no score.",
            'Return an object with "score" and the costs by their names.',
        )
    figures = {str(name): _finite(value, f"The {name}") for name, value in result.items()}
    return figures.pop("score"), figures


def _finite(value: Any, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise DataError(
            f"{what} is {value!r}, no finite number.", "Lower the learning rate, or mend the score."
        )
    return number
