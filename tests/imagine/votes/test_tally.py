import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.votes.tally import (
    Z95,
    Tally,
    tally_of,
    votes_for,
    votes_missing,
    wilson,
)

COUNTS = st.integers(0, 10_000)
TALLIES = st.builds(Tally, COUNTS, COUNTS, COUNTS).filter(lambda tally: tally.votes > 0)
SHARES = st.floats(0, 1)


@given(TALLIES)
def test_the_rates_of_both_arms_sum_to_one(tally: Tally) -> None:
    assert tally.win_rate + tally.turned.win_rate == pytest.approx(1)
    assert tally.turned.turned == tally
    assert tally.wins / tally.votes <= tally.win_rate <= 1 - tally.losses / tally.votes + 1e-12


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1))
def test_the_rate_is_the_mean_score(scores: list[float]) -> None:
    tally = tally_of(scores)
    assert tally.votes == len(scores)
    assert tally.win_rate == pytest.approx(np.mean(scores))


@given(SHARES, st.integers(1, 10**6))
def test_wilson_ends_where_the_share_is_just_not_surprising(share: float, votes: int) -> None:
    interval = wilson(share, votes)
    assert 0 <= interval.low <= share <= interval.high <= 1
    for end in (interval.low, interval.high):
        surprise = (share - end) ** 2 - Z95**2 * end * (1 - end) / votes
        assert surprise == pytest.approx(0, abs=1e-9)


@given(SHARES, st.integers(1, 10**6))
def test_wilson_is_the_same_from_the_other_side(share: float, votes: int) -> None:
    ours, theirs = wilson(share, votes), wilson(1 - share, votes)
    assert ours.low == pytest.approx(1 - theirs.high, abs=1e-12)
    assert wilson(share, votes + 1).half_width < ours.half_width


def test_wilson_covers_the_truth_in_19_of_20_cases() -> None:
    votes, covered = 60, []
    intervals = [wilson(wins / votes, votes) for wins in range(votes + 1)]
    for truth in np.linspace(0.05, 0.95, 91):
        chances = [
            math.comb(votes, wins) * truth**wins * (1 - truth) ** (votes - wins)
            for wins in range(votes + 1)
        ]
        inside = [interval.low <= truth <= interval.high for interval in intervals]
        covered.append(np.dot(chances, inside))
    assert min(covered) > 0.91
    assert np.mean(covered) == pytest.approx(0.95, abs=0.01)


@given(st.floats(0.002, 0.45), SHARES)
def test_votes_for_a_half_width_are_the_fewest(half_width: float, share: float) -> None:
    votes = votes_for(half_width, share)
    assert wilson(share, votes).half_width <= half_width + 1e-6
    if votes > 1:
        assert wilson(share, votes - 1).half_width > half_width - 1e-6


@given(TALLIES, st.floats(0.002, 0.45))
def test_missing_votes_are_what_is_left(tally: Tally, half_width: float) -> None:
    wanted = votes_for(half_width, tally.win_rate)
    assert votes_missing(tally, half_width) == max(0, wanted - tally.votes)
    assert votes_for(half_width, tally.win_rate) <= votes_for(half_width)
    assert votes_missing(Tally(0, 0, 0), half_width) == votes_for(half_width)
