import sys
from collections.abc import Callable
from functools import partial

import pytest

from stereopsis.errors import MissingExtraError, OptionError
from stereopsis.search.region import Limit, Region
from stereopsis.search.space import Candidate
from stereopsis.studies.rivals import (
    Score,
    Search,
    optuna_search,
    random_search,
    regularized_evolution,
)
from tests.search.small_tables import ALL, SPACE, cost, score

SEARCHES: dict[str, Callable[[Region, Score, int, int], Search]] = {
    "random": random_search,
    "evolution": partial(regularized_evolution, population=10, sample=4),
    "tpe": partial(optuna_search, sampler="tpe"),
    "gp": partial(optuna_search, sampler="gp"),
}


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("pool", [None, ALL[::3]])
def test_evaluates_as_often_as_told_nothing_twice_nothing_infeasible(
    name: str, pool: tuple[Candidate, ...] | None
) -> None:
    region = Region(SPACE, (Limit("cost", 7, cost),), pool)
    asked: list[Candidate] = []

    def watched(candidate: Candidate) -> float:
        asked.append(candidate)
        return score(candidate)

    found = SEARCHES[name](region, watched, 22, 0)
    assert tuple(asked) == found.candidates
    assert len(set(asked)) == len(found.scores) == 22
    assert all(map(region.feasible, asked))
    assert found.scores == tuple(map(score, asked))


@pytest.mark.parametrize("name", SEARCHES)
def test_is_determined_by_its_seed(name: str) -> None:
    region = Region(SPACE, (), ALL)
    first, again, other = (SEARCHES[name](region, score, 14, seed) for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("name", ["evolution", "tpe"])
def test_learns(name: str) -> None:
    region = Region(SPACE, (), ALL)
    means = {
        each: sum(sum(SEARCHES[each](region, score, 60, seed).scores[-20:]) for seed in range(3))
        for each in (name, "random")
    }
    assert means[name] > means["random"] + 30


def test_counts_the_proposals_that_it_refuses() -> None:
    tight = Region(SPACE, (Limit("cost", 5, cost),), ALL)
    assert optuna_search(tight, score, 20, 0, "tpe").refused > 0
    assert optuna_search(Region(SPACE, (), ALL), score, 20, 0, "tpe").refused == 0


@pytest.mark.parametrize("name", SEARCHES)
def test_says_when_the_limit_is_impossible(name: str) -> None:
    with pytest.raises(OptionError, match="the least found is 2"):
        SEARCHES[name](Region(SPACE, (Limit("cost", 1, cost),), ALL), score, 5, 0)


def test_says_when_optuna_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match="pip install optuna"):
        optuna_search(Region(SPACE), score, 5, 0, "tpe")
