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


@given(st.lists(st.integers(0, 1000), max_size=5))
def test_encodes_one_option_of_each_choice(seeds: list[int]) -> None:
    candidates = [draw(SPACE, np.random.default_rng(seed)) for seed in seeds]
    rows = SPACE.encode(candidates)
    assert rows.shape == (len(seeds), 7)
    starts = np.cumsum([0, 3, 2])
    for row, candidate in zip(rows, candidates, strict=True):
        assert np.flatnonzero(row).tolist() == [
            a + b for a, b in zip(starts, candidate, strict=True)
        ]


def test_spreads_more_evenly_than_chance() -> None:
    drawn = spread(SPACE, 96, seed=3)
    counts = np.bincount([candidate[0] for candidate in drawn])
    assert SPACE.total == 12 and counts.min() >= 28 and counts.max() <= 36
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
