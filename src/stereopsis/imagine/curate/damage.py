"""Damage: a shard that cannot be read to its end; runs go on without it."""

from dataclasses import dataclass
from pathlib import Path

from stereopsis.errors import DataError

MEND = "Get it again from where it came, or take it out; finished shards are kept."


class DamagedShardError(DataError):
    """A shard that cannot be read to its end."""


@dataclass(frozen=True)
class Damage:
    """A shard that was left out, and a sentence that says what is wrong with it and where."""

    shard: str
    why: str


def damaged(path: Path, rows: int, reason: str) -> DamagedShardError:
    """What to raise over a shard of which so many rows could be read."""
    where = f" after {rows:,} rows" if rows else ""
    return DamagedShardError(f"The shard {path} is damaged{where} ({reason}).", MEND)
