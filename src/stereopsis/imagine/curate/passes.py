"""The two passes over shards as tasks for workers; each leaves its result in the run's folder."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stereopsis.imagine.curate.config import FunnelConfig
from stereopsis.imagine.curate.damage import Damage, DamagedShardError
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

    def damage(self, name: str) -> Path:
        """Why a shard is left out; it is there only if the shard is damaged."""
        return self.path / "work" / f"{name}.damage.json"

    def order(self, name: str) -> Path:
        """What the third pass is to do with a shard."""
        return self.path / "work" / f"{name}.order.json"

    def faces(self, name: str) -> Path:
        """The faces of the third pass; once they and kept() are there, the shard is finished."""
        return self.path / "work" / f"{name}.faces.npz"

    def kept(self, shard: Shard) -> Path:
        """The rows of a shard that are kept."""
        return self.path / "kept" / f"{shard.name}.{shard.kind}"


@dataclass(frozen=True)
class ScorePass:
    """Judges the pictures of a shard one by one; `digest` is that of the settings' files."""

    folder: Folder
    config: FunnelConfig
    digest: str

    def __call__(self, settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        """Writes the scored file, or the damage; returns the number of rows."""
        shard = _shard(settings)
        next_told = TOLD_EVERY

        def tell(rows: int) -> None:
            nonlocal next_told
            if rows >= next_told:
                report(rows)
                next_told += TOLD_EVERY

        def score() -> int:
            scored = score_shard(shard, self.config, tell, self.digest)
            write_all({self.folder.scored(shard.name): scored.to_bytes(mark_of(shard))})
            return scored.tally.rows

        return _or_damage(score, shard, self.folder)


@dataclass(frozen=True)
class FinishPass:
    """Copies out the rows that are kept."""

    folder: Folder
    config: FunnelConfig

    def __call__(self, settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        """Writes the kept rows, then the faces, or the damage; returns the number of rows kept."""
        shard = _shard(settings)
        order = read_order(self.folder.order(shard.name))
        target = self.folder.kept(shard)

        def finish() -> int:
            # those of an earlier order would say, after a kill, that its rows still lie there
            self.folder.faces(shard.name).unlink(missing_ok=True)
            if not order.kept:
                target.unlink(missing_ok=True)  # of a run with other shards
            faces = finish_shard(shard, order, self.config, target)
            done = {self.folder.faces(shard.name): faces_to_bytes(faces, settings["digest"])}
            write_all(done)
            return len(order.kept)

        return _or_damage(finish, shard, self.folder)


def job_of(shard: Shard) -> dict[str, Any]:
    """A shard as the settings of a task."""
    return {"path": str(shard.path), "name": shard.name}


def read_damage(folder: Folder, shards: Sequence[Shard]) -> dict[str, Damage]:
    """The damage of each shard that has some, by its name."""
    paths = {shard.name: folder.damage(shard.name) for shard in shards}
    return {
        name: Damage(**json.loads(path.read_bytes()))
        for name, path in paths.items()
        if path.exists()
    }


def _or_damage(work: Callable[[], int], shard: Shard, folder: Folder) -> Mapping[str, float]:
    """What the work returns; a damaged shard is noted, so that the others go on."""
    try:
        return {"score": work()}
    except DamagedShardError as error:
        folder.kept(shard).unlink(missing_ok=True)  # of an earlier run, or half a finish
        damage = Damage(str(shard.path), error.problem)
        write_all({folder.damage(shard.name): json.dumps(asdict(damage)).encode()})
        return {"score": 0}


def _shard(settings: Mapping[str, Any]) -> Shard:
    path = Path(settings["path"])
    return Shard(path, kind_of(path), settings["name"])
