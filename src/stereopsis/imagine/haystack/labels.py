"""Scenes as the study of the funnel sees them: labelled ones, and unseen ones to be judged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from stereopsis.errors import DataError
from stereopsis.imagine.haystack.scenes import SceneRow
from stereopsis.imagine.haystack.shards import write_shards


@dataclass(frozen=True)
class JudgedRow:
    """What of a scene the funnel reads, and what the simulated annotators said of it.

    `good` is the label: most generalists keep the picture. `shot` is the same for copies only.
    """

    image: bytes
    caption: str
    popularity: int
    good: bool
    wanted: bool
    generalists: float
    specialists: float
    fault: str
    shot: str
    number: int


@dataclass(frozen=True)
class Unseen:
    """The rows that were not labelled, as columns."""

    wanted: Bool[np.ndarray, " n"]
    popularity: Float[np.ndarray, " n"]
    generalists: Float[np.ndarray, " n"]
    specialists: Float[np.ndarray, " n"]
    faults: list[str]
    shots: list[str]


def judged(rows: Iterable[SceneRow]) -> Iterator[JudgedRow]:
    """The scenes, labelled and numbered."""
    for number, row in enumerate(rows):
        yield JudgedRow(
            row.image, row.caption, row.popularity, row.generalists > 0.5, row.wanted,
            row.generalists, row.specialists, row.fault,
            f"{row.concept} {row.factors}", number,
        )  # fmt: skip


def write_unseen(rows: Iterator[JudgedRow], folder: Path) -> Unseen:
    """Writes the rest of the rows; returns what is true of them.

    Raises:
        DataError: none of them is wanted.
        OutputError: a file cannot be written.
    """
    told: list[tuple[bool, int, float, float]] = []
    faults: list[str] = []
    shots: list[str] = []

    def passing() -> Iterator[JudgedRow]:
        for row in rows:
            told.append((row.wanted, row.popularity, row.generalists, row.specialists))
            faults.append(row.fault)
            shots.append(row.shot)
            yield row

    write_shards(passing(), JudgedRow, folder, "unseen")
    if not any(wanted for wanted, *_ in told):
        raise DataError(
            f"Of the {len(told)} scenes that are not labelled, none is wanted.",
            "Make a larger pool, or label fewer.",
        )
    columns = np.array(told, float).T
    return Unseen(columns[0] > 0, columns[1], columns[2], columns[3], faults, shots)
