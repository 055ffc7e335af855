"""The first pass: every picture of a shard is judged by itself, by cheap filters first."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from stereopsis.errors import PhotoError
from stereopsis.imagine.curate.balance import OTHER, concept_in
from stereopsis.imagine.curate.config import READABLE, FunnelConfig
from stereopsis.imagine.curate.eye import Eye, give_features, open_eye
from stereopsis.imagine.curate.filters import Filter, Scorer
from stereopsis.imagine.curate.likeness import perceptual_hash, sketch_of
from stereopsis.imagine.curate.row import Row, as_text
from stereopsis.imagine.curate.sample import Need, Sample
from stereopsis.imagine.curate.scored import Scored, mark_of_picture
from stereopsis.imagine.curate.shards import Shard, read_rows
from stereopsis.imagine.curate.tally import FAULTS_LISTED, Tally

AT_ONCE = 16  # pictures in memory

Told = Callable[[int], None]


def score_shard(
    shard: Shard, config: FunnelConfig, told: Told = lambda rows: None, digest: str = ""
) -> Scored:
    """The rows that each filter keeps, with scores, and the tally of the others.

    `told` is called with the number of rows seen so far. `digest` changes with the files that the
    settings name: networks stay open from shard to shard while it is the same.

    Raises:
        DamagedShardError: the shard is damaged.
        DataError: it lacks a column.
    """
    work = _Work(shard, config, _open_panel(config, digest))
    for batch in batches_of(read_rows(shard, config.columns)):
        work.judge(batch)
        told(work.tally.rows)
    return work.scored()


@dataclass(frozen=True)
class _Panel:
    """Filters with their networks loaded."""

    stages: tuple[tuple[Filter, Scorer], ...]
    eye: Eye | None


@dataclass(frozen=True)
class _Survivor:
    """What of a sample outlives its pixels."""

    number: int
    content: int
    pixels: int
    hash: int
    sketch: np.ndarray
    scores: list[float]
    wanted: int
    concept: str


@lru_cache(maxsize=1)
def _open_panel(config: FunnelConfig, digest: str) -> _Panel:
    """The filters of the settings, opened once in a process unless their files change."""
    stages = tuple((each, each.open(config.columns)) for each in config.per_picture())
    return _Panel(stages, open_eye(config.eye) if _needs_eye(config) else None)


def _needs_eye(config: FunnelConfig) -> bool:
    sees = config.balance is not None and config.balance.source == "picture"
    asked = any(each.needs == "features" for each in config.per_picture())
    return asked or sees or config.duplicates is not None


class _Work:
    """A shard in work."""

    def __init__(self, shard: Shard, config: FunnelConfig, panel: _Panel) -> None:
        self._shard = shard
        self._config = config
        self._panel = panel
        self._names = [each.name for each in config.per_picture()]
        self._survivors: list[_Survivor] = []
        self._lost: dict[str, str] = {}
        self.tally = Tally.of([READABLE, *self._names])

    def judge(self, rows: Sequence[Row]) -> None:
        """Takes some rows through all filters."""
        self.tally.rows += len(rows)
        self.tally.wanted += sum(bool(row.wanted(self._config.columns)) for row in rows)
        samples = self._prepared([Sample(row) for row in rows], "header")
        for each, scorer in self._panel.stages:
            samples = self._prepared(samples, each.needs)
            samples = self._passed(samples, each, scorer)
        samples = self._prepared(samples, "features" if self._panel.eye else "pixels")
        self._survivors += map(self._survivor, samples)

    def scored(self) -> Scored:
        """What came of it."""
        all_ = self._survivors
        return Scored(
            np.array([each.number for each in all_], np.int64),
            np.array([each.content for each in all_], np.uint64),
            np.array([each.pixels for each in all_], np.int64),
            np.array([each.hash for each in all_], np.uint64),
            np.array([each.sketch for each in all_], np.uint8).reshape(len(all_), 32),
            np.array([each.scores for each in all_], np.float32).reshape(-1, len(self._names)),
            np.array([each.wanted for each in all_], np.int8),
            [each.concept for each in all_],
            self._names,
            self.tally,
            self._lost,
        )

    def _passed(self, samples: list[Sample], each: Filter, scorer: Scorer) -> list[Sample]:
        """Those that the filter keeps."""
        if not samples:
            return []
        start = time.perf_counter()
        scores = scorer(samples)
        margins = each.margin(scores)
        self.tally.stages[each.name].seconds += time.perf_counter() - start
        for sample, score, margin in zip(samples, scores, margins, strict=True):
            sample.scores[each.name] = float(score)
            self.tally.faces[each.name].note(sample, float(score), float(margin))
            if not margin >= 0:
                self._remove(sample, each.name)
        return [sample for sample, margin in zip(samples, margins, strict=True) if margin >= 0]

    def _prepared(self, samples: list[Sample], need: Need) -> list[Sample]:
        """Those for which what is needed can be had; the others are counted as unreadable."""
        start = time.perf_counter()
        good = [sample for sample in samples if need == "row" or self._decodes(sample, need)]
        if need == "features" and good:
            assert self._panel.eye is not None
            give_features(good, self._panel.eye)
        self.tally.stages[READABLE].seconds += time.perf_counter() - start
        return good

    def _decodes(self, sample: Sample, need: Need) -> bool:
        try:
            _ = sample.size if need == "header" else sample.pixels
        except PhotoError as error:
            self._remove(sample, READABLE)
            if sample.row.path is not None:
                self._lost[str(sample.row.path)] = mark_of_picture(sample.row.path)
            if len(self.tally.faults) < FAULTS_LISTED:
                self.tally.faults.append((self._shard.name, sample.row.number, error.problem))
            return False
        return True

    def _remove(self, sample: Sample, stage: str) -> None:
        tally = self.tally.stages[stage]
        tally.removed += 1
        tally.removed_wanted += bool(sample.row.wanted(self._config.columns))

    def _survivor(self, sample: Sample) -> _Survivor:
        wanted = sample.row.wanted(self._config.columns)
        hash_bits, sketch = 0, np.zeros(32, np.uint8)
        if self._config.duplicates and sample.features is not None:
            hash_bits, sketch = perceptual_hash(sample.pixels), sketch_of(sample.features)
        width, height = sample.size
        return _Survivor(
            sample.row.number,
            sample.content,
            width * height,
            hash_bits,
            sketch,
            [sample.scores[name] for name in self._names],
            -1 if wanted is None else int(wanted),
            self._concept(sample),
        )

    def _concept(self, sample: Sample) -> str:
        balance = self._config.balance
        if balance is None:
            return ""
        if balance.source == "picture":
            return sample.domain
        if balance.source == "column":
            return as_text(sample.row.carried.get(self._config.columns.concept)) or OTHER
        return concept_in(sample.row.caption, balance.words)


def batches_of(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows, AT_ONCE at a time."""
    while batch := list(islice(rows, AT_ONCE)):
        yield batch
