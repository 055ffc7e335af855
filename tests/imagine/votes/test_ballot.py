from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.votes.ballot import LEAST_GAP, deal


def dealt(pairs: int, repeats: float, seed: int = 0):
    keys = [f"pair {place}" for place in range(pairs)]
    return deal("ann", "appeal", keys, np.random.default_rng(seed), repeats)


@given(st.integers(0, 80), st.floats(0, 1), st.integers(0, 99))
def test_every_pair_comes_once_and_some_again_turned_round(pairs, repeats, seed) -> None:
    ballots = dealt(pairs, repeats, seed)
    firsts = {ballot.pair: ballot for ballot in ballots if ballot.showing == "first"}
    again = {ballot.pair: ballot for ballot in ballots if ballot.showing == "repeat"}
    assert len(firsts) == pairs and len(firsts) + len(again) == len(ballots)
    assert len(again) == min(max(0, pairs - LEAST_GAP), round(repeats * pairs))
    assert [ballot.place for ballot in ballots] == list(range(len(ballots)))
    assert len({ballot.token for ballot in ballots}) == len(ballots)
    for pair, repeat in again.items():
        assert repeat.place - firsts[pair].place > LEAST_GAP - 1
        assert {repeat.left, firsts[pair].left} == {"a", "b"}


@given(st.integers(6, 80), st.integers(0, 99))
def test_both_sides_of_a_ballot_are_the_pair(pairs, seed) -> None:
    for ballot in dealt(pairs, 0.5, seed):
        assert {ballot.picture("left"), ballot.picture("right")} == {"a", "b"}
        assert ballot.choice("left") == ballot.picture("left") == ballot.left
        assert ballot.choice("right") == ballot.picture("right")
        assert [ballot.choice(other) for other in ("tie", "both")] == ["tie", "both"]


def test_order_and_sides_are_fair_and_differ_between_voters() -> None:
    many = [dealt(20, 0, seed) for seed in range(400)]
    left = Counter(ballot.left for ballots in many for ballot in ballots)
    assert left["a"] / left.total() == pytest.approx(0.5, abs=0.025)
    first = Counter(ballots[0].pair for ballots in many)
    assert len(first) == 20 and max(first.values()) < 45
