"""Shards: the files that a haystack comes in, Parquet or WebDataset's tar."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stereopsis.errors import DataError, MissingExtraError, OptionError
from stereopsis.imagine.curate import tar_shards
from stereopsis.imagine.curate.damage import Damage, DamagedShardError
from stereopsis.imagine.curate.row import Columns, Row, Scores

Kind = Literal["parquet", "tar"]

ENDINGS: dict[str, Kind] = {".parquet": "parquet", ".tar": "tar"}
_MEND = "Give Parquet files (.parquet) or WebDataset's tar files (.tar), or take it out."


@dataclass(frozen=True)
class Shard:
    """One file of rows; `name` tells it from all others of its run."""

    path: Path
    kind: Kind
    name: str


def find_shards(inputs: Sequence[Path]) -> list[Shard]:
    """The shards that the inputs name, files or folders of them, in the order of their paths.

    Raises:
        OptionError: there is none.
        DataError: one is not there, or is neither Parquet nor tar.
    """
    shards, others = sort_shards(inputs)
    if others:
        raise DataError(others[0].why, _MEND)
    return shards


def sort_shards(inputs: Sequence[Path]) -> tuple[list[Shard], list[Damage]]:
    """The shards as find_shards has them, and the files among them that are none.

    Raises:
        OptionError: there is no file at all.
        DataError: one is not there.
    """
    shards, others = [], []
    for path, name in _named(inputs):
        try:
            shards.append(Shard(path, kind_of(path), name))
        except DamagedShardError as error:
            others.append(Damage(str(path), error.problem))
    return shards, others


def _named(inputs: Sequence[Path]) -> list[tuple[Path, str]]:
    """The files that the inputs name, each with a name of its own."""
    paths: set[Path] = set()
    for given in inputs:
        if os.path.isdir(given):
            paths |= {each for each in given.rglob("*") if each.suffix.lower() in ENDINGS}
        else:
            paths.add(given)
    if not paths:
        raise OptionError(
            f"There are no shards in {', '.join(map(str, inputs)) or 'what was given'}.",
            "Name files that end in .parquet or .tar, or a folder that holds some.",
        )
    ordered = sorted({path.resolve() for path in paths}, key=lambda path: path.parts)
    stems = Counter(path.stem for path in ordered)
    return [(path, _name(path, stems[path.stem])) for path in ordered]


def kind_of(path: Path) -> Kind:
    """What the file is, by its first bytes.

    Raises:
        DataError: it is not there.
        DamagedShardError: it is neither Parquet nor tar.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(
            f"The shard {path} cannot be read ({reason}).", "Check its name, and that you may."
        ) from error
    if head[:4] == b"PAR1":
        return "parquet"
    if head[257:262] == b"ustar" or (path.suffix.lower() == ".tar" and not head.strip(b"\0")):
        return "tar"
    raise DamagedShardError(f"The shard {path} is neither Parquet nor tar.", _MEND)


def read_rows(shard: Shard, columns: Columns) -> Iterator[Row]:
    """The rows of a shard, one after the other; memory holds a few at a time.

    Raises:
        DamagedShardError: the shard is damaged.
        DataError: it lacks the column of pictures.
    """
    if shard.kind == "tar":
        return tar_shards.read_rows(shard.path, columns)
    return _parquet().read_rows(shard.path, columns)  # type: ignore[no-any-return]


def write_rows(shard: Shard, columns: Columns, kept: Scores, target: Path) -> None:
    """Writes those rows of the shard that are `kept`, with what is said of them, to `target`.

    Raises:
        DamagedShardError: the shard is damaged.
        OutputError: the file cannot be written.
    """
    if shard.kind == "tar":
        tar_shards.write_rows(shard.path, kept, target)
    else:
        _parquet().write_rows(shard.path, columns, kept, target)


def _name(path: Path, namesakes: int) -> str:
    """The file's name; with a mark that its place alone determines where others share it."""
    if namesakes == 1:
        return path.stem
    return f"{path.stem}-{hashlib.blake2b(str(path).encode(), digest_size=4).hexdigest()}"


def _parquet() -> Any:
    """The reader of Parquet, if its library is installed."""
    try:
        from stereopsis.imagine.curate import parquet_shards
    except ImportError as error:
        raise MissingExtraError(
            "Reading Parquet needs pyarrow, which is not installed.",
            "Run pip install 'stereopsis[imagine]'.",
        ) from error
    return parquet_shards
