"""Captioned pictures from folders, lists or shards, as squares of one size."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from stereopsis.errors import DataError, PhotoError
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.sources import Keep, read_sources
from stereopsis.imagine.square import square_of

HELD_OUT = 20  # one picture in so many, by content
NAMED = 3  # at most, of those left out, in a sentence
COLUMNS = Columns()


@dataclass(frozen=True)
class Captioned:
    """Pictures and their captions; `left_out` says what could not be used, and why.

    `contents` are numbers that caption and picture file alone determine, wherever they lie, and
    `hashes` are the file's own; there are none of pictures that come from no file.
    """

    pictures: UInt8[np.ndarray, "n s s 3"]
    captions: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    contents: tuple[int, ...] = ()
    hashes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.captions)

    def pick(self, rows: Sequence[int]) -> "Captioned":
        """Only those rows."""
        captions = tuple(self.captions[i] for i in rows)
        contents = tuple(self.contents[i] for i in rows) if self.contents else ()
        hashes = tuple(self.hashes[i] for i in rows) if self.hashes else ()
        return Captioned(self.pictures[list(rows)], captions, (), contents, hashes)


def read_captioned(
    inputs: Sequence[Path],
    side: int,
    columns: Columns = COLUMNS,
    needs_caption: bool = True,
    at_least: int = 1,
    keep: Keep = lambda row: True,
) -> Captioned:
    """The pictures that the inputs name, as in read_sources, cut to their middle square.

    Squares are `side` px wide. Pictures that are damaged or, if one is needed, have no caption are
    left out; rows that are not to be kept are passed over.

    Raises:
        DataError: an input cannot be read, or fewer pictures than `at_least` can be used.
    """
    pictures, captions, left_out = [], [], []
    contents, hashes = [], []
    for name, row in read_sources(inputs, columns):
        if not keep(row):
            continue
        try:
            picture = square_of(row, side)
        except PhotoError as error:
            left_out.append(f"{name}: {error.problem}")
            continue
        if needs_caption and not row.caption:
            left_out.append(f"{name}: it has no caption.")
            continue
        pictures.append(picture)
        captions.append(row.caption)
        contents.append(row.content)
        hashes.append(row.digest)
    if len(pictures) < at_least:
        raise _too_few(len(pictures), left_out, at_least)
    return Captioned(
        np.stack(pictures), tuple(captions), tuple(left_out), tuple(contents), tuple(hashes)
    )


def split_captioned(pictures: Captioned) -> tuple[Captioned, Captioned]:
    """Those to learn from, and one in HELD_OUT to test with; the same for whatever order.

    Raises:
        DataError: one half would be empty.
    """
    assert len(pictures.contents) == len(pictures)
    held = [i for i, content in enumerate(pictures.contents) if content % HELD_OUT == 0]
    kept = [i for i, content in enumerate(pictures.contents) if content % HELD_OUT]
    if not held or not kept:
        raise DataError(
            f"Of {len(pictures)} pictures, {len(kept)} are left to learn from and {len(held)} "
            "to test with.",
            "Give more pictures, or give pictures to test with, too.",
        )
    return pictures.pick(kept), pictures.pick(held)


def without_learned(held_out: Captioned, learned: Collection[str]) -> Captioned:
    """Those whose files have none of these hashes: a copy that was learned from tests nothing.

    Raises:
        DataError: none is left.
    """
    assert len(held_out.hashes) == len(held_out)
    known = set(learned)
    new = [i for i, digest in enumerate(held_out.hashes) if digest not in known]
    if not new:
        raise DataError(
            f"All {len(held_out)} held-out pictures are among those that were learned from.",
            "Hold out pictures of which no copy is learned from.",
        )
    return held_out.pick(new)


def first_few(left_out: Sequence[str]) -> str:
    """The first NAMED of what was left out, and why, as a part of a sentence."""
    few = [each.removesuffix(".") for each in left_out[:NAMED]]
    return "; ".join([*few, "..."] if len(left_out) > NAMED else few)


def _too_few(usable: int, left_out: Sequence[str], at_least: int) -> DataError:
    why = f" (these cannot: {first_few(left_out)})" if left_out else ""
    needed = f"; {at_least} are needed" if at_least > 1 else ""
    return DataError(
        f"Of {usable + len(left_out)} pictures, {usable or 'none'} can be used{why}{needed}.",
        "Give pictures, and beside each a .txt with its caption; or a list, or shards.",
    )
