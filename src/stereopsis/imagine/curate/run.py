"""curate(): shards in, the kept rows and what is to be told of the others out."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.curate.choose import Choice, choose
from stereopsis.imagine.curate.config import DEFAULTS, FunnelConfig, check_eyes
from stereopsis.imagine.curate.damage import MEND, Damage
from stereopsis.imagine.curate.finish_shard import order_for, read_faces
from stereopsis.imagine.curate.over_shards import over_shards
from stereopsis.imagine.curate.passes import FinishPass, Folder, ScorePass, job_of, read_damage
from stereopsis.imagine.curate.scored import mark_of, read_scored
from stereopsis.imagine.curate.shards import ENDINGS, Shard, sort_shards
from stereopsis.imagine.curate.tally import Tally
from stereopsis.imagine.curate.total import load_scored, order_digest, total_of
from stereopsis.lock import the_only
from stereopsis.outputs import write_all
from stereopsis.search.trials.workers import InProcess, Workers

# What is being done, how many shards of how many are done, and how many rows were seen.
Progress = Callable[[str, int, int, int], None]

HERE = InProcess()


@dataclass(frozen=True)
class Funnel:
    """A run that is over: counts by stage, pictures kept of each concept, and seconds in all.

    `shards` counts those that were read to their end, the `damaged` ones were left out.
    """

    config: FunnelConfig
    shards: int
    tally: Tally
    concepts: dict[str, int]
    seconds: float
    damaged: tuple[Damage, ...] = ()

    @property
    def kept(self) -> int:
        """How many rows are left."""
        return self.tally.rows - sum(stage.removed for stage in self.tally.stages.values())


def curate(
    inputs: Sequence[Path],
    out: Path,
    config: FunnelConfig = DEFAULTS,
    workers: Workers = HERE,
    progress: Progress = lambda what, done, total, rows: None,
) -> Funnel:
    """What the filters made of the shards; the rows they keep lie in `out`/kept.

    A run that was stopped goes on where it was, and one that is over costs little; its settings
    must be the same, but shards may be added, changed or taken out. Damaged shards are left out,
    and tried again by the next run.

    Raises:
        OptionError: there are no shards, or the folder holds a run with other settings.
        DataError: a shard is not there or lacks a column, all are damaged, there are no rows, or a
            filter cannot be opened: its package is not installed, or its network is damaged.
        OutputError: another run is at work in the folder, or it cannot be written.
    """
    start = time.perf_counter()
    found, others = sort_shards(inputs)
    check_eyes(config)
    folder = Folder(out)
    with the_only("curation", out):
        digest = digest_of_files(config)
        _sign(folder, config, digest, found)
        for shard in found:
            folder.damage(shard.name).unlink(missing_ok=True)  # it may have been mended
        _score(ScorePass(folder, config, digest), found, workers, progress)
        shards, choice = _choose_and_finish(folder, config, found, workers, progress)
        damaged = (*others, *read_damage(folder, found).values())
        if not shards:
            raise _all_damaged(damaged)
        tally = total_of(folder, shards, choice)
    if not tally.rows:
        raise DataError("The shards hold no rows.", "Give shards with pictures.")
    tally.stages = {name: tally.stages[name] for name in config.rules()}
    seconds = time.perf_counter() - start
    return Funnel(config, len(shards), tally, choice.concepts, seconds, damaged)


def nothing_left(funnel: Funnel) -> DataError | None:
    """What to say when no row is kept; None otherwise."""
    if funnel.kept:
        return None
    stages = funnel.tally.stages
    last = [name for name, stage in stages.items() if stage.removed][-1]
    most = max(stages, key=lambda name: stages[name].removed)
    rules = funnel.config.rules()
    problem = (
        f"Nothing is left of {funnel.tally.rows} pictures: {last} removed the last "
        f"{stages[last].removed}, and {most} the most, {stages[most].removed}"
    )
    return DataError(f"{problem}.", f"Ask for less than {rules[most]}, or give other pictures.")


def _sign(folder: Folder, config: FunnelConfig, digest: str, shards: Sequence[Shard]) -> None:
    """Leaves the settings in the folder, or sees that they are the same.

    Raises:
        OptionError: they are not, or a shard lies in the folder.
    """
    for shard in shards:
        if shard.path.is_relative_to((folder.path / "kept").resolve()):
            raise OptionError(
                f"The shard {shard.path} is a result of this folder.", "Name another with -o."
            )
    text = f"{config.to_json()}\n{digest}".encode()
    path = folder.settings()
    if not path.exists():
        write_all({path: text})
    elif path.read_bytes() != text:
        raise OptionError(
            f"{folder.path} holds a run with other settings.",
            "Name another folder with -o, or remove that one.",
        )


def digest_of_files(config: FunnelConfig) -> str:
    """What changes when a file that the settings name changes, or one in a folder they name."""
    names = [
        config.aesthetic and config.aesthetic.head,
        config.pairing and config.pairing.pairing,
        config.offensive and config.offensive.network,
        config.clip and config.clip.model,
        config.ocr and config.ocr.folder,
    ]
    files = [path for name in names if name for path in _files_at(Path(name))]
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    return digest.hexdigest() if files else ""


def _files_at(path: Path) -> list[Path]:
    """The file, or those in the folder; none if there is neither, as of a model on the hub."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [each for each in found if each.is_file()]


def _score(task: ScorePass, shards: Sequence[Shard], workers: Workers, progress: Progress) -> None:
    """The first pass, over the shards that have not had it, or whose lost pictures turned up."""
    todo = [shard for shard in shards if not _is_scored(task.folder, shard)]
    before = len(shards) - len(todo)

    def tell(done: int, rows: int) -> None:
        progress("scoring", before + done, len(shards), rows)

    if todo:
        over_shards(task, list(map(job_of, todo)), workers, tell)


def _is_scored(folder: Folder, shard: Shard) -> bool:
    scored = read_scored(folder.scored(shard.name), mark_of(shard))
    return scored is not None and not scored.is_outdated()


def _choose_and_finish(
    folder: Folder,
    config: FunnelConfig,
    shards: Sequence[Shard],
    workers: Workers,
    progress: Progress,
) -> tuple[list[Shard], Choice]:
    """The second and third pass, over the shards that are not damaged; returns these."""
    sound = _sound(folder, shards)
    choice = choose(partial(load_scored, folder, sound), len(sound), config)
    _finish(folder, config, sound, choice, workers, progress)
    if len(_sound(folder, sound)) < len(sound):  # damaged since: choose among the others
        return _choose_and_finish(folder, config, sound, workers, progress)
    return sound, choice


def _sound(folder: Folder, shards: Sequence[Shard]) -> list[Shard]:
    damage = read_damage(folder, shards)
    return [shard for shard in shards if shard.name not in damage]


def _all_damaged(damaged: Sequence[Damage]) -> DataError:
    if len(damaged) == 1:
        return DataError(damaged[0].why, MEND)
    return DataError(f"All {len(damaged)} shards are damaged; the first: {damaged[0].why}", MEND)


def _finish(
    folder: Folder,
    config: FunnelConfig,
    shards: Sequence[Shard],
    choice: Choice,
    workers: Workers,
    progress: Progress,
) -> None:
    """The third pass, over the shards that have not had it with this choice."""
    jobs = []
    for i, shard in enumerate(shards):
        order = order_for(i, load_scored(folder, shards, i), choice, config)
        data = order.to_bytes()
        write_all({folder.order(shard.name): data})
        digest = order_digest(data, shard)
        is_written = not order.kept or folder.kept(shard).exists()
        if not is_written or read_faces(folder.faces(shard.name), digest) is None:
            jobs.append({**job_of(shard), "digest": digest})
    before = len(shards) - len(jobs)
    _remove_others(folder, shards)

    def tell(done: int, rows: int) -> None:
        progress("writing", before + done, len(shards), rows)

    if jobs:
        over_shards(FinishPass(folder, config), jobs, workers, tell)


def _remove_others(folder: Folder, shards: Sequence[Shard]) -> None:
    """Removes results of an earlier run whose shards were taken out, or are of another kind now.

    And what a kill left half written; files that no run writes stay.
    """
    own = {folder.kept(shard) for shard in shards}
    for path in (folder.path / "kept").glob("*"):
        if path.suffix in (*ENDINGS, ".part") and path not in own:
            path.unlink()
