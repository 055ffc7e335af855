"""Textures: square pictures with mipmaps, all of one size, so that one array holds them all."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import UInt8

SIDE = 256  # texels along each side of the finest level
LEVELS = 7
LEVEL_START = np.cumsum([0] + [(SIDE >> level) ** 2 for level in range(LEVELS)]).astype(np.int64)
OPAQUE = 128  # a cut-out surface is there where alpha reaches this

Texels = UInt8[np.ndarray, "texels 4"]  # RGBA, the levels one after another, each in row order


def pyramid(rgba: UInt8[np.ndarray, "h w 4"]) -> Texels:
    """All mipmap levels of the picture, stretched to a square.

    What is cut out takes the mean colour of the rest, so that no fringe shows from afar.
    """
    level = cv2.resize(rgba, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    there = level[:, :, 3] >= OPAQUE
    if there.any() and not there.all():
        level[~there, :3] = level[there, :3].mean(0)
    levels = [level]
    for _ in range(LEVELS - 1):
        half = (level.shape[1] // 2, level.shape[0] // 2)
        level = cv2.resize(level, half, interpolation=cv2.INTER_AREA)
        levels.append(level)
    return np.concatenate([each.reshape(-1, 4) for each in levels])


def opaque(rgb: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 4"]:
    """The picture with full alpha."""
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


@dataclass
class TextureBank:
    """Grows by pictures and gives each its index; `stacked` is what the rasteriser reads."""

    _pyramids: list[Texels] = field(default_factory=list)
    _index_of_key: dict[str, int] = field(default_factory=dict)

    def add(self, rgba: UInt8[np.ndarray, "h w 4"], key: str | None = None) -> int:
        """The index of this picture; the first one that came under the same key stays."""
        if key is not None and key in self._index_of_key:
            return self._index_of_key[key]
        self._pyramids.append(pyramid(rgba))
        if key is not None:
            self._index_of_key[key] = len(self._pyramids) - 1
        return len(self._pyramids) - 1

    def index(self, key: str) -> int | None:
        """The index that a picture got under this key, if one did."""
        return self._index_of_key.get(key)

    def stacked(self) -> UInt8[np.ndarray, "n texels 4"]:
        """All pictures, in the order of their indices."""
        return np.stack(self._pyramids)
