"""What EXIF says about a picture: which way is up, and the lens."""

from collections.abc import Mapping

import cv2
import numpy as np
from PIL import ExifTags, Image

from stereopsis.scene.camera import FULL_FRAME_DIAGONAL_MM

FOCAL_35MM_RANGE = (4.0, 2000.0)  # beyond these the value is a mistake
MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0}  # FocalPlaneResolutionUnit: inch, centimetre, millimetre

# Stored orientation -> what makes it upright: (swap rows and columns?, then the flip code of cv2).
_NO_FLIP = 2
_UPRIGHT = {
    1: (False, _NO_FLIP),
    2: (False, 1),
    3: (False, -1),
    4: (False, 0),
    5: (True, _NO_FLIP),
    6: (True, 1),
    7: (True, -1),
    8: (True, 0),
}


def orientation_of(exif: Image.Exif) -> int:
    """The EXIF orientation 1..8; 1, which is upright, if absent or nonsense."""
    value = exif.get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) and value in _UPRIGHT else 1


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The stored pixels (h, w) or (h, w, c) turned and flipped as the EXIF orientation asks."""
    swap, flip = _UPRIGHT[orientation]
    if swap:
        pixels = cv2.transpose(pixels)
    if flip != _NO_FLIP:
        pixels = cv2.flip(pixels, flip)
    return pixels


def undoing(orientation: int) -> int:
    """The EXIF orientation that turns back what this one has turned."""
    return {6: 8, 8: 6}.get(orientation, orientation)


def focal_35mm_of(exif: Image.Exif, size: tuple[int, int]) -> float | None:
    """The focal length in mm on a full frame of equal diagonal, or None if EXIF has no sane one.

    FocalLengthIn35mmFilm if present, else from FocalLength and FocalPlaneXResolution; the latter
    counts pixels of the size that EXIF records, or of `size` if it records none.
    """
    fields = exif.get_ifd(ExifTags.IFD.Exif)
    focal = _positive(fields, ExifTags.Base.FocalLengthIn35mmFilm)
    if focal is None:
        focal = _focal_from_sensor(fields, size)
    low, high = FOCAL_35MM_RANGE
    return focal if focal is not None and low <= focal <= high else None


def _focal_from_sensor(fields: Mapping[int, object], size: tuple[int, int]) -> float | None:
    focal_mm = _positive(fields, ExifTags.Base.FocalLength)
    resolution = _positive(fields, ExifTags.Base.FocalPlaneXResolution)
    unit = _positive(fields, ExifTags.Base.FocalPlaneResolutionUnit) or 2
    if focal_mm is None or resolution is None or unit not in MM_PER_UNIT:
        return None
    width = _positive(fields, ExifTags.Base.ExifImageWidth) or size[0]
    height = _positive(fields, ExifTags.Base.ExifImageHeight) or size[1]
    diagonal_mm = float(np.hypot(width, height)) * MM_PER_UNIT[int(unit)] / resolution
    return focal_mm * FULL_FRAME_DIAGONAL_MM / diagonal_mm


def _positive(fields: Mapping[int, object], tag: int) -> float | None:
    """A field as a positive finite number, or None; damaged EXIF holds anything."""
    value = fields.get(tag)
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if 0 < number < float("inf") else None
