import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stereopsis.errors import OptionError
from stereopsis.search.trials.pareto import draw_pareto, is_wide, pareto_front, points_of
from stereopsis.search.trials.store import Record
from stereopsis.search.trials.trial import make_trial
from tests.search.trials.finished import done, failed

few = st.integers(0, 4).map(float)  # so that many are equal


@st.composite
def figures(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n, k = draw(st.integers(0, 12)), draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(few, min_size=k + 1, max_size=k + 1), min_size=n, max_size=n))
    table = np.array(rows, float).reshape(n, k + 1)
    return table[:, :k], table[:, k]


def beats(costs: np.ndarray, scores: np.ndarray, i: int, j: int) -> bool:
    """The definition, word by word."""
    no_worse = all(costs[i] <= costs[j]) and scores[i] >= scores[j]
    better = any(costs[i] < costs[j]) or scores[i] > scores[j]
    return no_worse and better


@given(figures())
def test_the_front_is_who_nobody_beats(given_figures: tuple[np.ndarray, np.ndarray]) -> None:
    costs, scores = given_figures
    everyone = range(len(scores))
    expected = [not any(beats(costs, scores, i, j) for i in everyone) for j in everyone]
    assert pareto_front(costs, scores).tolist() == expected


@given(figures(), st.randoms())
def test_the_order_does_not_matter(given_figures: tuple[np.ndarray, np.ndarray], random) -> None:
    costs, scores = given_figures
    order = list(range(len(scores)))
    random.shuffle(order)
    mask = pareto_front(costs, scores)
    assert pareto_front(costs[order], scores[order]).tolist() == mask[order].tolist()


@given(figures())
def test_the_front_of_the_front_is_all_of_it(given_figures: tuple[np.ndarray, np.ndarray]) -> None:
    costs, scores = given_figures
    mask = pareto_front(costs, scores)
    assert mask.any() == (len(scores) > 0)
    assert pareto_front(costs[mask], scores[mask]).all()


def test_nan_has_no_place_on_a_front() -> None:
    with pytest.raises(AssertionError):
        pareto_front(np.array([[np.nan]]), np.array([1.0]))


RECORDS = [
    done({"x": 0}, 0.5, {"madds": 10.0}),
    failed({"x": 1}),
    done({"x": 2}, 0.4, {"madds": 20.0, "ms": 3.0}),
    Record(make_trial({"x": 3}), "running", (0.1,), None),
    done({"x": 4}, 0.6, {"madds": 200.0}),
]


def test_points_are_the_trials_that_are_done_and_have_the_cost() -> None:
    points = points_of(RECORDS, "madds")
    assert [(p.trial.settings["x"], p.cost, p.score, p.is_best) for p in points] == [
        (0, 10, 0.5, True),
        (2, 20, 0.4, False),
        (4, 200, 0.6, True),
    ]
    assert is_wide(points) and not is_wide(points[:2])
    assert [p.trial.settings["x"] for p in points_of(RECORDS, "ms")] == [2]
    assert points_of(RECORDS[1:2], "madds") == []


def test_an_unknown_cost_is_told_from_the_known_ones() -> None:
    with pytest.raises(OptionError, match=r"No trial has a cost named mads.*madds, ms"):
        points_of(RECORDS, "mads")
    with pytest.raises(OptionError, match="Let the objective return costs"):
        points_of([done({}, 0.5, {})], "madds")


@pytest.mark.parametrize("count", [0, 1, 5])
def test_draws_a_picture(count: int) -> None:
    png = draw_pareto(points_of(RECORDS[:count], "madds"), "madds")
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    red = (picture[..., 0] > 180) & (picture[..., 1:] < 80).all(-1)
    assert red.any() == (count > 0)  # the front
