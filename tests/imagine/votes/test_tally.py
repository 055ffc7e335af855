import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.votes.tally import (
    Z95,
    Tally,
    clustered_interval,
    tally_of,
    votes_for,
    votes_missing,
    wilson,
)

COUNTS = st.integers(0, 10_000)
TALLIES = st.builds(Tally, COUNTS, COUNTS, COUNTS).filter(lambda tally: tally.votes > 0)
SHARES = st.floats(0, 1)
VOTED = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from("uvwxyz")), min_size=1, max_size=40
)


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


@given(VOTED)
def test_clusters_say_the_same_turned_renamed_or_doubled(voted: list[tuple[float, str]]) -> None:
    scores, prompts = np.array([score for score, _ in voted]), [name for _, name in voted]
    interval = clustered_interval(scores, prompts)
    turned = clustered_interval(1 - scores, prompts)
    assert turned.low == pytest.approx(1 - interval.high)
    assert turned.high == pytest.approx(1 - interval.low)
    assert clustered_interval(scores, [f"a {name}" for name in prompts]) == interval
    doubled = clustered_interval(np.tile(scores, 2), prompts * 2)
    assert doubled.low == pytest.approx(interval.low), "votes of one prompt are no new evidence"
    assert doubled.high == pytest.approx(interval.high)


def test_one_cluster_says_nothing_of_others() -> None:
    interval = clustered_interval(np.ones(50), ["x"] * 50)
    assert (interval.low, interval.high) == (0, 1)


def test_clusters_of_one_vote_agree_with_wilson() -> None:
    scores = np.array([1.0] * 260 + [0.0] * 140)
    interval = clustered_interval(scores, [str(place) for place in range(400)])
    plain = wilson(0.65, 400)
    assert interval.low == pytest.approx(plain.low, abs=0.006)
    assert interval.high == pytest.approx(plain.high, abs=0.006)


def test_votes_that_hang_together_widen_the_interval() -> None:
    scores = np.repeat([1.0, 0.0] * 10, 20)
    interval = clustered_interval(scores, [str(place // 20) for place in range(400)])
    assert interval.half_width > 3 * wilson(0.5, 400).half_width
