"""Paired bootstrap: is one method really better, or were the scenes lucky?"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

RESAMPLES = 4000


@dataclass(frozen=True)
class Difference:
    """Mean difference over scenes, its 95 % interval, and in how many scenes it is positive.

    One scene says nothing of others: the interval is then everything.
    """

    mean: float
    low: float
    high: float
    positive: int
    scenes: int


def paired_difference(
    ours: Float[np.ndarray, " n"], theirs: Float[np.ndarray, " n"], scenes: list[str], seed: int = 0
) -> Difference:
    """Ours minus theirs over n pictures; those of one scene count as one, resampled together.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), the percentile interval.
    """
    assert len(ours) == len(theirs) == len(scenes) > 0
    names, index = np.unique(scenes, return_inverse=True)
    difference = np.bincount(index, ours - theirs) / np.bincount(index)
    mean, positive = float(difference.mean()), int((difference > 0).sum())
    if len(names) == 1:
        return Difference(mean, -math.inf, math.inf, positive, 1)
    draws = np.random.default_rng(seed).integers(0, len(names), (RESAMPLES, len(names)))
    low, high = np.percentile(difference[draws].mean(1), [2.5, 97.5])
    return Difference(mean, float(low), float(high), positive, len(names))
