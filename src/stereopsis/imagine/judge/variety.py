"""Diversity over seeds, and how figures that may be undefined are written."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from stereopsis.imagine.judge.backbone import Features


def diversity(features: Features, prompts: Sequence[str]) -> float:
    """The mean distance between two pictures of one prompt, over prompts; NaN with single seeds."""
    means = []
    names = np.asarray(prompts)
    for name in dict.fromkeys(prompts):
        own = features[names == name]
        if len(own) > 1:
            between = distances(own, own)
            means.append(between.sum() / (len(own) * (len(own) - 1)))
    return float(np.mean(means)) if means else float("nan")


def or_null(figure: float) -> float | None:
    """The figure as JSON can say it: None for NaN."""
    return None if math.isnan(figure) else figure


def as_text(figure: float) -> str:
    """The figure for a table, a dash for NaN."""
    return "-" if math.isnan(figure) else f"{figure:.3f}"


def distances(
    ours: Float[np.ndarray, "n d"], theirs: Float[np.ndarray, "m d"]
) -> Float[np.ndarray, "n m"]:
    """Of each to each."""
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    square = (ours**2).sum(1)[:, None] + (theirs**2).sum(1) - 2 * ours @ theirs.T
    return np.asarray(np.sqrt(np.maximum(square, 0)))
