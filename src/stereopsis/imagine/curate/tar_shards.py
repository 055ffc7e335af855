"""Rows from and to WebDataset's tar files: members of one name, one after the other, are a row."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from stereopsis.imagine.curate.damage import damaged
from stereopsis.imagine.curate.row import Columns, Row, Scores, as_text
from stereopsis.outputs import whole_file

PICTURES = ("jpg", "jpeg", "png", "webp")

Members = dict[str, bytes]  # of one row, by ending


def read_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """The rows of the file; see shards.read_rows."""
    for number, (_, members) in enumerate(_read_groups(path)):
        yield _row(number, members, columns)


def write_rows(path: Path, kept: Scores, target: Path) -> None:
    """Writes the kept rows' members as they are; what is said of them joins their .json."""
    with whole_file(target) as temporary, tarfile.open(temporary, "w") as file:
        for number, (key, members) in enumerate(_read_groups(path)):
            if number not in kept:
                continue
            said = {**_fields(members), **kept[number]}
            members["json"] = json.dumps(said, sort_keys=True).encode()
            for ending, data in members.items():
                info = tarfile.TarInfo(f"{key}.{ending}")
                info.size = len(data)
                file.addfile(info, io.BytesIO(data))


def _row(number: int, members: Members, columns: Columns) -> Row:
    image = next((members[ending] for ending in PICTURES if ending in members), None)
    fields = _fields(members)
    caption = as_text(members.get("txt")) or as_text(fields.get(columns.caption))
    return Row(number, image or None, caption, fields)


def _fields(members: Members) -> dict[str, Any]:
    """What the .json says; a damaged one says nothing."""
    try:
        fields = json.loads(members.get("json", b"{}"))
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _read_groups(path: Path) -> Iterator[tuple[str, Members]]:
    """Each row's key and members."""
    rows = 0
    try:
        _check_end(path)
        with tarfile.open(path, "r|") as file:
            for group in _groups_in(file):
                yield group
                rows += 1
            _check_whole(path, file.offset)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise damaged(path, rows, str(error)) from error


def _groups_in(file: tarfile.TarFile) -> Iterator[tuple[str, Members]]:
    named = ((_split(info.name), info) for info in file if info.isfile())
    for key, group in groupby(named, key=lambda pair: pair[0][0]):
        members: Members = {}
        for (_, ending), info in group:
            content = file.extractfile(info)
            assert content is not None
            members[ending] = content.read()
            file.members.clear()  # type: ignore[attr-defined]  # or tarfile keeps every header it has seen
        yield key, members


def _split(name: str) -> tuple[str, str]:
    """Folder and name up to the first dot; and the ending after it."""
    folder, slash, file = name.rpartition("/")
    stem, _, ending = file.partition(".")
    return folder + slash + stem, ending.lower()


def _check_end(path: Path) -> None:
    """Nothing, if the file ends as a tar does; tarfile takes one that is cut short for whole."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(-min(file.tell(), 2 * tarfile.BLOCKSIZE), os.SEEK_END)
        if file.read().strip(b"\0"):
            raise tarfile.ReadError("it is cut short")


def _check_whole(path: Path, end: int) -> None:
    """Nothing, if the tar ends here; tarfile takes a header that it cannot read for the end."""
    with path.open("rb") as file:
        file.seek(end)
        if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise tarfile.ReadError("a header cannot be read")
