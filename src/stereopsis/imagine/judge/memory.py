"""How much of a model's output is the pictures that it learned, again.

A copy is told by pixels, not by a judge's features: two pictures of one thing may have nearly the
same features, and a copy with a little noise has others.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from stereopsis.errors import DataError
from stereopsis.imagine.judge.pictures import Pictures, in_batches

SIDE = 16  # of the averages by which pictures are compared
AMONG = 50  # learned pictures, the nearest, whose mean distance a copy undercuts by far
SHARE = 0.15  # of that distance
LEAST = 5  # learned pictures, for their distances to say anything

Averages = Float32[np.ndarray, "n d"]


@dataclass(frozen=True)
class Memory:
    """Learned pictures, as averages of SIDE x SIDE parts.

    They are to be as the model would give them back: of a latent model, as its autoencoder does,
    since it can draw nothing nearer to them.
    """

    averages: Averages


def remember(learned: Pictures) -> Memory:
    """What it takes to find a model's copies of these pictures; what is twice there counts once.

    Raises:
        DataError: there are too few different pictures.
    """
    different = np.unique(_averages(learned), axis=0)
    if len(different) < LEAST:
        raise DataError(
            f"There are {len(different)} different pictures to tell copies of.",
            f"Give {LEAST} or more, better hundreds.",
        )
    return Memory(different)


def memorised_share(pictures: Pictures, memory: Memory) -> float:
    """The share of pictures that repeat a learned one."""
    return float((nearness(pictures, memory) < SHARE).mean())


def nearness(pictures: Pictures, memory: Memory) -> Float64[np.ndarray, " n"]:
    """The distance to the nearest learned picture, over the mean one to the AMONG nearest.

    What is near to many, as a plain picture is, repeats none of them; and the figure depends
    little on how many there are.

    Source: Carlini et al., Extracting Training Data from Diffusion Models (2023); the averages and
    the share are ours.
    """
    found = []
    for batch in in_batches(pictures):
        distances = _distances(_averages(batch), memory.averages)
        among = min(AMONG, distances.shape[1])
        nearest = np.partition(distances, among - 1, axis=1)[:, :among]
        found.append(nearest.min(1) / nearest.mean(1))
    return np.concatenate(found)


def _averages(pictures: Pictures) -> Averages:
    size = (SIDE, SIDE)
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA).ravel() for each in pictures]
    return np.stack(small).astype(np.float32) / 255


def _distances(ours: Averages, theirs: Averages) -> Float64[np.ndarray, "n m"]:
    """Of each to each."""
    product = ours.astype(np.float64) @ theirs.astype(np.float64).T
    squares = [np.einsum("nd,nd->n", each, each, dtype=np.float64) for each in (ours, theirs)]
    square = squares[0][:, None] + squares[1] - 2 * product
    return np.asarray(np.sqrt(np.maximum(square, 0)))
