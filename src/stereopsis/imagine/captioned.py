"""Captioned pictures from a folder, a list or shards, as squares of one size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from stereopsis.errors import DataError, PhotoError
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.sample import Sample
from stereopsis.imagine.curate.shards import ENDINGS as SHARDS
from stereopsis.imagine.curate.shards import find_shards, read_rows
from stereopsis.imagine.judge.pictures import stacked
from stereopsis.imagine.votes.lists import ENDINGS as LISTS
from stereopsis.imagine.votes.lists import read_list
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.photo_file import read_photo

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".heic", ".avif", ".tif", ".tiff", ".gif", ".bmp"}
COLUMNS = Columns()


@dataclass(frozen=True)
class Captioned:
    """Pictures and their captions; `left_out` says what could not be used, and why."""

    pictures: UInt8[np.ndarray, "n s s 3"]
    captions: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.captions)


def read_captioned(
    inputs: Sequence[Path], side: int, columns: Columns = COLUMNS, needs_caption: bool = True
) -> Captioned:
    """The pictures that the inputs name, `side` px square, cut to their middle.

    An input is a folder of pictures with a .txt of the same name beside each; a list (.csv, .jsonl)
    with columns path and caption, paths counting from its folder; or a shard (.parquet, .tar), or a
    folder of them. Pictures that are damaged or, if one is needed, have no caption are left out.

    Raises:
        DataError: an input is missing or of another kind, or nothing is left.
    """
    pictures, captions, left_out = [], [], []
    for name, picture, caption in _all(inputs, columns):
        if isinstance(picture, PhotoError):
            left_out.append(f"{name}: {picture.problem}")
        elif needs_caption and not caption:
            left_out.append(f"{name}: it has no caption.")
        else:
            pictures.append(stacked([picture], side)[0])
            captions.append(caption)
    if not pictures:
        why = f" (the first: {left_out[0]})" if left_out else ""
        raise DataError(
            f"Of {len(left_out)} pictures, none can be used{why}.",
            "Give pictures, and beside each a .txt with its caption; or a list, or shards.",
        )
    return Captioned(np.stack(pictures), tuple(captions), tuple(left_out))


Found = tuple[str, ColorImage | PhotoError, str]  # name, pixels or why there are none, caption


def _all(inputs: Sequence[Path], columns: Columns) -> Iterator[Found]:
    for given in inputs:
        if given.suffix.lower() in LISTS:
            yield from _in_list(given)
        elif given.is_dir() and not any(p.suffix.lower() in SHARDS for p in given.rglob("*")):
            yield from _in_folder(given)
        else:
            yield from _in_shards(given, columns)


def _in_folder(folder: Path) -> Iterator[Found]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICTURES:
            text = path.with_suffix(".txt")
            caption = text.read_text(encoding="utf-8", errors="replace") if text.is_file() else ""
            yield path.name, _picture(path), " ".join(caption.split())


def _in_list(path: Path) -> Iterator[Found]:
    for row in read_list(path):
        if "path" not in row.values:
            raise DataError(
                f"The list {path} has no column path.", "Name columns path and caption."
            )
        picture = path.parent / row.values["path"]
        yield row.values["path"], _picture(picture), row.values.get("caption", "").strip()


def _in_shards(given: Path, columns: Columns) -> Iterator[Found]:
    for shard in find_shards([given]):
        for row in read_rows(shard, columns):
            name = f"{shard.name}, row {row.number}"
            try:
                yield name, Sample(row).pixels, row.caption
            except PhotoError as error:
                yield name, error, row.caption


def _picture(path: Path) -> ColorImage | PhotoError:
    try:
        return read_photo(path).pixels
    except PhotoError as error:
        return error
