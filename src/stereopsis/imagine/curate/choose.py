"""The second pass: what needs all pictures at once, duplicates and balance, from scores alone."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import nsmallest

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int64, UInt64

from stereopsis.imagine.curate.balance import BalanceFilter, Quotas
from stereopsis.imagine.curate.config import BALANCE, DUPLICATES, FunnelConfig
from stereopsis.imagine.curate.duplicates import DuplicateIndex, DuplicatesFilter, Near
from stereopsis.imagine.curate.faces import SHOWN_NEAR, SHOWN_REMOVED
from stereopsis.imagine.curate.scored import Scored
from stereopsis.imagine.curate.tally import StageTally

KEPT, COPY, OVER_QUOTA = 0, 1, 2

Load = Callable[[int], Scored]  # what is known of a shard, by its place


@dataclass(frozen=True)
class Pair:
    """Two pictures to be shown, by their numbers over all shards; the first stands for the pair.

    `second` may be -1. `key` orders the pairs of a sheet, the smallest is shown first.
    """

    key: float
    score: float
    first: int
    second: int = -1

    @property
    def order(self) -> tuple[float, int, int]:
        """By key, then by number."""
        return self.key, self.first, self.second


@dataclass
class Showing:
    """The pairs of one stage's sheets."""

    removed: list[Pair] = field(default_factory=list)
    just_kept: list[Pair] = field(default_factory=list)
    just_removed: list[Pair] = field(default_factory=list)


@dataclass
class Choice:
    """What becomes of each survivor of the first pass; they are numbered over all shards.

    `fates` holds KEPT, COPY or OVER_QUOTA; `copies`, the size of the group of each; `firsts`, the
    number of the first survivor of each shard, and at the end their count.
    """

    firsts: list[int]
    fates: Int8[np.ndarray, " n"]
    copies: Int64[np.ndarray, " n"]
    stages: dict[str, StageTally] = field(default_factory=dict)
    showings: dict[str, Showing] = field(default_factory=dict)
    concepts: dict[str, int] = field(default_factory=dict)


def choose(load: Load, shards: int, config: FunnelConfig) -> Choice:
    """What to keep of the survivors of so many shards, one of which is loaded at a time."""
    firsts = [0]
    for i in range(shards):
        firsts.append(firsts[-1] + len(load(i).numbers))
    count = firsts[-1]
    choice = Choice(firsts, np.zeros(count, np.int8), np.ones(count, np.int64))
    if config.duplicates:
        with _timed(choice, DUPLICATES):
            _drop_copies(choice, load, config.duplicates)
    if config.balance:
        with _timed(choice, BALANCE):
            _fill_quotas(choice, load, config.balance)
    _count(choice, load)
    return choice


def _drop_copies(choice: Choice, load: Load, config: DuplicatesFilter) -> None:
    """Of each group of copies, marks all but the one with the most pixels."""
    index = DuplicateIndex(config)
    showing = choice.showings[DUPLICATES]
    pixels, contents = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
    for i in range(len(choice.firsts) - 1):
        scored = load(i)
        pixels.append(scored.pixels)
        contents.append(scored.contents)
        for own, sketch in zip(scored.hashes.tolist(), scored.sketches, strict=True):
            _note_nears(showing, index.add(own, sketch), config.max_angle)
    groups = index.groups()
    best = _best_of(groups, np.concatenate(pixels), np.concatenate(contents))
    places, which, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    choice.copies[:] = sizes[which]
    stands_for = np.zeros(len(groups), np.int64)
    stands_for[places] = np.flatnonzero(best)[np.argsort(groups[best])]
    choice.fates[~best] = COPY
    order = np.concatenate(contents)
    gone = np.flatnonzero(~best)
    for i in gone[np.argsort(order[gone], kind="stable")][:SHOWN_REMOVED]:
        other = int(stands_for[groups[i]])
        showing.removed.append(Pair(len(showing.removed), float(choice.copies[i]), int(i), other))


def _best_of(
    groups: Int64[np.ndarray, " n"],
    pixels: Int64[np.ndarray, " n"],
    contents: UInt64[np.ndarray, " n"],
) -> Bool[np.ndarray, " n"]:
    """One of each group: the largest, of equals the one whose content comes first."""
    order = np.lexsort((contents, -pixels, groups))
    is_first = np.append(True, groups[order][1:] != groups[order][:-1])[: len(order)]
    best = np.zeros(len(groups), bool)
    best[order[is_first]] = True
    return best


def _note_nears(showing: Showing, nears: Sequence[Near], limit: float) -> None:
    """Keeps the pairs nearest to the limit on both sides."""
    for near in nears:
        pair = Pair(abs(near.angle - limit), near.angle, near.first, near.second)
        (showing.just_removed if near.angle <= limit else showing.just_kept).append(pair)
    for pairs in (showing.just_removed, showing.just_kept):
        if len(pairs) > SHOWN_NEAR:
            pairs[:] = nsmallest(SHOWN_NEAR, pairs, key=lambda pair: pair.order)


def _fill_quotas(choice: Choice, load: Load, config: BalanceFilter) -> None:
    """Marks the kept pictures that find no place in the quota of their concept."""
    quotas = Quotas(config.quota)
    for i, first in enumerate(choice.firsts[:-1]):
        scored = load(i)
        merits = _merits(scored, config)
        ties = _shuffled(scored.contents, config.seed)
        for k in np.flatnonzero(choice.fates[first : first + len(merits)] == KEPT):
            rank = (float(merits[k]), int(ties[k]), first + int(k))
            quotas.offer(scored.concepts[k], rank)
    keeps = np.zeros(len(choice.fates), bool)
    keeps[list(quotas.chosen())] = True
    choice.fates[(choice.fates == KEPT) & ~keeps] = OVER_QUOTA
    choice.concepts = dict(quotas.counts())
    _show_quotas(choice, load, config)


def _show_quotas(choice: Choice, load: Load, config: BalanceFilter) -> None:
    """Picks pictures that found no place, and the last that did and the first that did not."""
    showing = choice.showings[BALANCE]
    for i, first in enumerate(choice.firsts[:-1]):
        scored = load(i)
        merits = _merits(scored, config)
        fates = choice.fates[first : first + len(merits)]
        for k in np.flatnonzero(fates != COPY):
            merit, number = float(merits[k]), first + int(k)
            if fates[k] == KEPT:
                showing.just_kept.append(Pair(merit, merit, number))
                continue
            showing.just_removed.append(Pair(-merit, merit, number))
            showing.removed.append(Pair(float(scored.contents[k]), merit, number))
        for pairs, limit in (
            (showing.just_kept, SHOWN_NEAR),
            (showing.just_removed, SHOWN_NEAR),
            (showing.removed, SHOWN_REMOVED),
        ):
            pairs[:] = nsmallest(limit, pairs, key=lambda pair: pair.order)


def _merits(scored: Scored, config: BalanceFilter) -> Float64[np.ndarray, " n"]:
    """What a picture is preferred by."""
    if config.prefer == "chance":
        return _shuffled(scored.contents, config.seed) / 2.0**64
    return scored.scores[:, scored.stages.index(config.prefer)].astype(np.float64)


def _shuffled(contents: UInt64[np.ndarray, " n"], seed: int) -> UInt64[np.ndarray, " n"]:
    """Numbers as if drawn by chance, which content and seed determine.

    Source: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators (2014), figure 17
    (the finalizer).
    """
    mixed = contents + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _count(choice: Choice, load: Load) -> None:
    """Fills in how many each stage removed."""
    names = {COPY: DUPLICATES, OVER_QUOTA: BALANCE}
    for i, first in enumerate(choice.firsts[:-1]):
        wanted = load(i).wanted
        fates = choice.fates[first : first + len(wanted)]
        for fate, name in names.items():
            if name in choice.stages:
                choice.stages[name].removed += int((fates == fate).sum())
                choice.stages[name].removed_wanted += int(((fates == fate) & (wanted == 1)).sum())


@contextmanager
def _timed(choice: Choice, name: str) -> Iterator[None]:
    """Opens a stage and notes the seconds that the block takes."""
    choice.showings[name] = Showing()
    tally = choice.stages[name] = StageTally()
    start = time.perf_counter()
    yield
    tally.seconds += time.perf_counter() - start
