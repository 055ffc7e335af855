"""Sources of captioned pictures: folders, lists and shards, all read as rows."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.curate.picture_cell import picture_in
from stereopsis.imagine.curate.row import Columns, Row
from stereopsis.imagine.curate.shards import ENDINGS as SHARDS
from stereopsis.imagine.curate.shards import find_shards, read_rows
from stereopsis.imagine.votes.lists import ENDINGS as LISTS
from stereopsis.imagine.votes.lists import read_list

Keep = Callable[[Row], bool]

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".heic", ".avif", ".tif", ".tiff", ".gif", ".bmp"}


def read_sources(inputs: Sequence[Path], columns: Columns) -> Iterator[tuple[str, Row]]:
    """Every row that the inputs name, with a name for people; a few at a time.

    An input is a folder of pictures with a .txt of the same name beside each; a list (.csv, .jsonl)
    with a column path, counting from its folder, and others as in a shard; or a shard (.parquet,
    .tar), or a folder of them. Shards come first, in the order of their paths, so that the order
    in which they are given changes nothing.

    Raises:
        DataError: an input is missing, damaged or of another kind.
    """
    kinds = {given: _kind_of(given) for given in inputs}
    if shards := [given for given, kind in kinds.items() if kind == "shards"]:
        for shard in find_shards(shards):
            for row in read_rows(shard, columns):
                yield f"{shard.name}, row {row.number}", row
    for given, kind in kinds.items():
        if kind == "folder":
            yield from _in_folder(given)
        elif kind == "list":
            yield from _in_list(given, columns)


def check_there(given: Path) -> None:
    """Nothing, if the input is there.

    Raises:
        DataError: it is not.
    """
    if not os.path.exists(given):
        raise DataError(f"There is no folder or file {given}.", "Check its name, and that you may.")


def parse_without(given: Sequence[str]) -> Keep:
    """Whether a row is none of those in texts like group=symbols.

    It raises DataError at a row that lacks such a column: nothing is kept by a slip of the pen.

    Raises:
        OptionError: one is no such text.
    """
    pairs = []
    for text in given:
        found = re.fullmatch(r"([^=]+)=(.*)", text)
        if not found:
            raise OptionError(f"{text} names no rows.", "Write it as COLUMN=VALUE.")
        pairs.append((found[1], found[2]))

    def keep(row: Row) -> bool:
        for name, _ in pairs:
            if name not in row.carried:
                raise DataError(f"The pictures have no column {name}.", "Name one that they have.")
        return not any(str(row.carried[name]) == value for name, value in pairs)

    return keep


def without_concepts(names: Iterable[str]) -> Keep:
    """Whether a row shows none of these concepts, by its column `concept` and by its caption."""
    avoided = list(names)

    def keep(row: Row) -> bool:
        return not names_any(avoided, row.caption, str(row.carried.get("concept", "")))

    return keep


def names_any(names: Iterable[str], caption: str, concept: str = "") -> bool:
    """Whether the caption, what stands before its first comma or the concept is one of the names.

    Capitals and small letters are alike.
    """
    told = {caption.casefold(), caption.casefold().partition(",")[0], concept.casefold()}
    return not told.isdisjoint(name.casefold() for name in names)


def _kind_of(given: Path) -> str:
    check_there(given)
    if given.suffix.lower() in LISTS:
        return "list"
    if not os.path.isdir(given) or any(p.suffix.lower() in SHARDS for p in given.rglob("*")):
        return "shards"
    return "folder"


def _in_folder(folder: Path) -> Iterator[tuple[str, Row]]:
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURES)
    for number, path in enumerate(paths):
        text = path.with_suffix(".txt")
        caption = text.read_text(encoding="utf-8", errors="replace") if text.is_file() else ""
        image, fault = picture_in(path.name, path.parent)
        yield path.name, Row(number, image, " ".join(caption.split()), fault=fault)


def _in_list(path: Path, columns: Columns) -> Iterator[tuple[str, Row]]:
    for number, row in enumerate(read_list(path)):
        if "path" not in row.values:
            raise DataError(
                f"The list {path} has no column path.", "Name columns path and caption."
            )
        image, fault = picture_in(row.values["path"], path.parent)
        caption = row.values.get(columns.caption, "").strip()
        yield row.values["path"], Row(number, image, caption, row.values, fault)
