"""Smaller pictures inside of a large one: pixels are picked, and put back where they came from."""

import torch
from torch import Tensor

from stereopsis.nets.count import Size


def subsample(x: Tensor, size: Size) -> Tensor:
    """The nearest pixels (n, c, *size) of x (n, c, h, w) to an even grid over all of it."""
    height, width = x.shape[-2:]
    rows, columns = _grid(height, size[0], x.device), _grid(width, size[1], x.device)
    return x[..., rows[:, None], columns]


def place_back(small: Tensor, size: Size) -> Tensor:
    """Pixels (n, c, h, w) where subsample() of a picture of this size takes them, 0 between.

    They are scaled so that the mean over the picture stays the same.

    Source: Wan et al., FBNetV2 (2020), section 3.2: neither do pixels move, as when a smaller map
    is padded at its border, nor do kernels see the zeros, as when they run on the result of this.
    """
    height, width = small.shape[-2:]
    rows, columns = _grid(size[0], height, small.device), _grid(size[1], width, small.device)
    whole = small.new_zeros(*small.shape[:2], *size)
    whole[..., rows[:, None], columns] = small * (size[0] * size[1] / (height * width))
    return whole


def _grid(side: int, count: int, device: torch.device) -> Tensor:
    """`count` pixels evenly spread over a side, none twice."""
    assert count <= side
    centers = (torch.arange(count, device=device, dtype=torch.float64) + 0.5) * (side / count)
    return centers.floor().long()
