"""A contact sheet: pictures at twice their size over their captions."""

from collections.abc import Sequence

import cv2
import numpy as np

from stereopsis.imagine.haystack.shards import to_png
from stereopsis.scene.arrays import ColorImage

ACROSS = 12
CELL, GAP, LINE = 128, 6, 14  # px
PAPER, INK = 245, (40, 40, 40)


def contact_sheet(pictures: Sequence[ColorImage], captions: Sequence[str]) -> bytes:
    """A PNG of the pictures, row by row."""
    cells = [_cell(*pair) for pair in zip(pictures, captions, strict=True)]
    empty = np.full_like(_cell(np.full((1, 1, 3), PAPER, np.uint8), ""), PAPER)
    cells += [empty] * (-len(cells) % ACROSS)
    rows = [np.hstack(cells[i : i + ACROSS]) for i in range(0, len(cells), ACROSS)]
    return to_png(np.vstack(rows or [empty]))


def _cell(picture: ColorImage, caption: str) -> ColorImage:
    cell = np.full((CELL + LINE + GAP, CELL + GAP, 3), PAPER, np.uint8)
    way = cv2.INTER_AREA if picture.shape[0] > CELL else cv2.INTER_NEAREST
    cell[:CELL, :CELL] = cv2.resize(picture, (CELL, CELL), interpolation=way)
    plain = caption.encode("ascii", "replace").decode()[:24]
    cv2.putText(
        cell, plain, (1, CELL + 10), cv2.FONT_HERSHEY_SIMPLEX, 0.32, INK, 1, cv2.LINE_AA
    )  # fmt: skip
    return cell
