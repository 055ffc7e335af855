"""Row: one picture with its caption and whatever else a shard says of it."""

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from stereopsis.errors import DataError

Scores = Mapping[int, Mapping[str, Any]]  # of the rows to keep, by number: what is said of each

TRUTHS = {"true": True, "1": True, "false": False, "0": False}  # as lists and .json have them


@dataclass(frozen=True)
class Columns:
    """What the columns of a Parquet file, or the fields of a .json, are called.

    `image` holds a file's bytes, its path, or an object with either as "bytes" or "path".
    `wanted` is the truth where it is known: whether a perfect funnel would keep the row.
    """

    image: str = "image"
    caption: str = "caption"
    popularity: str = "popularity"
    concept: str = "concept"
    wanted: str | None = None


@dataclass(frozen=True)
class Row:
    """One row of a shard; `number` counts from 0 within it, `image` is None if it has none.

    `carried` holds all other columns by their names. `fault` says why there is no image, and
    `path` is where it should be, if it lies in a file of its own beside the shard.
    """

    number: int
    image: bytes | None
    caption: str
    carried: Mapping[str, Any] = field(default_factory=dict)
    fault: str = "there is no picture"
    path: Path | None = None

    @property
    def content(self) -> int:
        """A 64-bit number that picture and caption alone determine, wherever the row lies."""
        digest = hashlib.blake2b(self.image or b"", digest_size=8)
        digest.update(b"\0" + self.caption.encode("utf-8", "replace"))
        return int.from_bytes(digest.digest(), "big")

    @property
    def digest(self) -> str:
        """16 letters that the picture's file alone determines, however large it is then read."""
        return hashlib.sha256(self.image or b"").hexdigest()[:16]

    def number_in(self, column: str) -> float:
        """The number in a carried column; NaN where it holds none."""
        value = self.carried.get(column)
        if isinstance(value, int | float | Decimal):
            return float(value)
        try:
            return float(value) if isinstance(value, str) else math.nan
        except ValueError:
            return math.nan

    def wanted(self, columns: Columns) -> bool | None:
        """The truth about this row; None where nobody asks for it.

        Raises:
            DataError: the column of the truth holds neither yes nor no.
        """
        if columns.wanted is None:
            return None
        told = self.carried.get(columns.wanted)
        value = TRUTHS.get(told.strip().lower()) if isinstance(told, str) else told
        if value not in (0, 1):  # False, True, 0.0 and 1.0 are among them
            raise DataError(
                f"Row {self.number} has {columns.wanted} = {told!r}, neither true nor false.",
                "Give every row a true or false there, or do not name the column as the truth.",
            )
        return bool(value)


def check_column(name: str, known: Collection[str], path: Path) -> None:
    """Nothing, once the file has the column.

    Raises:
        DataError: it has not.
    """
    if name not in known:
        raise DataError(
            f"{path} has no column {name}; it has {', '.join(known) or 'none'}.",
            "Say which columns hold what, under columns in the settings.",
        )


def as_text(value: Any) -> str:
    """A caption as one text: bytes are read as UTF-8, a list is joined, nothing is empty."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(as_text, value)))
    return str(value).strip()
