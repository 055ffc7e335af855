"""Diversity over seeds, and how much of a model's output is its tuning pictures again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from stereopsis.errors import DataError
from stereopsis.imagine.judge.backbone import Features

PERCENTILE = 1.0
LEAST = 5  # tuning pictures, for their distances to say anything


@dataclass(frozen=True)
class Memory:
    """The tuning pictures' features, and the distance below which a picture is one of them again.

    Of a latent model's pictures, what its autoencoder gives back of the tuning pictures is to be
    remembered: it cannot draw them nearer, and its trace is farther from them than they are from
    one another. `reach` is the 1st percentile of the distances from each real picture to the
    nearest other.
    """

    features: Features
    reach: float


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


def remember(real: Features) -> Memory:
    """What it takes to find a model's copies of these pictures.

    Pictures that are twice among them count once: no distance is 0.

    Raises:
        DataError: there are too few different pictures.
    """
    different = np.unique(real, axis=0)
    if len(different) < LEAST:
        raise DataError(
            f"There are {len(different)} different pictures to tell copies of.",
            f"Give {LEAST} or more, better hundreds.",
        )
    between = distances(different, different)
    np.fill_diagonal(between, np.inf)
    return Memory(different, float(np.percentile(between.min(1), PERCENTILE)))


def memorised_share(features: Features, memory: Memory) -> float:
    """The share of pictures nearer to a tuning picture than real ones are to each other."""
    return float((nearest(features, memory) < memory.reach).mean())


def nearest(features: Features, memory: Memory) -> Float[np.ndarray, " n"]:
    """How far each picture is from the nearest tuning picture."""
    return np.asarray(distances(features, memory.features).min(1))


def distances(
    ours: Float[np.ndarray, "n d"], theirs: Float[np.ndarray, "m d"]
) -> Float[np.ndarray, "n m"]:
    """Of each to each."""
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    square = (ours**2).sum(1)[:, None] + (theirs**2).sum(1) - 2 * ours @ theirs.T
    return np.asarray(np.sqrt(np.maximum(square, 0)))
