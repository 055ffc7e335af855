"""Planes: further pictures of a pack's frames, by name, as PNG and JPEG files laid end to end."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from stereopsis.errors import DataError

JPEG_QUALITY = 90
LEVELS = 8192
PNG_LEVEL = 3  # of compression; more takes long and gains little


@dataclass(frozen=True)
class Plane:
    """n files; `end[i]` says where the i-th stops, and its values times `scale[i]` are meant."""

    data: UInt8[np.ndarray, " bytes"]
    end: Int64[np.ndarray, " n"]
    scale: Float32[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.end)

    def __getitem__(self, index: int) -> np.ndarray:
        """The array that was stored: see `encode`."""
        start = self.end[index - 1] if index else 0
        coded = cv2.imdecode(self.data[start : self.end[index]], cv2.IMREAD_UNCHANGED)
        if coded is None:
            raise DataError(
                f"Frame {index} of the pack is damaged.", "Make the pack again (runs/packs.sh)."
            )
        if coded.ndim == 3:
            return coded[:, :, ::-1].copy()
        return coded * self.scale[index] if coded.dtype == np.uint16 else coded

    def is_consistent(self, count: int) -> bool:
        """Whether types fit and the ends of `count` files rise to the end of the bytes."""
        if self.data.dtype != np.uint8 or self.data.ndim != 1 or self.end.dtype != np.int64:
            return False
        if self.end.shape != (count,) or (np.diff(self.end, prepend=0) <= 0).any():
            return False
        scales = self.scale.dtype == np.float32 and self.scale.shape == (count,)
        return scales and len(self.data) == (self.end[-1] if count else 0)


@dataclass(frozen=True)
class Coded:
    """One file of a plane."""

    file: UInt8[np.ndarray, " bytes"]
    scale: float


def build_plane(coded: Sequence[Coded]) -> Plane:
    """The files of all frames in a row."""
    data = np.concatenate([each.file for each in coded]) if coded else np.zeros(0, np.uint8)
    end = np.cumsum([len(each.file) for each in coded], dtype=np.int64)
    return Plane(data, end, np.array([each.scale for each in coded], np.float32))


def encode(array: np.ndarray) -> Coded:
    """A picture (uint8, h w 3), classes (uint8, h w) or a measure (float32 from 0, h w) as a file.

    Pictures lose a little, classes nothing; measures keep LEVELS steps up to their largest, and
    what is not 0 stays so.
    """
    if array.ndim == 3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        return Coded(np.asarray(cv2.imencode(".jpg", array[:, :, ::-1], quality)[1]), 1.0)
    level = [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL]
    if array.dtype == np.uint8:
        return Coded(np.asarray(cv2.imencode(".png", array, level)[1]), 1.0)
    scale = max(float(array.max()), 1e-12) / LEVELS
    steps = np.where(array > 0, np.rint(array / scale).clip(1, LEVELS), 0).astype(np.uint16)
    return Coded(np.asarray(cv2.imencode(".png", steps, level)[1]), scale)
