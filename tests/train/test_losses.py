import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.train.losses import (
    FARTHEST,
    NEAREST,
    gradient_difference,
    mean_over,
    normalise,
    normalise_target,
    ordinal,
    surprise,
    trimmed_l1,
)


def maps(seed: int = 0, n: int = 2) -> torch.Tensor:
    return torch.rand(n, 24, 32, generator=torch.Generator().manual_seed(seed))


def everywhere(like: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(like, dtype=torch.bool)


@given(st.floats(0.1, 100), st.floats(-50, 50))
def test_scale_and_shift_change_nothing(scale: float, shift: float) -> None:
    x = maps()
    expected = normalise(x, everywhere(x))
    torch.testing.assert_close(
        normalise(scale * x + shift, everywhere(x)), expected, atol=0.01, rtol=0
    )


def test_normalised_maps_have_median_0_and_mean_deviation_1() -> None:
    x = normalise(maps(), everywhere(maps()))
    torch.testing.assert_close(x.flatten(1).median(1).values, torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(x.abs().mean((1, 2)), torch.ones(2))


def test_unknown_pixels_change_no_loss() -> None:
    prediction, target = maps(1), maps(2)
    valid = maps(3) > 0.4
    kept = torch.tensor([1.0, 0.8])

    def losses(target: torch.Tensor) -> torch.Tensor:
        normal, guess = normalise_target(target, valid), normalise(prediction, valid)
        pairs = torch.Generator().manual_seed(0)
        return torch.stack(
            [
                trimmed_l1(guess, normal, valid, kept),
                gradient_difference(guess, normal, valid),
                ordinal(guess, normal, valid, pairs),
            ]
        )

    torch.testing.assert_close(losses(target), losses(torch.where(valid, target, 1e6)))


def test_a_perfect_guess_costs_nothing_and_orders_all_pairs() -> None:
    x = normalise(maps(), everywhere(maps()))
    valid = everywhere(x)
    assert trimmed_l1(x, x, valid, torch.ones(2)).max() == 0
    assert gradient_difference(x, x, valid).max() == 0
    right, wrong = (ordinal(guess, x, valid, torch.Generator().manual_seed(0)) for guess in (x, -x))
    assert (right < 0.2).all()
    assert (wrong > 1).all()


def test_trimming_ignores_the_gradient_of_the_largest_differences() -> None:
    target = torch.zeros(1, 10, 10)
    prediction = torch.full((1, 10, 10), 0.1)
    prediction[0, 0] = 5.0  # a tenth of the pixels is far off
    prediction.requires_grad_()
    trimmed_l1(prediction, target, everywhere(target), torch.tensor([0.8])).sum().backward()
    assert prediction.grad is not None
    assert (prediction.grad[0, 0] == 0).all()
    assert (prediction.grad[0, 1:] > 0).all()
    trimmed_l1(prediction, target, everywhere(target), torch.tensor([1.0])).sum().backward()
    assert (prediction.grad[0, 0] > 0).all()


def test_edges_in_the_wrong_place_cost_more_than_a_wrong_level() -> None:
    target = torch.zeros(1, 16, 16)
    target[:, :, 8:] = 1
    valid = everywhere(target)
    assert gradient_difference(target + 0.5, target, valid).item() == pytest.approx(0)
    assert gradient_difference(target.roll(2, dims=2), target, valid).item() > 0.1


def test_outliers_of_the_target_are_bounded() -> None:
    x = maps()
    x[:, :2, :2] = 1e4
    x[:, 4:6, :2] = -1e4
    bounded = normalise_target(x, everywhere(x))
    assert bounded.max() <= NEAREST
    assert bounded.min() >= FARTHEST


def test_a_frame_without_known_pixels_costs_nothing() -> None:
    x = maps()
    nothing = torch.zeros_like(x, dtype=torch.bool)
    guess = normalise(x, nothing)
    assert trimmed_l1(guess, guess + 1, nothing, torch.ones(2)).max() == 0
    assert mean_over(x, nothing).max() == 0


def test_the_true_mean_error_surprises_least_and_teaches_the_prediction_nothing() -> None:
    target, valid = maps(), everywhere(maps())
    prediction = (target + 0.3).requires_grad_()
    expected = torch.full_like(target, 0.3)
    least = surprise(expected, prediction, target, valid)
    for factor in (0.5, 0.9, 1.1, 2.0):
        assert (surprise(factor * expected, prediction, target, valid) > least).all()
    assert not least.requires_grad
