"""Squares: how pictures are cut, in one way, so that a file gives the same pixels to everyone."""

import math

import cv2
import numpy as np
from jaxtyping import UInt8

from stereopsis.imagine.curate.row import Row
from stereopsis.imagine.curate.sample import LOOK_SIDE, NAME, opened
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.photo_file import DRAFT_SLACK, photo_in

Square = UInt8[np.ndarray, "s s 3"]


def square(picture: ColorImage, side: int) -> Square:
    """The middle square of the picture, `side` px wide."""
    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    cut = picture[top : top + short, left : left + short]
    if short == side:
        return np.ascontiguousarray(cut)
    way = cv2.INTER_AREA if short > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(cut, (side, side), interpolation=way))


def square_of(row: Row, side: int) -> Square:
    """The middle square of the row's picture, upright sRGB, `side` px wide.

    Raises:
        PhotoError: there is no picture, or it is damaged or tiny.
    """
    image = opened(row)
    # Large pictures are decoded to what filters see of them, or more where the square needs it.
    needed = math.ceil(side / DRAFT_SLACK * max(image.size) / max(1, min(image.size)))
    return square(photo_in(image, NAME, max(LOOK_SIDE, needed)).pixels, side)
