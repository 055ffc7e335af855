import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.search.derive import derive_within
from stereopsis.search.space import Candidate, Choice, Space

SPACE = Space(tuple(Choice(name, (1, 2, 3, 4)) for name in "abcd"))


def cost(candidate: Candidate) -> float:
    """More for larger options, and not simply their sum."""
    return sum((option + 1) * (i + 1) for i, option in enumerate(candidate)) + max(candidate)


probabilities = st.lists(
    st.lists(st.floats(0.01, 1), min_size=4, max_size=4), min_size=4, max_size=4
)


@settings(deadline=None)
@given(probabilities, st.floats(10, 60))
def test_never_exceeds_the_budget(each: list[list[float]], limit: float) -> None:
    found = derive_within(SPACE, dict(zip("abcd", each, strict=True)), cost, limit)
    assert cost(found) <= limit


@given(probabilities)
def test_takes_nothing_much_less_likely_if_all_fits(each: list[list[float]]) -> None:
    found = derive_within(SPACE, dict(zip("abcd", each, strict=True)), cost, 1000)
    likeliest = [p.index(max(p)) for p in each]
    for p, i, best in zip(each, found, likeliest, strict=True):
        assert i == best or (i > best and 2.001 * p[i] >= p[best])


def test_gives_up_what_is_least_likely_for_what_it_saves() -> None:
    sure, unsure = [0.01, 0.01, 0.01, 0.97], [0.24, 0.25, 0.25, 0.26]
    found = derive_within(
        SPACE, {"a": sure, "b": sure, "c": sure, "d": unsure}, cost, cost((3, 3, 3, 3)) - 4
    )
    assert found[:3] == (3, 3, 3) and found[3] < 3


def test_spends_what_is_left_where_it_is_about_as_likely() -> None:
    small, alike = [0.97, 0.01, 0.01, 0.01], [0.28, 0.24, 0.24, 0.24]
    each = {"a": small, "b": small, "c": alike, "d": small}
    found = derive_within(SPACE, each, cost, 1000)
    assert found == (0, 0, 3, 0)
    assert derive_within(SPACE, each, cost, cost((0, 0, 1, 0))) == (0, 0, 1, 0)


def test_spends_first_where_it_is_least_unlikely_for_the_cost() -> None:
    """An option of "d" costs four times one of "a", and is hardly less likely."""
    small = [0.97, 0.01, 0.01, 0.01]
    each = {"a": [0.5, 0.45, 0.0, 0.0], "b": small, "c": small, "d": [0.5, 0.4, 0.0, 0.0]}
    assert derive_within(SPACE, each, cost, cost((0, 0, 0, 1))) == (0, 0, 0, 1)


def test_names_the_unit_of_what_is_too_dear() -> None:
    even = dict.fromkeys("abcd", [0.25] * 4)
    with pytest.raises(OptionError, match=r"costs 10 ms, the budget is 3 ms\."):
        derive_within(SPACE, even, cost, 3, "ms")


def test_takes_back_what_it_need_not_have_given_up() -> None:
    """To fit, "d" goes down first; what that saves beyond need is worth two options of "a"."""
    each = {
        "a": [0.2, 0.21, 0.22, 0.37],
        "b": [0.97, 0.01, 0.01, 0.01],
        "c": [0.97, 0.01, 0.01, 0.01],
        "d": [0.3, 0.0, 0.0, 0.7],
    }
    limit = cost((3, 0, 0, 3)) - 1
    found = derive_within(SPACE, each, cost, limit)
    assert cost(found) <= limit and found == (2, 0, 0, 3)


def test_where_all_is_alike_the_largest_change_comes_first() -> None:
    alike = {name: [0.25] * 4 for name in "abcd"}
    found = derive_within(SPACE, alike, cost, cost((0, 0, 0, 3)))
    assert found == (0, 0, 0, 3)
    nearly = {name: [0.25, 0.25, 0.25, 0.25 + 1e-13 * (i + 1)] for i, name in enumerate("abcd")}
    found = derive_within(SPACE, nearly, cost, cost((3, 3, 3, 0)) + 1)
    assert found == (3, 3, 3, 0)


def test_refuses_a_budget_below_the_smallest() -> None:
    alike = {name: [0.25] * 4 for name in "abcd"}
    with pytest.raises(OptionError, match=r"smallest network .* costs 10, the budget is 9"):
        derive_within(SPACE, alike, cost, 9)
