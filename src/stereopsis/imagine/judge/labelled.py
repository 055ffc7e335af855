"""Labelled pictures: needles, which have the target look, and hay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from stereopsis.errors import DataError, PhotoError
from stereopsis.imagine.curate.row import Columns, Row
from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.sources import Keep, read_sources
from stereopsis.imagine.square import square_of

SIDE = 64  # px; of the embedded generator's pictures


@dataclass(frozen=True)
class Labelled:
    """Pictures with captions, concepts ("" if not known) and whether each is a needle.

    `hashes` tell their files from all others. `left_out` says which rows could not be used, and
    why.
    """

    pictures: Pictures
    captions: tuple[str, ...]
    concepts: tuple[str, ...]
    wanted: Bool[np.ndarray, " n"]
    hashes: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pictures)

    def where(self, chosen: Bool[np.ndarray, " n"]) -> "Labelled":
        """Those that are chosen."""
        places = np.flatnonzero(chosen)
        captions = tuple(self.captions[i] for i in places)
        concepts = tuple(self.concepts[i] for i in places)
        hashes = tuple(self.hashes[i] for i in places)
        return Labelled(self.pictures[places], captions, concepts, self.wanted[places], hashes)


def read_labelled(
    inputs: Sequence[Path],
    columns: Columns,
    side: int = SIDE,
    most: int | None = None,
    keep: Keep = lambda row: True,
) -> Labelled:
    """At most so many pictures, as squares; those that cannot be read are left out.

    Inputs are those of read_sources. Rows that are not to be kept are passed over. Without a column
    of labels, all are hay. Rows of one concept belong together; where there is no concept, those of
    one caption do.

    Raises:
        DataError: an input cannot be read, or no picture of them can, or a label is none.
    """
    rows: list[Row] = []
    pictures, hashes, left_out = [], [], []
    for name, row in read_sources(inputs, columns):
        if most is not None and len(rows) >= most:
            break
        if not keep(row):
            continue
        try:
            pictures.append(square_of(row, side))
        except PhotoError as error:
            left_out.append(f"{name}: {error.problem}")
            continue
        hashes.append(row.digest)
        rows.append(replace(row, image=None))
    if not rows:
        raise DataError(
            "There is no picture that can be read.", "Give a folder, a list or shards of pictures."
        )
    concepts = [str(row.carried.get(columns.concept) or row.caption) for row in rows]
    return Labelled(
        np.stack(pictures),
        tuple(row.caption for row in rows),
        tuple(concepts),
        np.array([bool(row.wanted(columns)) for row in rows]),
        tuple(hashes),
        tuple(left_out),
    )


def joined(parts: Sequence[Labelled]) -> Labelled:
    """All of them, one after the other."""
    return Labelled(
        np.concatenate([part.pictures for part in parts]),
        tuple(text for part in parts for text in part.captions),
        tuple(text for part in parts for text in part.concepts),
        np.concatenate([part.wanted for part in parts]),
        tuple(text for part in parts for text in part.hashes),
        tuple(text for part in parts for text in part.left_out),
    )
