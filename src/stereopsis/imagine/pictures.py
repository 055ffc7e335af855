"""Pictures and captions of shards, as models learn from them: squares of one size."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from stereopsis.errors import OptionError, StereopsisError
from stereopsis.imagine.curate.row import Columns, Row
from stereopsis.imagine.curate.shards import find_shards, read_rows
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.photo_file import photo_in
from stereopsis.scene.picture_file import open_picture

HELD_OUT = 20  # one picture in so many, by content


@dataclass(frozen=True)
class Pictures:
    """Square pictures with their captions, and how many rows had no usable picture."""

    pixels: UInt8[np.ndarray, "n s s 3"]
    captions: list[str]
    contents: list[int]  # a number that picture and caption alone determine
    lost: int

    def __len__(self) -> int:
        return len(self.captions)

    def pick(self, rows: Sequence[int]) -> "Pictures":
        """Only those rows."""
        captions = [self.captions[i] for i in rows]
        return Pictures(self.pixels[list(rows)], captions, [self.contents[i] for i in rows], 0)


def read_pictures(
    inputs: Sequence[Path], side: int, columns: Columns, at_least: int = 1
) -> Pictures:
    """All usable pictures of the shards, cut to their middle square and resized to `side` px.

    Raises:
        OptionError: there are no shards, or fewer usable pictures than `at_least`.
        DataError: a shard is damaged.
    """
    pixels, captions, contents, lost = [], [], [], 0
    for shard in find_shards(inputs):
        for row in read_rows(shard, columns):
            picture = _picture_of(row, side)
            if picture is None:
                lost += 1
                continue
            pixels.append(picture)
            captions.append(row.caption)
            contents.append(row.content)
    if len(pixels) < at_least:
        raise OptionError(
            f"The shards hold {len(pixels)} usable pictures ({lost} are broken); "
            f"{at_least} are needed.",
            "Name more shards, or shards whose pictures can be read.",
        )
    return Pictures(np.stack(pixels), captions, contents, lost)


def split_pictures(pictures: Pictures) -> tuple[Pictures, Pictures]:
    """Those to learn from, and one in HELD_OUT to test with; the same for whatever order."""
    held = [i for i, content in enumerate(pictures.contents) if content % HELD_OUT == 0]
    kept = [i for i, content in enumerate(pictures.contents) if content % HELD_OUT]
    return pictures.pick(kept), pictures.pick(held)


def square(pixels: ColorImage, side: int) -> UInt8[np.ndarray, "s s 3"]:
    """The middle square of the picture, at this size."""
    height, width = pixels.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    cut = pixels[top : top + short, left : left + short]
    if short == side:
        return np.ascontiguousarray(cut)
    way = cv2.INTER_AREA if short > side else cv2.INTER_LANCZOS4
    return cv2.resize(cut, (side, side), interpolation=way)


def _picture_of(row: Row, side: int) -> ColorImage | None:
    if row.image is None:
        return None
    name = "The picture"
    try:
        return square(photo_in(open_picture(row.image, name), name).pixels, side)
    except StereopsisError:
        return None
