"""Smaller pictures inside of a large one: pixels are picked, and put back where they came from."""

import torch
from torch import Tensor
from torch.nn import functional

from stereopsis.nets.count import Size


def subsample(x: Tensor, size: Size) -> Tensor:
    """The nearest pixels (n, c, *size) of x (n, c, h, w) to an even grid over all of it."""
    grids = [_grid(full, count) for full, count in zip(x.shape[-2:], size, strict=True)]
    return _pick(x, *grids)


def place_back(small: Tensor, size: Size) -> Tensor:
    """Pixels (n, c, *size) where subsample() of a picture of this size takes them, 0 between.

    They are scaled so that the mean over the picture stays the same: ours, as what is built on
    features often takes their mean, which should not tell resolutions apart.

    Source: Wan et al., FBNetV2 (2020), section 3.2: neither do pixels move, as when a smaller map
    is padded at its border, nor do kernels see the zeros, as when they run on the result of this.
    """
    height, width = small.shape[-2:]
    gain = size[0] * size[1] / (height * width)
    with_zeros = functional.pad(small * gain, (0, 1, 0, 1))  # to be picked for all others
    sources = [_sources(full, count) for full, count in zip(size, (height, width), strict=True)]
    return _pick(with_zeros, *sources)


def _pick(x: Tensor, rows: list[int], columns: list[int]) -> Tensor:
    """These rows and columns: two plain picks, which every runtime knows."""
    for axis, picked in ((-2, rows), (-1, columns)):
        x = x.index_select(axis, torch.tensor(picked, device=x.device))
    return x


def _grid(side: int, count: int) -> list[int]:
    """`count` pixels evenly spread over a side, none twice."""
    assert count <= side
    return [(2 * i + 1) * side // (2 * count) for i in range(count)]


def _sources(side: int, count: int) -> list[int]:
    """For each pixel of a side, which of `count` it is by _grid(); `count` where it is none."""
    sources = [count] * side
    for source, pixel in enumerate(_grid(side, count)):
        sources[pixel] = source
    return sources
