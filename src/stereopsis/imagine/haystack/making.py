"""What the commands of the haystacks share: progress, and sheets beside the shards."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from stereopsis.imagine.haystack.shards import from_file, read_shards
from stereopsis.imagine.haystack.sheet import contact_sheet
from stereopsis.outputs import write_all

SHOWN = 144
Row = TypeVar("Row")


def _as_they_are(rows: Iterable[Any], what: str) -> Iterator[Any]:
    yield from rows


@dataclass(frozen=True)
class Watch:
    """Who is told of the work: `tell` of a step; `shown` lets rows through and sees each."""

    tell: Callable[[str], None] = lambda text: None
    shown: Callable[[Iterable[Any], str], Iterator[Any]] = _as_they_are


UNWATCHED = Watch()


def write_sheet(folder: Path, kind: type, name: str) -> None:
    """Draws some rows of the shards of that name, evenly spread, into `name`.png.

    Raises:
        DataError: there are no such shards.
        OutputError: the file cannot be written.
    """
    rows: list[Any] = list(read_shards(folder, kind, name))
    places = {round(place) for place in np.linspace(0, max(0, len(rows) - 1), SHOWN)}
    some = [rows[i] for i in sorted(places) if i < len(rows)]
    write_all({folder / f"{name}.png": sheet_of(some)})


def sheet_of(rows: Sequence[Any]) -> bytes:
    """A contact sheet of rows with image and caption, as a PNG."""
    return contact_sheet([from_file(row.image) for row in rows], [row.caption for row in rows])
