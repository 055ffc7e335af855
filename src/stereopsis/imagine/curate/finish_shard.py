"""The third pass: the rows that are kept are copied out of each shard, and faces are drawn."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stereopsis.imagine.curate.choose import KEPT, Choice
from stereopsis.imagine.curate.config import FunnelConfig
from stereopsis.imagine.curate.faces import face_of
from stereopsis.imagine.curate.sample import Sample
from stereopsis.imagine.curate.scored import Scored
from stereopsis.imagine.curate.shards import Shard, read_rows, write_rows
from stereopsis.train.pack import UNREADABLE


@dataclass(frozen=True)
class Order:
    """What to do with a shard: which rows to keep and what to say of each, whose faces to draw."""

    kept: Mapping[int, Mapping[str, Any]]
    faces: tuple[int, ...]

    def to_bytes(self) -> bytes:
        """A file that read_order reads back."""
        kept = list(self.kept.items())
        return json.dumps({"kept": kept, "faces": self.faces}).encode()


def read_order(path: Path) -> Order:
    """The order in a file."""
    plain = json.loads(path.read_bytes())
    return Order(dict(plain["kept"]), tuple(plain["faces"]))


def order_for(place: int, scored: Scored, choice: Choice, config: FunnelConfig) -> Order:
    """The order for the shard at this place."""
    first, last = choice.firsts[place : place + 2]
    kept = {}
    for k in np.flatnonzero(choice.fates[first:last] == KEPT):
        said: dict[str, Any] = {
            f"score_{name}": float(score)
            for name, score in zip(scored.stages, scored.scores[k], strict=True)
        }
        if config.duplicates:
            said["duplicates_copies"] = float(choice.copies[first + k])
        if config.balance:
            said["balance_concept"] = scored.concepts[k]
        kept[int(scored.numbers[k])] = said
    faces = sorted(_shown(choice) & set(range(first, last)))
    return Order(kept, tuple(int(scored.numbers[i - first]) for i in faces))


def finish_shard(
    shard: Shard, order: Order, config: FunnelConfig, target: Path
) -> dict[int, bytes]:
    """Writes the kept rows to `target`, if there are any; returns faces by the rows' numbers.

    Raises:
        DamagedShardError: the shard is damaged.
        OutputError: the file cannot be written.
    """
    if order.kept:
        write_rows(shard, config.columns, order.kept, target)
    if not order.faces:
        return {}
    wanted, drawn = set(order.faces), {}
    for row in read_rows(shard, config.columns):
        if row.number in wanted:
            drawn[row.number] = face_of(Sample(row))
    return drawn


def faces_to_bytes(faces: Mapping[int, bytes], digest: str) -> bytes:
    """A file that read_faces reads back; `digest` is that of the order that it was made for."""
    file = io.BytesIO()
    arrays: dict[str, Any] = {
        str(number): np.frombuffer(jpeg, np.uint8) for number, jpeg in faces.items()
    }
    np.savez(file, digest=np.array(digest), **arrays)
    return file.getvalue()


def read_faces(path: Path, digest: str) -> dict[int, bytes] | None:
    """The faces in a file, by the rows' numbers; None if it is not there, or of another order."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if str(file["digest"]) != digest:
                return None
            return {int(name): file[name].tobytes() for name in file.files if name != "digest"}
    except UNREADABLE:
        return None


def _shown(choice: Choice) -> set[int]:
    """The numbers of all pictures on the sheets of this choice."""
    pairs = [
        pair
        for showing in choice.showings.values()
        for pair in (*showing.removed, *showing.just_kept, *showing.just_removed)
    ]
    return {number for pair in pairs for number in (pair.first, pair.second) if number >= 0}
