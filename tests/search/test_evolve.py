from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.search.evolve import EvolveConfig, evolve, mutate
from stereopsis.search.region import Limit, Region
from stereopsis.search.space import Candidate
from tests.search.small_tables import ALL, SPACE, cost, score

SMALL = EvolveConfig(best=10, random=20, children=40, kept=30)


def region(most: float, pool: tuple[Candidate, ...] | None = None) -> Region:
    return Region(SPACE, (Limit("cost", most, cost),), pool)


def predict(candidates: Sequence[Candidate]) -> np.ndarray:
    return np.array([score(candidate) for candidate in candidates])


@settings(max_examples=20)
@given(st.floats(3, 20), st.integers(0, 999), st.sampled_from([None, ALL, ALL[::7]]))
def test_everything_predicted_and_found_keeps_the_limit(
    most: float, seed: int, pool: tuple[Candidate, ...] | None
) -> None:
    asked: list[Candidate] = []

    def watched(candidates: Sequence[Candidate]) -> np.ndarray:
        asked.extend(candidates)
        return predict(candidates)

    ranked = evolve(region(most, pool), watched, ALL[:30], np.random.default_rng(seed), SMALL)
    assert max(map(cost, asked)) <= most
    assert len({each.candidate for each in ranked}) == len(ranked) <= SMALL.kept
    predicted = [each.predicted for each in ranked]
    assert predicted == sorted(predicted, reverse=True)
    assert predicted == predict([each.candidate for each in ranked]).tolist()


@pytest.mark.parametrize("most", [5.0, 11.0, 19.0])
def test_finds_the_best_there_is_most_of_the_time(most: float) -> None:
    config = replace(SMALL, patience=8)
    best = max(score(each) for each in ALL if cost(each) <= most)
    runs = [evolve(region(most), predict, [], np.random.default_rng(i), config) for i in range(8)]
    assert sum(ranked[0].predicted == best for ranked in runs) >= 6


@given(st.integers(0, 999))
def test_is_never_worse_than_what_it_was_handed(seed: int) -> None:
    best = max((each for each in ALL if cost(each) <= 9), key=score)
    config = EvolveConfig(best=1, random=1, children=2, kept=2, rounds=1)
    ranked = evolve(region(9), predict, [best], np.random.default_rng(seed), config)
    assert ranked[0].candidate == best


def test_stops_when_nothing_is_gained() -> None:
    calls = []

    def flat(candidates: Sequence[Candidate]) -> np.ndarray:
        calls.append(len(candidates))
        return np.zeros(len(candidates))

    evolve(region(20), flat, [], np.random.default_rng(0), EvolveConfig(patience=2))
    assert len(calls) <= 3


def test_refuses_an_impossible_limit_before_anything_is_predicted() -> None:
    def refuse(candidates: Sequence[Candidate]) -> np.ndarray:
        raise AssertionError

    with pytest.raises(OptionError, match="the least found is 2"):
        evolve(region(1), refuse, ALL, np.random.default_rng(0))


@given(st.sampled_from(ALL), st.integers(0, 999))
def test_a_small_share_mutates_one_choice_at_most(candidate: Candidate, seed: int) -> None:
    child = mutate(candidate, region(20), 0, np.random.default_rng(seed))
    assert sum(a != b for a, b in zip(child, candidate, strict=True)) <= 1
    assert child in ALL
