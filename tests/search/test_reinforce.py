import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stereopsis.search.reinforce import (
    Draws,
    draw_masks,
    estimate_gradient,
    importance_weights,
    log_likelihood,
    mean_of_others,
    probabilities,
)
from stereopsis.studies.gradients import (
    all_masks,
    study_gradient,
    true_gradient,
)

TASKS, PARTS = 3, 6
logits = arrays(np.float64, (TASKS, PARTS), elements=st.floats(-3, 3, width=32))
losses = arrays(np.float64, (2**PARTS, TASKS), elements=st.floats(-5, 5, width=32))


@given(logits)
def test_each_distribution_sums_to_one(spread: np.ndarray) -> None:
    masks = all_masks(PARTS)
    own = np.exp(log_likelihood(spread, masks))
    np.testing.assert_allclose(own.sum(0), 1)
    on = np.einsum("mt,mp->tp", own, masks)
    np.testing.assert_allclose(on, probabilities(spread), atol=1e-9)


@given(logits)
def test_weights_turn_the_mean_distribution_into_each_tasks_own(spread: np.ndarray) -> None:
    masks = all_masks(PARTS)
    own = np.exp(log_likelihood(spread, masks))
    weights = importance_weights(spread, masks)
    np.testing.assert_allclose(own.mean(1)[:, None] * weights, own, atol=1e-12)
    assert weights.max() <= TASKS + 1e-9


@given(logits, losses)
def test_the_shared_estimate_is_unbiased(spread: np.ndarray, told: np.ndarray) -> None:
    assert study_gradient(spread, told).bias < 1e-9


@given(logits, losses)
def test_the_true_gradient_is_the_slope_of_the_expected_loss(
    spread: np.ndarray, told: np.ndarray
) -> None:
    step = 1e-5 * np.eye(PARTS)[0]
    sides = [
        (np.exp(log_likelihood(spread + sign * step, all_masks(PARTS))) * told).sum(0)
        for sign in (1, -1)
    ]
    slope = (sides[0] - sides[1]) / 2e-5
    np.testing.assert_allclose(true_gradient(spread, told)[:, 0], slope, atol=1e-6)


def test_cut_weights_are_biased_and_say_less_wildly() -> None:
    rng = np.random.default_rng(0)
    spread, told = 2 * rng.standard_normal((TASKS, PARTS)), rng.random((2**PARTS, TASKS))
    free, cut = study_gradient(spread, told), study_gradient(spread, told, 0.3)
    assert free.bias < 1e-12 < 1e-3 < cut.bias
    assert cut.largest_weight < free.largest_weight


def test_equal_tasks_gain_as_many_times_as_there_are_tasks() -> None:
    rng = np.random.default_rng(0)
    spread = np.repeat(rng.standard_normal((1, PARTS)), TASKS, 0)
    assert study_gradient(spread, rng.random((2**PARTS, TASKS))).gain == pytest.approx(TASKS)


def test_what_is_drawn_with_its_own_baseline_meets_the_true_gradient() -> None:
    rng = np.random.default_rng(0)
    spread, told = rng.standard_normal((TASKS, PARTS)), 3 + rng.random((2**PARTS, TASKS))
    place = 2 ** np.arange(PARTS)
    estimates = []
    for _ in range(4000):
        drawn = draw_masks(spread, 3, rng)
        mine = told[drawn.masks @ place]
        estimates.append(estimate_gradient(spread, drawn, mine, mean_of_others(drawn, mine)))
    mean, error = np.mean(estimates, 0), np.std(estimates, 0) / np.sqrt(len(estimates))
    assert (np.abs(mean - true_gradient(spread, told)) < 4.5 * error).all()


def test_a_baseline_of_ones_own_loss_would_be_biased() -> None:
    rng = np.random.default_rng(0)
    spread, told = rng.standard_normal((TASKS, PARTS)), rng.random((2**PARTS, TASKS))
    masks = all_masks(PARTS)
    drawn = Draws(masks, importance_weights(spread, masks))
    assert not estimate_gradient(spread, drawn, told, told).any()
    assert np.abs(true_gradient(spread, told)).max() > 0.01


def test_one_mask_has_no_others() -> None:
    one = Draws(np.ones((1, PARTS), np.bool_), np.ones((1, TASKS)))
    assert not mean_of_others(one, np.full((1, TASKS), 7.0)).any()
    two = Draws(np.ones((2, PARTS), np.bool_), np.ones((2, TASKS)))
    told = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(mean_of_others(two, told), told[::-1])
