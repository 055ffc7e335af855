"""The total of a run: what all shards and the choice among their pictures say together."""

import hashlib
from collections.abc import Sequence

from stereopsis.errors import DataError
from stereopsis.imagine.curate.choose import Choice, Pair
from stereopsis.imagine.curate.faces import Face, Picks, StageFaces
from stereopsis.imagine.curate.finish_shard import read_faces
from stereopsis.imagine.curate.passes import Folder
from stereopsis.imagine.curate.scored import Scored, mark_of, read_scored
from stereopsis.imagine.curate.shards import Shard
from stereopsis.imagine.curate.tally import Tally


def load_scored(folder: Folder, shards: Sequence[Shard], place: int) -> Scored:
    """What the first pass found in the shard at this place.

    Raises:
        DataError: the shard has changed since.
    """
    shard = shards[place]
    scored = read_scored(folder.scored(shard.name), mark_of(shard))
    if scored is None:
        raise DataError(f"The shard {shard.path} changed while it was read.", "Run it again.")
    return scored


def total_of(folder: Folder, shards: Sequence[Shard], choice: Choice) -> Tally:
    """The tallies of all shards and of the choice, with its faces, in one."""
    total = Tally()
    for i in range(len(shards)):
        total.merge(load_scored(folder, shards, i).tally)
    total.merge(Tally(stages=choice.stages))
    drawn = _drawn(folder, shards, choice)
    for name, showing in choice.showings.items():
        own = (showing.removed, showing.just_kept, showing.just_removed)
        picks = [Picks(len(pairs), [_face(pair, drawn) for pair in pairs]) for pairs in own]
        total.faces[name] = StageFaces(*picks)
    return total


def _drawn(folder: Folder, shards: Sequence[Shard], choice: Choice) -> dict[int, bytes]:
    """The faces of the third pass, by the numbers of the survivors."""
    drawn: dict[int, bytes] = {}
    for i, shard in enumerate(shards):
        digest = order_digest(folder.order(shard.name).read_bytes(), shard)
        faces = read_faces(folder.faces(shard.name), digest) or {}
        if not faces:
            continue
        numbers = load_scored(folder, shards, i).numbers.tolist()
        places = {number: k for k, number in enumerate(numbers)}
        drawn |= {choice.firsts[i] + places[number]: jpeg for number, jpeg in faces.items()}
    return drawn


def _face(pair: Pair, drawn: dict[int, bytes]) -> Face:
    numbers = [number for number in (pair.first, pair.second) if number >= 0]
    jpegs = tuple(drawn.get(number, b"") for number in numbers)
    caption = "removed, and what stays" if len(jpegs) == 2 else ""
    return Face(pair.key, pair.first, pair.score, caption, jpegs)


def order_digest(order: bytes, shard: Shard) -> str:
    """What tells that a shard was finished by this order, and is still the same."""
    return hashlib.sha256(order + mark_of(shard).encode()).hexdigest()
