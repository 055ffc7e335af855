"""The two passes over shards as tasks for workers; each leaves its result in the run's folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stereopsis.imagine.curate.config import FunnelConfig
from stereopsis.imagine.curate.finish_shard import faces_to_bytes, finish_shard, read_order
from stereopsis.imagine.curate.score_shard import score_shard
from stereopsis.imagine.curate.scored import mark_of
from stereopsis.imagine.curate.shards import Shard, kind_of
from stereopsis.outputs import write_all
from stereopsis.search.trials.trial import Report

TOLD_EVERY = 64  # rows


@dataclass(frozen=True)
class Folder:
    """Where a run keeps what."""

    path: Path

    def settings(self) -> Path:
        """The settings of the run."""
        return self.path / "settings.json"

    def scored(self, name: str) -> Path:
        """What the first pass found in a shard."""
        return self.path / "work" / f"{name}.scored.npz"

    def order(self, name: str) -> Path:
        """What the third pass is to do with a shard."""
        return self.path / "work" / f"{name}.order.json"

    def faces(self, name: str) -> Path:
        """The faces of the third pass; once it is there, the shard is finished."""
        return self.path / "work" / f"{name}.faces.npz"

    def kept(self, shard: Shard) -> Path:
        """The rows of a shard that are kept."""
        return self.path / "kept" / f"{shard.name}.{shard.kind}"


@dataclass(frozen=True)
class ScorePass:
    """Judges the pictures of a shard one by one."""

    folder: Folder
    config: FunnelConfig

    def __call__(self, settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        """Writes the scored file; returns the number of rows."""
        shard = _shard(settings)
        next_told = TOLD_EVERY

        def tell(rows: int) -> None:
            nonlocal next_told
            if rows >= next_told:
                report(rows)
                next_told += TOLD_EVERY

        scored = score_shard(shard, self.config, tell)
        write_all({self.folder.scored(shard.name): scored.to_bytes(mark_of(shard))})
        return {"score": scored.tally.rows}


@dataclass(frozen=True)
class FinishPass:
    """Copies out the rows that are kept."""

    folder: Folder
    config: FunnelConfig

    def __call__(self, settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        """Writes the kept rows, then the faces; returns the number of rows kept."""
        shard = _shard(settings)
        order = read_order(self.folder.order(shard.name))
        target = self.folder.kept(shard)
        if not order.kept:
            target.unlink(missing_ok=True)  # of a run with other shards
        faces = finish_shard(shard, order, self.config, target)
        done = {self.folder.faces(shard.name): faces_to_bytes(faces, settings["digest"])}
        write_all(done)
        return {"score": len(order.kept)}


def job_of(shard: Shard) -> dict[str, Any]:
    """A shard as the settings of a task."""
    return {"path": str(shard.path), "name": shard.name}


def _shard(settings: Mapping[str, Any]) -> Shard:
    path = Path(settings["path"])
    return Shard(path, kind_of(path), settings["name"])
