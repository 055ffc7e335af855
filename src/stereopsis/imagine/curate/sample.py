"""Sample: a row on its way through the funnel; what filters need is computed once and shared."""

from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from stereopsis.errors import PhotoError
from stereopsis.imagine.curate.row import Row
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.photo_file import photo_in
from stereopsis.scene.picture_file import decoding, open_picture

LOOK_SIDE = 736  # px; pixels are decoded to at most that many on the longer side
NAME = "The picture"  # in sentences: a row's picture has no name of its own

# What a filter looks at, from free to dear.
Need = Literal["row", "header", "pixels", "features"]

Features = Float32[np.ndarray, " d"]
Matrix = Float32[np.ndarray, "n d"]  # features, a row each
Pictures = UInt8[np.ndarray, "n s s 3"]


class Sample:
    """A row, its picture's size, its pixels and its features, each made when first asked for.

    `features` and `domain` (what the picture shows; "" if the eye cannot say) are filled in by an
    eye, for many samples at once.
    """

    def __init__(self, row: Row) -> None:
        self.row = row
        self.scores: dict[str, float] = {}  # by stage, of the filters that it has met
        self.features: Features | None = None
        self.domain = ""

    @cached_property
    def content(self) -> int:
        """What tells this picture and caption from others, wherever they lie; see Row."""
        return self.row.content

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height as stored, before any reduction.

        Raises:
            PhotoError: there is no picture, or it is damaged from its start.
        """
        image = opened(self.row)
        with decoding(NAME):
            return image.size

    @cached_property
    def pixels(self) -> ColorImage:
        """Upright sRGB, the longer side at most LOOK_SIDE.

        Raises:
            PhotoError: there is no picture, or it is damaged or tiny.
        """
        return photo_in(opened(self.row), NAME, LOOK_SIDE).pixels


def opened(row: Row) -> Image.Image:
    """The row's picture, not yet decoded.

    Raises:
        PhotoError: there is no picture, or it is damaged from its start.
    """
    if row.image is None:
        raise PhotoError(f"It cannot be had: {row.fault}.", "Leave the row out.")
    return open_picture(row.image, NAME)
