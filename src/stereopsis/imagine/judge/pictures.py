"""Pictures to be judged: squares of one size."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import UInt8

from stereopsis.imagine.square import square
from stereopsis.scene.arrays import ColorImage

AT_ONCE = 64  # pictures that are looked at together

Pictures = UInt8[np.ndarray, "n h w 3"]


def in_batches(pictures: Pictures) -> Iterator[Pictures]:
    """The pictures, a few at a time."""
    for first in range(0, len(pictures), AT_ONCE):
        yield pictures[first : first + AT_ONCE]


def stacked(pictures: Pictures | Sequence[ColorImage], side: int) -> Pictures:
    """Pictures of any size as squares of one size."""
    if not len(pictures):
        return np.empty((0, side, side, 3), np.uint8)
    return np.stack([square(picture, side) for picture in pictures])
