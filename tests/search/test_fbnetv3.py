import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.count import Cost
from stereopsis.search.cost import count_trunk
from stereopsis.search.evolve import EvolveConfig
from stereopsis.search.fbnetv3 import (
    Curve,
    JointConfig,
    JointResult,
    early_stop_epoch,
    joint_search,
    search_again,
)
from stereopsis.search.region import Limit, Region
from stereopsis.search.space import Candidate
from stereopsis.search.trunk_space import parse_space
from tests.search.small_tables import ALL, QUICK, SPACE, cost, score

CONFIG = JointConfig(
    pool=200,
    batches=3,
    batch=12,
    finalists=4,
    predictor=QUICK,
    evolution=EvolveConfig(best=10, random=10, children=30, kept=30),
)
EPOCHS = 6

Calls = list[tuple[Candidate, int | None]]


def count(candidates: Sequence[Candidate]) -> Float[np.ndarray, "n 1"]:
    return np.log([[cost(candidate)] for candidate in candidates])


def train(candidate: Candidate) -> list[float]:
    """At first the rate alone tells in the score, from epoch 3 on nearly all."""
    shares = (0.0, 0.1, 0.95, 0.98, 0.99, 1.0)
    return [score(candidate) * share + 5 * (1 - share) * candidate[5] for share in shares]


def watched(calls: Calls) -> Callable[[Sequence[Candidate], int | None], list[Curve]]:
    def evaluate(candidates: Sequence[Candidate], epochs: int | None) -> list[Curve]:
        calls.extend((candidate, epochs) for candidate in candidates)
        return [train(candidate)[: epochs or EPOCHS] for candidate in candidates]

    return evaluate


def watched_failing(
    failing: int,
) -> Callable[[Sequence[Candidate], int | None], list[Curve | None]]:
    """As watched(), of whose trainings the first fail."""
    calls: Calls = []
    evaluate = watched(calls)

    def fail(candidates: Sequence[Candidate], epochs: int | None) -> list[Curve | None]:
        first = len(calls)
        curves = evaluate(candidates, epochs)
        return [None if first + i < failing else curve for i, curve in enumerate(curves)]

    return fail


def search(most: float, seed: int = 0, pool: tuple[Candidate, ...] | None = None) -> JointResult:
    region = Region(SPACE, (Limit("cost", most, cost),), pool)
    return joint_search(region, count, watched([]), seed, CONFIG)


@pytest.mark.parametrize(("most", "pool"), [(20, None), (9, None), (9, ALL), (6, ALL)])
def test_finds_nearly_the_best_and_never_trains_what_passes_the_limit(
    most: float, pool: tuple[Candidate, ...] | None
) -> None:
    calls: Calls = []
    region = Region(SPACE, (Limit("cost", most, cost),), pool)
    result = joint_search(region, count, watched(calls), 0, CONFIG)
    assert max(cost(candidate) for candidate, _ in calls) <= most
    assert len(calls) == len(set(calls)) == len(result.evaluated) <= 40
    best = max(score(each) for each in ALL if cost(each) <= most)
    assert result.best.curve[-1] == score(result.best.candidate) >= best - 0.5


def test_stops_all_but_the_first_and_the_last_batch_early() -> None:
    calls: Calls = []
    result = joint_search(Region(SPACE), count, watched(calls), 0, CONFIG)
    assert result.stop_epoch == 3
    assert [epochs for _, epochs in calls] == [None] * 12 + [3] * 24 + [None] * 4
    assert [each.whole for each in result.evaluated] == [True] * 12 + [False] * 24 + [True] * 4
    assert result.best.whole


def test_trains_nothing_twice_where_there_is_one_epoch() -> None:
    calls: Calls = []

    def evaluate(candidates: Sequence[Candidate], epochs: int | None) -> list[Curve]:
        calls.extend((candidate, epochs) for candidate in candidates)
        return [[score(candidate)] for candidate in candidates]

    result = joint_search(Region(SPACE), count, evaluate, 0, CONFIG)
    assert result.stop_epoch == 1
    assert len({candidate for candidate, _ in calls}) == len(calls)


def test_goes_on_where_it_was_when_evaluations_are_kept() -> None:
    kept: dict[tuple[Candidate, int | None], Curve] = {}
    stop_after = 20
    fresh: Calls = []

    class Stopped(Exception):
        pass

    def evaluate(candidates: Sequence[Candidate], epochs: int | None) -> list[Curve]:
        for candidate in candidates:
            if (candidate, epochs) not in kept:
                if len(fresh) == stop_after:
                    raise Stopped
                fresh.append((candidate, epochs))
                kept[candidate, epochs] = train(candidate)[: epochs or EPOCHS]
        return [kept[candidate, epochs] for candidate in candidates]

    with pytest.raises(Stopped):
        joint_search(Region(SPACE), count, evaluate, 0, CONFIG)
    fresh.clear()
    stop_after = 40
    result = joint_search(Region(SPACE), count, evaluate, 0, CONFIG)
    assert len(fresh) == 20 == len(kept) - 20
    straight = joint_search(Region(SPACE), count, watched([]), 0, CONFIG)
    assert result.evaluated == straight.evaluated


def test_is_determined_by_its_seed() -> None:
    assert search(9).evaluated == search(9).evaluated
    assert search(9).evaluated != search(9, seed=1).evaluated


def test_begins_with_what_it_is_given() -> None:
    calls: Calls = []
    first = [(0, 0, 1, 1, 1, 2), (3, 3, 0, 0, 0, 0)]
    joint_search(Region(SPACE), count, watched(calls), 0, CONFIG, first)
    assert [candidate for candidate, _ in calls[:2]] == first
    assert len({candidate for candidate, _ in calls[:12]}) == 12


def test_few_curves_settle_no_ranking() -> None:
    calls: Calls = []
    config = replace(CONFIG, batch=7)
    assert joint_search(Region(SPACE), count, watched(calls), 0, config).stop_epoch == EPOCHS
    assert {epochs for _, epochs in calls} == {None}


def test_trainings_that_failed_settle_no_ranking() -> None:
    def stop(batch: int, failing: int) -> int:
        config = replace(CONFIG, batch=batch, batches=2)
        evaluate = watched_failing(failing)
        return joint_search(Region(SPACE), count, evaluate, 0, config).stop_epoch

    assert stop(batch=18, failing=11) == EPOCHS  # of fewer than 8 none is judged
    assert stop(batch=18, failing=0) == 3
    assert stop(batch=12, failing=2) == 3


def test_what_failed_has_the_worst_scores_known_and_never_wins() -> None:
    result = joint_search(Region(SPACE), count, watched_failing(5), 0, CONFIG)
    failed = [each for each in result.evaluated if each.failed]
    real = [each.curve for each in result.evaluated[:12] if not each.failed]
    assert len(failed) == 5 and not result.best.failed
    assert {each.curve for each in failed} == {
        tuple(min(scores) for scores in zip(*real, strict=True))
    }


def test_of_candidates_that_are_the_same_one_is_trained() -> None:
    calls: Calls = []

    def canonical(candidate: Candidate) -> Candidate:
        return (*candidate[:2], 0, 0, *candidate[4:])

    def cost_of(candidate: Candidate) -> float:
        return cost(canonical(candidate))

    region = Region(SPACE, (Limit("cost", 9, cost_of),), canonical=canonical)
    joint_search(region, count, watched(calls), 0, replace(CONFIG, batch=8))
    assert all(canonical(candidate) == candidate for candidate, _ in calls)


def test_searches_again_under_another_limit_without_training() -> None:
    result = search(12)
    for most in (5.0, 8.0):
        again = search_again(result, Region(SPACE, (Limit("cost", most, cost),)))
        assert max(cost(each.candidate) for each in again) <= most
        best = max(score(each) for each in ALL if cost(each) <= most)
        assert max(score(each.candidate) for each in again[:10]) >= best - 1


def test_a_trunk_that_is_found_never_exceeds_its_budget() -> None:
    trunks = parse_space("conv_k3_s2_c8:16:4 \n ir_k3,5_s2_e2:4:1_c8:24:4_n1:3_se?_re,hs")
    space = trunks.space()

    @cache
    def cost_of(candidate: Candidate) -> Cost:
        return count_trunk(trunks.derive(space.describe(candidate)), (32, 32)).cost

    def count_all(candidates: Sequence[Candidate]) -> Float[np.ndarray, "n 2"]:
        costs = map(cost_of, candidates)
        return np.log([[each.flops, each.params] for each in costs])

    def evaluate(candidates: Sequence[Candidate], epochs: int | None) -> list[Curve]:
        return [[np.log(cost_of(candidate).flops)] for candidate in candidates]

    limit = 2.0 * cost_of(space.find({c.name: c.options[0] for c in space.choices})).flops
    region = Region(space, (Limit("MACs", limit, lambda each: cost_of(each).flops),))
    result = joint_search(region, count_all, evaluate, 0, CONFIG)
    spent = [cost_of(each.candidate).flops for each in result.evaluated]
    assert 0.8 * limit < max(spent) <= limit


def test_refuses_an_impossible_limit_before_anything_is_trained() -> None:
    with pytest.raises(OptionError, match="the least found is 2"):
        joint_search(Region(SPACE, (Limit("cost", 1, cost),)), count, lambda *given: [], 0, CONFIG)


@pytest.mark.parametrize(
    ("curves", "problem"),
    [
        ([[1.0]] * 11, "11 curves of"),
        ([], "0 curves of"),
        ([[]] * 12, "12 curves of"),
        ([[1.0]] * 11 + [[1.0, 2.0]], r"12 curves of \[1, 2\] epochs"),
        ([[1.0]] * 11 + [[float("nan")]], "no finite number"),
    ],
)
def test_refuses_evaluations_that_cannot_be_used(curves: list[Curve], problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        joint_search(Region(SPACE), count, lambda *given: curves, 0, CONFIG)


@given(st.integers(0, 999), st.integers(3, 12), st.integers(1, 9))
def test_stops_at_the_end_if_the_ranking_is_settled_at_the_end_only(
    seed: int, nets: int, epochs: int
) -> None:
    final = np.arange(nets, dtype=float)
    curves = np.stack([-final] * epochs + [final], 1)
    assert early_stop_epoch(curves.tolist()) == epochs + 1
    settled = np.random.default_rng(seed).integers(1, epochs + 2)
    curves[:, settled - 1 :] = np.stack([final] * (epochs + 2 - settled), 1)
    assert early_stop_epoch(curves.tolist()) == settled


def test_equal_scores_settle_no_ranking() -> None:
    assert early_stop_epoch([[0.0, 1.0], [0.0, 2.0]]) == 2
    assert early_stop_epoch([[1.0, 1.0], [2.0, 1.0]]) == 2
    assert early_stop_epoch(list(itertools.repeat([1.0], 3))) == 1


@settings(max_examples=3)
@given(st.integers(0, 99))
def test_more_batches_than_the_region_has_candidates_is_said(seed: int) -> None:
    few = tuple(ALL[:20])
    with pytest.raises(OptionError, match="No feasible candidate is left"):
        joint_search(Region(SPACE, pool=few), count, watched([]), seed, replace(CONFIG, batch=11))
