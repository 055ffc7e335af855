import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.votes.resampling import mean_interval
from stereopsis.imagine.votes.tally import wilson

VOTED = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from("uvwxyz")), min_size=1, max_size=40
)


@given(VOTED)
def test_clusters_say_the_same_turned_renamed_or_doubled(voted: list[tuple[float, str]]) -> None:
    scores, prompts = np.array([score for score, _ in voted]), [name for _, name in voted]
    interval = mean_interval(scores, prompts)
    turned = mean_interval(1 - scores, prompts)
    assert turned.low == pytest.approx(1 - interval.high)
    assert turned.high == pytest.approx(1 - interval.low)
    assert mean_interval(scores, [f"a {name}" for name in prompts]) == interval
    doubled = mean_interval(np.tile(scores, 2), prompts * 2)
    assert doubled.low == pytest.approx(interval.low), "votes of one prompt are no new evidence"
    assert doubled.high == pytest.approx(interval.high)


def test_one_cluster_says_nothing_of_others() -> None:
    interval = mean_interval(np.ones(50), ["x"] * 50)
    assert (interval.low, interval.high) == (0, 1)


def test_clusters_of_one_vote_agree_with_wilson() -> None:
    scores = np.array([1.0] * 260 + [0.0] * 140)
    interval = mean_interval(scores, [str(place) for place in range(400)])
    plain = wilson(0.65, 400)
    assert interval.low == pytest.approx(plain.low, abs=0.006)
    assert interval.high == pytest.approx(plain.high, abs=0.006)


def test_votes_that_hang_together_widen_the_interval() -> None:
    scores = np.repeat([1.0, 0.0] * 10, 20)
    interval = mean_interval(scores, [str(place // 20) for place in range(400)])
    assert interval.half_width > 3 * wilson(0.5, 400).half_width


def test_votes_that_all_agree_leave_the_doubt_of_so_many_prompts() -> None:
    interval = mean_interval(np.ones(6), ["x", "x", "y", "y", "z", "z"])
    assert interval == wilson(1.0, 3) and interval.low < 0.5
