"""Pictures of nothing, which a judge that only knows pictures of something may like by accident.

Judges are fitted with such that are drawn by chance, and then attacked with plainer or other ones.
"""

import cv2
import numpy as np

from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.scene.arrays import ColorImage

MOST_CELLS = 16  # along a side


def nothings(count: int, height: int, width: int) -> dict[str, Pictures]:
    """So many pictures of each kind of nothing; that of stripes no judge is fitted with."""
    random = np.random.default_rng(1)
    shape = (count, height, width, 3)
    coarse = random.integers(0, 256, (count, 4, 4, 3), np.uint8)
    two = random.integers(0, 256, (count, 2, 1, 1, 3), np.uint8)
    stripe = (np.arange(width) // 4 % 2 == 0)[None, None, :, None]
    return {
        "white": np.full(shape, 255, np.uint8),
        "grey": np.full(shape, 128, np.uint8),
        "noise": random.integers(0, 256, shape, np.uint8),
        "blocks": coarse.repeat(-(-height // 4), 1).repeat(-(-width // 4), 2)[:, :height, :width],
        "stripes": np.broadcast_to(np.where(stripe, two[:, 0], two[:, 1]), shape).copy(),
    }


def draw_nothing(height: int, width: int, random: np.random.Generator) -> ColorImage:
    """One colour, a ramp between two, or a few cells of many, sharp or smooth."""
    kind = random.integers(3)
    if kind == 0:
        cells = _colors(random, 1, 1)
    elif kind == 1:
        ends = _colors(random, 1, 2)
        cells = ends if random.integers(2) else ends.transpose(1, 0, 2)
    else:
        rows, columns = random.integers(2, MOST_CELLS + 1, 2)
        cells = _colors(random, int(rows), int(columns))
    smooth = kind == 1 or random.integers(2)
    way = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(cells, (width, height), interpolation=way))


def _colors(random: np.random.Generator, rows: int, columns: int) -> ColorImage:
    """Colours of all kinds; one time in two, without hue."""
    drawn = random.integers(0, 256, (rows, columns, 3), np.uint8)
    return drawn if random.integers(2) else drawn[:, :, :1].repeat(3, 2)
