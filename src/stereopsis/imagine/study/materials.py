"""What all treatments of a study share: pictures to choose from, judges, and what is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from stereopsis.errors import DataError
from stereopsis.imagine.captioned import Captioned, read_captioned
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.judge.judge import ReportingJudge, check_apart, check_new
from stereopsis.imagine.judge.matcher import Matching
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.sources import Keep, names_any
from stereopsis.imagine.study.treatments import Treatment
from stereopsis.imagine.tune.watch import Watch


@dataclass(frozen=True)
class Materials:
    """The pool, the picked pictures (also with corrupted captions), and who watches and reports.

    `learned` is what the pre-training saw: the pool, and what may not be tuned on.

    Raises:
        OptionError, DataError: the two judges are not independent, or one has seen what is tuned
            on, or prompts of the report are watched or tuned on, or other pictures are corrupted
            than picked.
    """

    learned: Captioned
    pool: Captioned
    picked: Captioned
    corrupted: Captioned | None
    watch: Watch
    registration: Registration
    judge: ReportingJudge
    matcher: Matching

    def __post_init__(self) -> None:
        check_apart(self.watch.judge, self.judge)
        for judge in (self.watch.judge, self.judge):
            for pictures in (self.picked, self.pool):
                check_new(pictures.hashes, judge)
        names = self.registration.names
        watched = sum(names_any(names, *each) for each in self.watch.concepts.items())
        if watched:
            raise DataError(
                f"{watched} of the report's prompts are watched while tuning.",
                "Watch prompts of other concepts.",
            )
        for pictures in (self.pool, self.picked):
            tuned = [each for each in pictures.captions if names_any(names, each)]
            if tuned:
                raise DataError(
                    f"Pictures of the report's concepts would be tuned on: {min(tuned)}.",
                    "Leave them out.",
                )
        if self.corrupted is not None and self.corrupted.hashes != self.picked.hashes:
            raise DataError(
                "Not the same pictures have a clean and a bad caption.",
                "Leave out pictures that lack one of them.",
            )

    @cached_property
    def looks(self) -> np.ndarray:
        """How much of the target look each picture of the pool has, by the selection judge."""
        return self.watch.judge.score(self.pool.pictures)


def read_picked(
    shards: Sequence[Path], side: int, keep: Keep, noisy: str | None = None
) -> tuple[Captioned, Captioned | None]:
    """The picked pictures that are to be kept; and the same with the captions of a column `noisy`.

    Raises:
        DataError: a shard cannot be read, or no picture can be used.
    """
    picked = read_captioned(shards, side, keep=keep)
    if noisy is None:
        return picked, None
    corrupted = read_captioned(shards, side, Columns(caption=noisy))
    kept = set(picked.hashes)  # what is kept is told by good captions
    rows = [place for place, digest in enumerate(corrupted.hashes) if digest in kept]
    return picked, corrupted.pick(rows)


def choose(treatment: Treatment, materials: Materials, seed: int) -> Captioned:
    """The pictures that a treatment is tuned on; smaller random sets are parts of larger ones.

    Raises:
        DataError: there are not as many.
    """
    if treatment.kind == "top":
        order = np.argsort(-materials.looks, kind="stable")
        return _first(materials.pool, order, treatment)
    given = {"picked": materials.picked, "corrupted": materials.corrupted}
    source = given.get(treatment.kind, materials.pool)
    assert source is not None, "bad captions are read where they are tuned on"
    return _first(source, np.random.default_rng(seed).permutation(len(source)), treatment)


def _first(source: Captioned, order: Int64[np.ndarray, " n"], treatment: Treatment) -> Captioned:
    count = len(source) if treatment.count is None else treatment.count
    if count > len(source):
        raise DataError(
            f"The treatment {treatment.name} needs {count} pictures, and there are {len(source)}.",
            "Give more pictures, or ask for fewer with --count.",
        )
    return source.pick(order[:count].tolist())
