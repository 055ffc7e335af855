"""How surely a judge tells needles from hay, on pictures that it was not fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from stereopsis.errors import DataError
from stereopsis.imagine.votes.tally import Interval
from stereopsis.train.ranking import area_under_curve

RESAMPLES = 1000
FLOOR = 0.9


@dataclass(frozen=True)
class Area:
    """The area under the curve with its 95 % interval, and on how many pictures."""

    area: float
    low: float
    high: float
    needles: int
    hay: int


def measure_area(
    scores: Float[np.ndarray, " n"],
    wanted: Bool[np.ndarray, " n"],
    concepts: Sequence[str],
    seed: int = 0,
) -> Area:
    """The area under the curve; pictures of one concept are drawn again together.

    Raises:
        DataError: there are no needles, or no hay.
    """
    if wanted.all() or not wanted.any():
        raise DataError(
            f"Of {len(wanted)} pictures held out, {wanted.sum()} have the target look.",
            "Hold out pictures of both kinds.",
        )
    interval = _interval(scores, wanted, concepts, seed)
    area = area_under_curve(np.asarray(scores, np.float64), wanted)
    return Area(area, interval.low, interval.high, int(wanted.sum()), int((~wanted).sum()))


def check_floor(area: Area, floor: float) -> None:
    """Nothing, once the judge is good enough for its figures to be told.

    Raises:
        DataError: it is not.
    """
    if not area.area >= floor:
        raise DataError(
            f"The judge tells needles from hay with an area of {area.area:.3f}, below {floor:g}.",
            "Fit it on more pictures, or on another backbone; nothing is reported with this one.",
        )


def _interval(
    scores: np.ndarray, wanted: np.ndarray, concepts: Sequence[str], seed: int
) -> Interval:
    names, index = np.unique(np.asarray(concepts), return_inverse=True)
    members = [np.flatnonzero(index == k) for k in range(len(names))]
    random = np.random.default_rng(seed)
    areas = []
    for _ in range(RESAMPLES):
        drawn = random.integers(0, len(names), len(names))
        places = np.concatenate([members[k] for k in drawn])
        if wanted[places].any() and not wanted[places].all():
            areas.append(area_under_curve(scores[places], wanted[places]))
    low, high = np.percentile(areas, [2.5, 97.5])
    return Interval(float(low), float(high))
