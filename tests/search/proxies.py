"""Small proxy sets and spaces for tests."""

import numpy as np

from stereopsis.nets.topology import ParallelSpace
from stereopsis.search.proxy import ProxySet
from stereopsis.train.pack import Frame

SPACE = ParallelSpace(stem=8, channels=(8, 8), stages=3, blocks=1, expansion=4)


def make_proxy(count: int = 20, size: tuple[int, int] = (16, 24)) -> ProxySet:
    """Bright squares that are near and of class 9, before a dark ground of class 1 or 2.

    Depth has mean absolute deviation 1, also at every fourth pixel.
    """
    rng = np.random.default_rng(0)
    image = rng.integers(0, 60, (count, *size, 3), dtype=np.uint8)
    semantic = np.full((count, *size), 1, np.uint8)
    semantic[::2] = 2
    image[::2, :, :, 2] += 100
    for i in range(count):
        row, column = rng.integers(0, size[0] - 8), rng.integers(0, size[1] - 8)
        image[i, row : row + 8, column : column + 8] += 90
        semantic[i, row : row + 8, column : column + 8] = 9
    depth = np.where(semantic == 9, size[0] * size[1] / 64, 0.0).astype(np.float16)
    return ProxySet(image, depth, semantic)


def make_frame(seed: int = 0, size: tuple[int, int] = (48, 64), *, semantic: bool = True) -> Frame:
    """A rendered frame of noise, as a pack of worlds holds it."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    depth = rng.random(size, dtype=np.float32)
    classes = rng.integers(0, 16, size, dtype=np.uint8)
    planes = {"semantic": classes} if semantic else {}
    return Frame(image, depth, np.ones(size, np.bool_), exact=True, planes=planes)
