"""Imports: lists of pairs, of pictures to pick from, and of answers that were exported."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from stereopsis.errors import DataError, StereopsisError
from stereopsis.imagine.votes.lists import Row, at_line, read_list
from stereopsis.imagine.votes.picture import inspect
from stereopsis.imagine.votes.records import Candidate, Keep, Pair, Review, Said, Vote
from stereopsis.imagine.votes.store import StoredImage, VoteStore

KINDS: dict[str, type] = {
    "pairs": Pair,
    "pictures": Candidate,
    "votes": Vote,
    "keeps": Keep,
    "reviews": Review,
}
PAIR_COLUMNS = tuple(field.name for field in fields(Pair))
MOST_FAULTS = 5  # rows that are told by their lines; the others are counted

Told = Callable[[int, int], None]  # how many rows are checked, of how many


@dataclass(frozen=True)
class Imported:
    """What a list held, how many rows, and how many of them the store did not have."""

    kind: str
    rows: int
    new: int


def import_list(store: VoteStore, path: Path, tell: Told = lambda _done, _all: None) -> Imported:
    """What came into the store: the whole list, or nothing if a row of it cannot be used.

    Paths of pictures count from the folder of the store. The columns tell what the list holds;
    one that was imported before adds nothing. Lists of pictures may have further columns.

    Raises:
        DataError: the list cannot be read, its columns are unknown, or rows cannot be used.
        PhotoError: a picture, as the only fault, is missing or cannot be shown.
    """
    rows = read_list(path)
    name = _kind_of(rows[0], path)
    if name in ("votes", "keeps", "reviews"):
        said = [_said(row, KINDS[name], path) for row in rows]
        return Imported(name, len(rows), store.record(said))
    images: dict[str, StoredImage] = {}
    found: list[Any] = []
    faults: list[StereopsisError] = []
    for done, row in enumerate(rows, 1):
        try:
            with at_line(path, row.line):
                found.append(_with_pictures(row, KINDS[name], store.folder, images))
        except StereopsisError as error:
            faults.append(error)
        tell(done, len(rows))
    if faults:
        raise _together(faults)
    split = {"pairs": found} if name == "pairs" else {"candidates": found}
    return Imported(name, len(rows), store.add(list(images.values()), **split))


def _together(faults: Sequence[StereopsisError]) -> StereopsisError:
    """The only fault, or an error that lists the first few of many."""
    if len(faults) == 1:
        return faults[0]
    told = " ".join(each.problem for each in faults[:MOST_FAULTS])
    more = f" And {len(faults) - MOST_FAULTS} more." if len(faults) > MOST_FAULTS else ""
    return DataError(
        f"{told}{more}", "Nothing was imported: mend or remove these rows, and import again."
    )


def _kind_of(row: Row, path: Path) -> str:
    """What a list with the columns of this row holds."""
    given = set(row.values)
    for name, kind in KINDS.items():
        needed, known = _columns(kind)
        if needed <= given and (given <= known or kind is Candidate):
            return name
    named = ", ".join(sorted(given))
    raise DataError(
        f"The columns of {path} ({named}) are those of no list that is read here.",
        f"Use {', '.join(PAIR_COLUMNS)} for pairs, or path, caption for pictures.",
    )


def _columns(kind: type) -> tuple[set[str], set[str]]:
    """The columns that such a list must have, and those that it may have."""
    known = {field.name for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    return needed, known | set(PAIR_COLUMNS) if kind is Vote else known


def _said(row: Row, kind: type, path: Path) -> Said:
    """The answer in a row; a pair that is written out beside a vote must be the one it names."""
    with at_line(path, row.line):
        _check_columns(row, kind)
        said: Said = kind(**{field.name: row.values[field.name] for field in fields(kind)})
        if isinstance(said, Vote) and set(PAIR_COLUMNS) <= set(row.values):
            pair = Pair(**{name: row.values[name] for name in PAIR_COLUMNS})
            if pair.key != said.pair:
                problem = f"The pair that is written out is not {said.pair}, which the vote names."
                raise DataError(problem, "Export the votes again, and do not edit them.")
        return said


def _with_pictures(
    row: Row, kind: type, folder: Path, images: dict[str, StoredImage]
) -> Pair | Candidate:
    """The pair or candidate in a row, its paths as seen from the folder; adds to `images`."""
    _check_columns(row, kind)
    values = dict(row.values)
    for column in ("image_a", "image_b") if kind is Pair else ("path",):
        given = values[column]
        if not given or "\0" in given:
            raise DataError(f"The {column} is no path.", "Name a picture in the store's folder.")
        if given not in images:
            images[given] = inspect(folder / given, folder)
        values[column] = images[given].path
    made: Pair | Candidate = kind(
        **{field.name: values[field.name] for field in fields(kind) if field.name in values}
    )
    return made


def _check_columns(row: Row, kind: type) -> None:
    """Nothing, once the row has the columns that the list needs, as its first row has."""
    needed, known = _columns(kind)
    given = set(row.values)
    for name in sorted(needed - given):
        raise DataError(f"The row has no {name}.", "Give all rows the same columns.")
    for name in sorted(given - known if kind is not Candidate else ()):
        raise DataError(f"The column {name} is unknown.", "Give all rows the same columns.")
