"""How well scores rank the good before the bad."""

import numpy as np
from jaxtyping import Bool, Float


def area_under_curve(scores: Float[np.ndarray, " n"], good: Bool[np.ndarray, " n"]) -> float:
    """How often a good example scores above a bad one; ties count half, NaN if all are alike."""
    highs, lows = scores[good], scores[~good]
    if not len(highs) or not len(lows):
        return float("nan")
    ordered = np.sort(lows)
    below = np.searchsorted(ordered, highs, "left") + np.searchsorted(ordered, highs, "right")
    return float(below.mean() / (2 * len(lows)))
