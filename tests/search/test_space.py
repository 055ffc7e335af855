import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.search.space import Choice, Space, draw, spread

SPACE = Space((Choice("size", (1, 2, 3)), Choice("kind", ("a", "b")), Choice("on", (False, True))))


@given(st.integers(0, 1000))
def test_finds_what_it_describes(seed: int) -> None:
    candidate = draw(SPACE, np.random.default_rng(seed))
    assert SPACE.find(SPACE.describe(candidate)) == candidate


def test_spreads_more_evenly_than_chance() -> None:
    drawn = spread(SPACE, 96, seed=3)
    counts = np.bincount([candidate[0] for candidate in drawn])
    assert counts.min() >= 28 and counts.max() <= 36
    assert spread(SPACE, 5, seed=3) == drawn[:5]


def test_refuses_what_makes_no_space() -> None:
    with pytest.raises(OptionError, match="repeats an option"):
        Choice("size", (1, 1))
    with pytest.raises(OptionError, match="two of one name"):
        Space((Choice("a", (1,)), Choice("a", (2,))))
    with pytest.raises(OptionError, match="no choice b"):
        Space((Choice("a", (1, 2)),), frozenset({"b"}))
    with pytest.raises(OptionError, match="size has no option 7"):
        SPACE.find({"size": 7, "kind": "a", "on": True})
