"""Fits a judge to needles and hay."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Int

from stereopsis.errors import DataError
from stereopsis.imagine.judge.area import Area, measure_area
from stereopsis.imagine.judge.backbone import BackboneConfig, Features, open_backbone
from stereopsis.imagine.judge.disturb import draw_disturbed
from stereopsis.imagine.judge.judge import Judge, JudgeFacts, JudgeT, check_may_fit
from stereopsis.imagine.judge.labelled import Labelled, joined
from stereopsis.imagine.judge.nothing import draw_nothing
from stereopsis.imagine.judge.pictures import AT_ONCE, Pictures
from stereopsis.imagine.judge.winning import outcomes_of
from stereopsis.imagine.logistic import fit_logistic
from stereopsis.train.ranking import area_under_curve

LEAST = 20  # needles, and as many of hay
RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
NEAR = 0.005  # of the area: what is as good as the best

Progress = Callable[[int, int], None]  # pictures done, of how many


@dataclass(frozen=True)
class JudgeConfig:
    """How a judge is fitted; one in `held_out` concepts is for measuring it.

    Each picture comes with `copies` disturbed ones under its own label, so that the judge does not
    take a sharper or more colourful picture for one of the target look. For the same reason, hay of
    `nothings` times as many pictures is drawn that show nothing.
    """

    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    copies: int = 6
    nothings: float = 0.1
    held_out: int = 4
    seed: int = 0


@dataclass(frozen=True)
class TrainingSet:
    """Pictures to fit a judge on; `again` are the same as a model draws them again, by strength."""

    given: Labelled
    again: Mapping[float, Labelled] = field(default_factory=dict)


def fit_judge(
    role: type[JudgeT],
    training: TrainingSet,
    config: JudgeConfig,
    facts: JudgeFacts,
    other: Judge | None = None,
    progress: Progress = lambda done, total: None,
) -> JudgeT:
    """A judge of this role, measured on concepts that it was not fitted on.

    It is fitted on all pictures, and its area is that on given ones.

    `facts` need hold source and commit only. `other` is the judge of the other role, where there
    is one already: both may share neither backbone nor pictures.

    Raises:
        OptionError: the other judge stands on this backbone.
        DataError: there are too few pictures, or the other judge was fitted on some of them.
    """
    given = training.given
    is_held = part_of(given, config.held_out, "held out")
    _check_enough(given.where(~is_held))
    hashes = frozenset(given.where(~is_held).hashes)
    if other is not None:
        check_may_fit(config.backbone, hashes, other)
    is_new = is_held & np.array([each not in hashes for each in given.hashes])
    shown = joined([part.where(~is_held) for part in (given, *training.again.values())])
    nothing = _nothing_like(shown, config)
    learnt = joined([shown, nothing])
    total = len(learnt) * (1 + config.copies)
    looked = _look_with_copies(learnt, config, lambda done: progress(done, total))
    ridge = _best_ridge(looked, learnt)
    head = fit_logistic(looked.features, learnt.wanted[looked.places], ridge)

    def area_of(held: Labelled) -> Area:
        scores = head.score(open_backbone(config.backbone).look(held.pictures))
        return measure_area(scores, held.wanted, held.concepts)

    needles = int(given.wanted[~is_held].sum())
    facts = replace(
        facts,
        needles=needles,
        hay=len(given) - int(is_held.sum()) - needles,
        copies=config.copies,
        nothings=len(nothing),
        ridge=ridge,
        areas_again={
            f"{strength:g}": area_of(part.where(is_new)).area
            for strength, part in training.again.items()
        },
    )
    return role(config.backbone, head, hashes, area_of(given.where(is_new)), facts)


def _nothing_like(shown: Labelled, config: JudgeConfig) -> Labelled:
    """Hay that shows nothing, as large as these pictures, each of a concept of its own."""
    random = np.random.default_rng(config.seed)
    count = round(config.nothings * len(shown))
    height, width = shown.pictures.shape[1:3]
    drawn = [draw_nothing(height, width, random) for _ in range(count)]
    pictures = np.stack(drawn) if drawn else shown.pictures[:0]
    names = tuple(f"nothing {number}" for number in range(count))
    return Labelled(pictures, names, names, np.zeros(count, bool), names)


def _check_enough(learnt: Labelled) -> None:
    needles = int(learnt.wanted.sum())
    if min(needles, len(learnt) - needles) < LEAST:
        raise DataError(
            f"There are {needles} needles and {len(learnt) - needles} of hay to fit a judge on.",
            f"Give {LEAST} of each or more, better hundreds.",
        )


def part_of(labelled: Labelled, parts: int, salt: str) -> Bool[np.ndarray, " n"]:
    """One in so many concepts, chosen by name: which pictures are theirs.

    The choices of two salts have nothing to do with each other.
    """

    def mark(name: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{salt} {name}".encode()).digest()[:8], "big")

    marks = {name: mark(name) for name in set(labelled.concepts)}
    return np.array([marks[name] % parts == 0 for name in labelled.concepts])


@dataclass(frozen=True)
class _Looked:
    """Features of pictures and their copies: of which picture each is, and which copy (0: none)."""

    features: Features
    places: Int[np.ndarray, " n"]
    copies: Int[np.ndarray, " n"]

    def where(self, chosen: Bool[np.ndarray, " n"]) -> "_Looked":
        """Those that are chosen."""
        return _Looked(self.features[chosen], self.places[chosen], self.copies[chosen])


def _look_with_copies(
    learnt: Labelled, config: JudgeConfig, tell: Callable[[int], None]
) -> _Looked:
    backbone = open_backbone(config.backbone)
    found, places, copies = [], [], []
    for first in range(0, len(learnt), AT_ONCE):
        batch = learnt.pictures[first : first + AT_ONCE]
        for copy in range(1 + config.copies):
            found.append(backbone.look(batch if copy == 0 else _copies(batch, config, first, copy)))
            places.append(first + np.arange(len(batch)))
            copies.append(np.full(len(batch), copy))
        tell((first + len(batch)) * (1 + config.copies))
    return _Looked(np.concatenate(found), np.concatenate(places), np.concatenate(copies))


def _copies(batch: Pictures, config: JudgeConfig, first: int, copy: int) -> Pictures:
    random = np.random.default_rng((config.seed, first, copy))
    return np.stack([draw_disturbed(picture, random) for picture in batch])


def _best_ridge(looked: _Looked, learnt: Labelled) -> float:
    """The penalty under which disturbed hay wins least over itself, as it was.

    It is chosen on concepts that the head is not fitted on, from those that tell needles from hay
    about as well as the best.
    """
    is_tried = part_of(learnt, 4, "tried")[looked.places]
    tried, rest = looked.where(is_tried), looked.where(~is_tried)
    labels, others = learnt.wanted[tried.places], learnt.wanted[rest.places]
    if len(set(labels)) < 2 or len(set(others)) < 2:
        return RIDGES[1]
    areas, wins = {}, {}
    for ridge in RIDGES:
        scores = fit_logistic(rest.features, others, ridge).score(tried.features)
        areas[ridge] = area_under_curve(scores, labels)
        wins[ridge] = _disturbed_wins(scores, tried, ~labels)
    good = [ridge for ridge in RIDGES if areas[ridge] >= max(areas.values()) - NEAR]
    return min(good, key=lambda ridge: (round(wins[ridge], 3), -ridge))


def _disturbed_wins(scores: np.ndarray, looked: _Looked, is_hay: np.ndarray) -> float:
    """How often disturbed hay wins over itself, as it was."""
    before = np.zeros(int(looked.places.max()) + 1)
    before[looked.places[looked.copies == 0]] = scores[looked.copies == 0]
    chosen = is_hay & (looked.copies > 0)
    if not chosen.any():
        return 0.5
    return float(outcomes_of(scores[chosen], before[looked.places[chosen]]).mean())
