"""Things set before a picture, in any colour: what they hide is known."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from stereopsis.train.pack import Frame

Outline = Callable[[int, int, np.random.Generator], Float32[np.ndarray, "h w"]]

SOFTNESS_PX = 0.7  # the lens and the sensor mix colours about so far (sigma) across a silhouette
CLOSER = 1.25  # times the inverse depth of the nearest that the picture shows
BORDER = 0.08  # of the shorter side stays free, so that nothing of the thing is beyond the picture


@dataclass(frozen=True)
class Inserted:
    """A frame before which something is set: how much of each pixel it covers, and its place.

    Pixels are its `front` where it is the nearest; its soft edge reaches farther.
    """

    frame: Frame
    coverage: Float32[np.ndarray, "h w"]
    front: Bool[np.ndarray, "h w"]


def disc(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """1 within a disc of a fifth to a third of the shorter side across its radius."""
    radius = rng.uniform(0.2, 0.33) * min(height, width)
    x = rng.uniform(radius, width - radius)
    y = rng.uniform(radius, height - radius)
    row, column = np.mgrid[:height, :width]
    return np.asarray(np.hypot(column - x, row - y) < radius, np.float32)


def fence(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """1 on upright bars some pixels wide."""
    bar, gap = rng.integers(4, 9), rng.integers(24, 48)
    bars = (np.arange(width) + rng.integers(gap)) % gap < bar
    return np.broadcast_to(bars, (height, width)).astype(np.float32)


def leaves(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """1 on blotches with thin parts, a quarter of the picture."""
    noise = rng.standard_normal((height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 7.0)
    return np.asarray(smooth > np.quantile(smooth, 0.75), np.float32)


OUTLINES: dict[str, Outline] = {"disc": disc, "fence": fence, "leaves": leaves}


def insert(
    frame: Frame, outline: Float32[np.ndarray, "h w"], color: tuple[int, int, int]
) -> Inserted:
    """The frame behind something of this outline (0 or 1) and colour, nearer than all it shows."""
    height, width = outline.shape
    free = round(BORDER * min(height, width))
    inside = np.zeros_like(outline)
    inside[free : height - free, free : width - free] = 1
    there = outline * inside
    coverage = cv2.GaussianBlur(there, (0, 0), SOFTNESS_PX)
    covered = coverage[..., None]
    mixed = covered * np.array(color, np.float32) + (1 - covered) * frame.image.astype(np.float32)
    near = CLOSER * float(frame.inverse_depth[frame.valid].max())
    is_front = there > 0
    return Inserted(
        Frame(
            np.rint(mixed).astype(np.uint8),
            np.where(is_front, np.float32(near), frame.inverse_depth),
            frame.valid | is_front,
            frame.exact,
        ),
        coverage,
        is_front,
    )
