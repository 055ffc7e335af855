import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.search.region import Limit, Region
from stereopsis.search.space import Candidate, draw
from tests.search.small_tables import ALL, SPACE, cost

seeds = st.integers(0, 2**32 - 1)
limits = st.floats(2, 20)
pools = st.one_of(
    st.none(), st.lists(st.sampled_from(ALL), min_size=1, unique=True).map(lambda x: (ALL[0], *x))
)


def region(most: float, pool: tuple[Candidate, ...] | None = None) -> Region:
    return Region(SPACE, (Limit("cost", most, cost),), pool)


@given(limits, pools, seeds)
def test_never_gives_a_candidate_that_passes_the_limit(
    most: float, pool: tuple[Candidate, ...] | None, seed: int
) -> None:
    inside, rng = region(most, pool), np.random.default_rng(seed)
    for candidate in (inside.draw(rng), inside.settle(ALL[-1], rng)):
        assert cost(candidate) <= most
        assert inside.feasible(candidate)
        assert pool is None or candidate in pool


@given(st.sampled_from(ALL), limits, seeds)
def test_settles_at_the_nearest_of_the_pool(candidate: Candidate, most: float, seed: int) -> None:
    def apart(other: Candidate) -> int:
        return sum(a != b for a, b in zip(candidate, other, strict=True))

    settled = region(most, ALL).settle(candidate, np.random.default_rng(seed))
    assert apart(settled) == min(apart(other) for other in ALL if cost(other) <= most)


@given(st.sampled_from(ALL), seeds)
def test_leaves_alone_what_is_feasible(candidate: Candidate, seed: int) -> None:
    assert region(20).settle(candidate, np.random.default_rng(seed)) == candidate


@given(pools, seeds)
def test_gives_no_candidate_twice(pool: tuple[Candidate, ...] | None, seed: int) -> None:
    inside, rng = region(20, pool), np.random.default_rng(seed)
    taken: set[Candidate] = set()
    for _ in range(len(set(pool or ALL[:6]))):
        candidate = inside.settle(ALL[0], rng, taken)
        assert candidate not in taken
        taken.add(candidate)


def test_what_is_outside_of_the_pool_is_not_asked_its_cost() -> None:
    def refuse(candidate: Candidate) -> float:
        raise AssertionError

    inside = Region(SPACE, (Limit("cost", 1, refuse),), ALL[:5])
    assert not inside.feasible(ALL[9])
    assert not inside.passes(ALL[9])


@pytest.mark.parametrize("pool", [None, ALL])
def test_says_what_an_impossible_limit_is_and_what_the_least_costs(
    pool: tuple[Candidate, ...] | None,
) -> None:
    with pytest.raises(OptionError, match=r"keeps cost to 1: the least found is 2\. Raise"):
        region(1, pool).draw(np.random.default_rng(0))
    with pytest.raises(OptionError, match="keeps cost to 1: the least found is 2"):
        region(1, pool).settle(ALL[3], np.random.default_rng(0))


def test_says_when_limits_contradict_each_other() -> None:
    limits = (Limit("cost", 6, cost), Limit("rest", -7, lambda each: -cost(each)))
    with pytest.raises(OptionError, match="the limits of cost and rest together"):
        Region(SPACE, limits, ALL).draw(np.random.default_rng(0))


def test_says_when_all_are_taken() -> None:
    few = {each for each in ALL if cost(each) <= 2}
    for pool in (None, ALL):
        with pytest.raises(OptionError, match=rf"beside the {len(few)} that were taken"):
            region(2, pool).draw(np.random.default_rng(0), few)


@given(st.integers(0, 999))
def test_what_is_drawn_or_settled_on_is_canonical(seed: int) -> None:
    def canonical(candidate: Candidate) -> Candidate:
        return (*candidate[:3], 0, *candidate[4:])

    limit = Limit("cost", 9, lambda candidate: cost(canonical(candidate)))
    region, rng = Region(SPACE, (limit,), canonical=canonical), np.random.default_rng(seed)
    taken = {region.draw(rng)}
    for found in (
        region.draw(rng, taken),
        region.settle(draw(SPACE, rng), rng, taken),
        region.settle((*min(taken)[:3], 1, *min(taken)[4:]), rng, taken),
    ):
        assert canonical(found) == found and region.feasible(found) and found not in taken
