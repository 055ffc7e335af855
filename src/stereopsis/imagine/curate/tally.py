"""Tally: how many pictures came to each stage and left it, in one shard or in all."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from stereopsis.imagine.curate.faces import StageFaces

FAULTS_LISTED = 100


@dataclass
class StageTally:
    """What a stage removed, how much of that was wanted, and the seconds it took, over workers."""

    removed: int = 0
    removed_wanted: int = 0
    seconds: float = 0.0


@dataclass
class Tally:
    """Counts of rows by the stage that removed them, with faces; `faults` lists bad pictures.

    A fault is the shard's name, the row's number and what is wrong; the first FAULTS_LISTED.
    """

    rows: int = 0
    wanted: int = 0
    stages: dict[str, StageTally] = field(default_factory=dict)
    faces: dict[str, StageFaces] = field(default_factory=dict)
    faults: list[tuple[str, int, str]] = field(default_factory=list)

    @classmethod
    def of(cls, names: Iterable[str]) -> "Tally":
        """Nothing counted yet, for stages of these names."""
        names = list(names)
        return cls(
            stages={name: StageTally() for name in names},
            faces={name: StageFaces() for name in names},
        )

    def merge(self, other: "Tally") -> None:
        """Adds what another shard counted."""
        self.rows += other.rows
        self.wanted += other.wanted
        for name, theirs in other.stages.items():
            own = self.stages.setdefault(name, StageTally())
            own.removed += theirs.removed
            own.removed_wanted += theirs.removed_wanted
            own.seconds += theirs.seconds
        for name, faces in other.faces.items():
            self.faces.setdefault(name, StageFaces()).merge(faces)
        self.faults = [*self.faults, *other.faults][:FAULTS_LISTED]

    def to_plain(self) -> dict[str, Any]:
        """JSON's own types, which from_plain reads back."""
        return {
            "rows": self.rows,
            "wanted": self.wanted,
            "stages": {name: asdict(stage) for name, stage in self.stages.items()},
            "faces": {name: faces.to_plain() for name, faces in self.faces.items()},
            "faults": self.faults,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Tally":
        """The tally that to_plain wrote."""
        return cls(
            plain["rows"],
            plain["wanted"],
            {name: StageTally(**stage) for name, stage in plain["stages"].items()},
            {name: StageFaces.from_plain(faces) for name, faces in plain["faces"].items()},
            [tuple(fault) for fault in plain["faults"]],
        )
