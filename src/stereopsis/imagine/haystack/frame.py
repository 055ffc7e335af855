"""Drawings from files, all framed alike: on white, the longer side of what is drawn the same."""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from stereopsis.errors import MissingExtraError
from stereopsis.scene.arrays import ColorImage

FILLED = 7 / 8  # share of the square's side that the drawing's longer side takes
DRAWN_PX, DPI = 256, 96.0  # SVG is drawn this large; sizes in mm or pt need a resolution
COARSEST = 64  # px of the smallest source; all pass through it, so that sharpness tells nothing
FAINT = 12  # differences to white, of 255, that count as drawn

Rgba = UInt8[np.ndarray, "h w 4"]


def read_drawing(path: Path) -> Rgba | None:
    """The picture with its transparency; None if it cannot be drawn.

    Raises:
        MissingExtraError: it is SVG, and resvg-py is not installed.
    """
    data = _render(path) if path.suffix == ".svg" else path.read_bytes()
    if not data:
        return None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.dtype != np.uint8 or picture.ndim != 3:
        return None
    code = cv2.COLOR_BGRA2RGBA if picture.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    return np.asarray(cv2.cvtColor(picture, code))


def framed(drawing: Rgba, side: int) -> ColorImage | None:
    """The drawing in the middle of a white square; None if nothing is drawn."""
    alpha = drawing[:, :, 3:].astype(np.float32) / 255
    on_white = np.rint(drawing[:, :, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    box = _box((255 - on_white.min(2)) > FAINT)
    if box is None:
        return None
    cut = on_white[box]
    coarse = round(COARSEST * max(1.0, side / COARSEST))
    return _on_square(_with_long_side(cut, coarse), side)


def _render(path: Path) -> bytes | None:
    try:
        import resvg_py
    except ImportError as error:
        raise MissingExtraError(
            "Drawing SVG needs resvg-py, which is not installed.",
            "Run pip install 'stereopsis[imagine]'.",
        ) from error
    try:
        drawn = resvg_py.svg_to_bytes(
            svg_path=str(path), width=DRAWN_PX, height=DRAWN_PX, dpi=DPI, skip_system_fonts=True
        )
    except ValueError:  # what it raises over damaged files
        return None
    return bytes(drawn)


def _box(drawn: Bool[np.ndarray, "h w"]) -> tuple[slice, slice] | None:
    """The smallest rectangle around all that is drawn."""
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _with_long_side(picture: ColorImage, long_side: int) -> ColorImage:
    zoom = long_side / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * zoom)), max(1, round(picture.shape[0] * zoom)))
    way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=way))


def _on_square(picture: ColorImage, side: int) -> ColorImage:
    small = _with_long_side(picture, round(FILLED * side))
    height, width = small.shape[:2]
    square = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = small
    return square
