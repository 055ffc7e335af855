"""Scored: what is kept of a shard once its pictures were judged one by one; and its file."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int8, Int64, UInt8, UInt64

from stereopsis.imagine.curate.shards import Shard
from stereopsis.imagine.curate.tally import Tally
from stereopsis.train.pack import UNREADABLE

ARRAYS = ("numbers", "contents", "pixels", "hashes", "sketches", "scores", "wanted")


@dataclass(frozen=True)
class Scored:
    """The rows that every filter so far has kept: n of them, with k scores each.

    `numbers` are those of the rows in their shard, `pixels` counts the picture's, `wanted` is 1 or
    0, or -1 where it is not known. Without a search for duplicates hashes and sketches are zero.
    `lost` are pictures in files of their own that could not be read, by path: mark_of_picture().
    """

    numbers: Int64[np.ndarray, " n"]
    contents: UInt64[np.ndarray, " n"]
    pixels: Int64[np.ndarray, " n"]
    hashes: UInt64[np.ndarray, " n"]
    sketches: UInt8[np.ndarray, "n 32"]
    scores: Float32[np.ndarray, "n k"]
    wanted: Int8[np.ndarray, " n"]
    concepts: list[str]
    stages: list[str]
    tally: Tally
    lost: dict[str, str]

    def is_outdated(self) -> bool:
        """Whether a picture that could not be read is there by now, or another."""
        return any(mark_of_picture(Path(path)) != mark for path, mark in self.lost.items())

    def to_bytes(self, mark: str) -> bytes:
        """A file that read_scored reads back; `mark` says what it was made of."""
        text = {
            "mark": mark,
            "concepts": self.concepts,
            "stages": self.stages,
            "tally": self.tally.to_plain(),
            "lost": self.lost,
        }
        file = io.BytesIO()
        arrays: dict[str, Any] = {name: getattr(self, name) for name in ARRAYS}
        np.savez(file, text=np.frombuffer(json.dumps(text).encode(), np.uint8), **arrays)
        return file.getvalue()


def read_scored(path: Path, mark: str) -> Scored | None:
    """What is in the file; None if there is no such file, or it was made of something else."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            text = json.loads(file["text"].tobytes())
            if text["mark"] != mark:
                return None
            arrays = {name: file[name] for name in ARRAYS}
            concepts, stages, lost = (text[name] for name in ("concepts", "stages", "lost"))
    except UNREADABLE:
        return None
    return Scored(
        **arrays, concepts=concepts, stages=stages, tally=Tally.from_plain(text["tally"]), lost=lost
    )


def mark_of(shard: Shard) -> str:
    """What tells that a shard is still the same: its size and when it was last written."""
    info = shard.path.stat()
    return f"{info.st_size} {info.st_mtime_ns}"


def mark_of_picture(path: Path) -> str:
    """What tells that a picture's file is still the same, its permissions too; "" without one."""
    try:
        info = path.stat()
    except (OSError, ValueError):  # the latter over a name that no file can have
        return ""
    return f"{info.st_size} {info.st_mtime_ns} {info.st_ctime_ns}"
