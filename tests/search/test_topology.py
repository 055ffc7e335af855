import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.nets.topology import Head, ParallelSpace, live_parts, parts_on
from stereopsis.search.topology import fill_budget, topology_cost

SPACE = ParallelSpace(stem=8, channels=(8, 16, 24), stages=2, blocks=1, expansion=2)
COUNT = len(SPACE.choices())
COSTS = [topology_cost(SPACE, head, (16, 32)) for head in (Head("dense", 4), Head("labels", 4))]
masks = st.lists(st.booleans(), min_size=COUNT, max_size=COUNT)
scores = st.lists(st.floats(-9, 9), min_size=COUNT, max_size=COUNT)


@given(masks, st.sampled_from([0, 1]), st.integers(0, COUNT - 1))
def test_more_parts_never_cost_less(mask: list[bool], which: int, place: int) -> None:
    cost = COSTS[which]
    on = parts_on(SPACE, mask)
    more = cost.of(on | {SPACE.choices()[place]})
    assert cost.least.flops <= cost.of(on).flops <= more.flops <= cost.most.flops
    assert cost.of(on).params <= more.params


@given(masks, st.sampled_from([0, 1]))
def test_dead_parts_cost_nothing(mask: list[bool], which: int) -> None:
    cost, on = COSTS[which], parts_on(SPACE, mask)
    assert cost.of(on) == cost.of(live_parts(SPACE, on, [cost.head.path(SPACE)]))


@given(scores, st.sampled_from([0, 1]), st.floats(0, 1))
def test_never_breaks_its_budget(wanted: list[float], which: int, share: float) -> None:
    cost = COSTS[which]
    least, most = cost.least.flops, cost.most.flops
    budget = least + int(share * (most - least))
    on = fill_budget(wanted, cost, budget)
    assert cost.of(on).flops <= budget
    others = [cost.of(on | {part}) for part in set(SPACE.choices()) - on]
    assert all(more.flops > budget or more == cost.of(on) for more in others)


@given(scores)
def test_with_enough_to_spend_takes_all_that_is_alive(wanted: list[float]) -> None:
    cost = COSTS[0]
    everything = live_parts(SPACE, frozenset(SPACE.choices()), [0])
    assert fill_budget(wanted, cost, cost.most.flops) == everything


def test_takes_what_is_wanted_most() -> None:
    cost = COSTS[0]
    for place, part in enumerate(SPACE.choices()):
        if part.kind != "block" or part.path != 0:
            continue
        wanted = [float(k == place) for k in range(COUNT)]
        assert part in fill_budget(wanted, cost, cost.of({part}).flops)


def test_refuses_an_impossible_budget() -> None:
    least = COSTS[0].least.flops
    with pytest.raises(OptionError, match=f"budget of {least - 1} .* takes {least} with every"):
        fill_budget([0.0] * COUNT, COSTS[0], least - 1)
    assert COSTS[0].of(fill_budget([0.0] * COUNT, COSTS[0], least)).flops == least


def test_refuses_pictures_that_do_not_halve() -> None:
    with pytest.raises(OptionError, match="does not halve"):
        topology_cost(SPACE, Head("dense", 1), (24, 32))
