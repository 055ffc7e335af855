from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.stereo import (
    SMALLEST_ERROR_PX,
    StereoConfig,
    StereoDepth,
    add_channels,
    correlate,
    correlate_rows,
    count_votes,
    expected_px,
    pick,
    shift_by,
    softplus,
    upsample_convex,
)
from stereopsis.nets.unet import UNetConfig

TINY = StereoConfig(
    UNetConfig(
        parse_architecture(
            "conv_k3_s2_c4\nir_k3_s2_e2_c4\nir_k3_s2_e2_c6\nir_k3_s2_e2_c8\nir_k3_s2_e2_c8"
        ),
        (8, 8, 8, 8, 8),
        context=4,
    ),
    described=(4, 4, 4, 4),
)
SHIFTS = TINY.shifts(8)


@pytest.fixture
def network() -> StereoDepth:
    torch.manual_seed(0)
    return StereoDepth(TINY).eval()


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def eyes(*size: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    left, right = torch.randint(0, 256, (2, 2, *size, 3), dtype=torch.uint8, generator=generator)
    return left, right


def shifted(features: Tensor, px: int) -> Tensor:
    """Features seen at x - px, one by one; 0 outside."""
    moved = torch.zeros_like(features)
    width = features.shape[-1]
    for x in range(width):
        if 0 <= x - px < width:
            moved[..., x] = features[..., x - px]
    return moved


@settings(max_examples=25)
@given(st.lists(st.integers(-12, 12), min_size=1, max_size=6))
def test_correlation_is_the_product_with_what_lies_at_each_shift(shifts: list[int]) -> None:
    left, right = noise(2, 3, 4, 9), noise(2, 3, 4, 9, seed=1)
    found = correlate(left, right, shifts)
    assert found.shape == (2, len(shifts), 4, 9)
    for channel, px in zip(found.unbind(1), shifts, strict=True):
        torch.testing.assert_close(channel, (left * shifted(right, px)).sum(1))


@settings(max_examples=25)
@given(st.integers(-12, 0), st.integers(0, 12), st.integers(1, 9))
def test_products_of_whole_rows_are_the_same_correlation(least: int, most: int, width: int) -> None:
    left, right = noise(2, 3, 4, width), noise(2, 3, 4, width, seed=1)
    shifts = range(least, most + 1)
    found = correlate_rows(left, right, shifts)
    torch.testing.assert_close(found, correlate(left, right, shifts), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shifts", [range(1, 5), range(-5, 0), range(-4, 5, 2)])
def test_products_of_rows_need_a_range_about_zero(shifts: range) -> None:
    with pytest.raises(AssertionError):
        correlate_rows(noise(1, 2, 3, 8), noise(1, 2, 3, 8), shifts)


def test_sums_stay_exact_while_training_in_half_precision() -> None:
    left, right = noise(1, 24, 3, 8), noise(1, 24, 3, 8, seed=1)
    exact = correlate(left, right, range(-2, 3))
    with torch.autocast("cpu", torch.bfloat16):
        for way in (correlate, correlate_rows):
            torch.testing.assert_close(way(left, right, range(-2, 3)), exact, atol=1e-5, rtol=1e-5)


def test_sums_over_channels() -> None:
    features = noise(2, 5, 3, 4)
    torch.testing.assert_close(add_channels(features), features.sum(1, keepdim=True))


@given(st.floats(-1e4, 1e4, width=32))
def test_softplus_is_that_of_torch(value: float) -> None:
    x = torch.tensor([value])
    torch.testing.assert_close(softplus(x), functional.softplus(x), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 0.0])
def test_features_are_compared_at_length_one(network: StereoDepth, scale: float) -> None:
    features = scale * noise(2, 4, 3, 5)
    plain = functional.normalize(network.describe[1](features), dim=1)
    found = network._described(features, 1)
    torch.testing.assert_close(found, plain, atol=1e-5, rtol=1e-5)


@given(st.integers(-12, 12))
def test_whole_shifts_move_features_and_leave_nothing_outside(px: int) -> None:
    features = noise(2, 3, 4, 9)
    disparity = torch.full((2, 1, 4, 9), float(px))
    torch.testing.assert_close(
        shift_by(features, disparity), shifted(features, px), atol=1e-5, rtol=1e-5
    )


def test_half_shifts_are_the_mean_of_both_neighbours() -> None:
    features = noise(1, 2, 3, 8)
    found = shift_by(features, torch.full((1, 1, 3, 8), 2.5))
    expected = (shifted(features, 2) + shifted(features, 3)) / 2
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_every_pixel_has_its_own_shift() -> None:
    features, disparity = noise(1, 2, 3, 8), torch.arange(24.0).reshape(1, 1, 3, 8) % 5 - 2
    found = shift_by(features, disparity)
    for px in range(-2, 3):
        where = (disparity == px).expand_as(found)
        expected = shifted(features, px)[where]
        torch.testing.assert_close(found[where], expected, atol=1e-5, rtol=1e-5)


@given(st.floats(8 * SHIFTS.start, 8 * (SHIFTS.stop - 1)), st.integers(0, 16))
def test_votes_are_shared_by_the_two_nearest_shifts(guess: float, count: int) -> None:
    sure = torch.zeros(16)
    sure[:count] = 1
    votes = count_votes(torch.full((1, 1, 4, 4), guess), sure.reshape(1, 1, 4, 4), SHIFTS)
    assert votes.shape == (1, len(SHIFTS), 1, 1)
    assert votes.sum().item() == pytest.approx(count / 16, abs=1e-4)
    assert (votes > 1e-6).sum() <= 2
    if count:
        centers = 8.0 * torch.arange(SHIFTS.start, SHIFTS.stop)
        mean = (votes.flatten() * centers).sum() / votes.sum()
        assert mean.item() == pytest.approx(guess, abs=1e-2)


def test_guesses_beyond_the_search_have_no_vote() -> None:
    for guess in (8 * SHIFTS.start - 8.0, 8 * SHIFTS.stop + 0.0, 1e6):
        votes = count_votes(torch.full((1, 1, 4, 4), guess), torch.ones(1, 1, 4, 4), SHIFTS)
        assert (votes == 0).all()


def test_the_expected_shift_follows_the_scores() -> None:
    scores = torch.zeros(1, len(SHIFTS), 2, 3)
    middle = 4.0 * (SHIFTS.start + SHIFTS.stop - 1)
    torch.testing.assert_close(expected_px(scores, SHIFTS), torch.full((1, 1, 2, 3), middle))
    uneven = 30 * noise(2, len(SHIFTS), 2, 3)
    centers = 8.0 * torch.arange(SHIFTS.start, SHIFTS.stop)[:, None, None]
    mean = (uneven.softmax(1) * centers).sum(1, keepdim=True)
    torch.testing.assert_close(expected_px(uneven, SHIFTS), mean, atol=1e-5, rtol=1e-5)
    scores[:, 7] = 1e3
    found = expected_px(scores, SHIFTS)
    torch.testing.assert_close(found, torch.full((1, 1, 2, 3), 8.0 * SHIFTS[7]))


def test_every_fine_pixel_is_a_softmax_mix_of_nine_coarse_ones() -> None:
    coarse, weights = noise(2, 1, 3, 4), 5 * noise(2, 36, 3, 4, seed=1)
    shares = weights.reshape(2, 4, 9, 3, 4).softmax(2)
    found = upsample_convex(coarse, weights)
    assert found.shape == (2, 1, 6, 8)
    for y in range(6):
        for x in range(8):
            near = [
                coarse[:, 0, min(max(y // 2 + dy, 0), 2), min(max(x // 2 + dx, 0), 3)]
                for dy in (-1, 0, 1)
                for dx in (-1, 0, 1)
            ]
            share = shares[:, 2 * (y % 2) + x % 2, :, y // 2, x // 2]
            torch.testing.assert_close(found[:, 0, y, x], (torch.stack(near, 1) * share).sum(1))


def test_extreme_weights_stay_finite() -> None:
    found = upsample_convex(noise(1, 1, 3, 4), 1e4 * noise(1, 36, 3, 4, seed=1))
    assert found.isfinite().all()


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_picking_takes_one_pixel_of_each_block_as_it_is(stride: int) -> None:
    maps = torch.arange(16.0 * 24).reshape(1, 1, 16, 24)
    picked = pick(maps, stride)
    assert picked.shape == (1, 1, 16 // stride, 24 // stride)
    assert picked[0, 0, 1, 1] == maps[0, 0, stride + stride // 2, stride + stride // 2]


@pytest.mark.parametrize("size", [(32, 64), (64, 32), (96, 160)])
def test_answers_at_the_size_of_the_pictures(network: StereoDepth, size: tuple[int, int]) -> None:
    guess, sure = torch.zeros(2, *size), torch.ones(2, *size)
    disparity, error = network(*eyes(*size), guess, sure)
    assert disparity.shape == error.shape == (2, *size)
    assert disparity.dtype == error.dtype == torch.float32
    assert error.min() >= SMALLEST_ERROR_PX
    strides = [size[1] // found.shape[-1] for found in network.levels(*eyes(*size), guess, sure)]
    assert strides == [8, 4, 2, 1, 1]


def answer(network: StereoDepth, guess_px: float, sure: float) -> Tensor:
    """The disparity of noise that a matcher says lies at `guess_px`."""
    maps = (torch.full((2, 64, 96), value) for value in (guess_px, sure))
    with torch.inference_mode():
        found: Tensor = network(*eyes(64, 96), *maps)[0]
    return found


@pytest.mark.parametrize("guess_px", [-20.0, 0.0, 50.0, 180.0])
def test_a_fresh_network_answers_about_the_guess(network: StereoDepth, guess_px: float) -> None:
    own = answer(network, guess_px, sure=0)
    told = answer(network, guess_px, sure=1)
    assert (told - guess_px).abs().mean() < 0.25 * (own - guess_px).abs().mean() + 6


def test_guesses_of_which_nothing_is_sure_do_not_count(network: StereoDepth) -> None:
    torch.testing.assert_close(answer(network, 3.0, sure=0), answer(network, 150.0, sure=0))


def test_at_first_it_sees_what_the_mono_network_sees() -> None:
    """The new layers change none of the features that both have."""
    torch.manual_seed(0)
    network, mono = StereoDepth(TINY).eval(), MonoDepth(TINY.unet).eval()
    known = network.state_dict()
    shared = {name: value for name, value in known.items() if name in mono.state_dict()}
    mono.load_state_dict(shared, strict=False)
    seen: dict[str, list[Tensor]] = {"stereo": [], "mono": []}

    def keep(name: str) -> Callable[..., None]:
        return lambda module, inputs, output: seen[name].append(output)

    network.fusions[-1].register_forward_hook(keep("stereo"))
    mono.fusions[-1].register_forward_hook(keep("mono"))
    left, right = eyes(64, 96)
    with torch.inference_mode():
        network(left, right, torch.zeros(2, 64, 96), torch.ones(2, 64, 96))
        mono(left)
    torch.testing.assert_close(seen["stereo"][0], seen["mono"][0], rtol=1e-3, atol=1e-4)


def test_the_eyes_matter_once_the_volumes_are_seen(network: StereoDepth) -> None:
    for layer in network.see:
        torch.nn.init.normal_(layer.weight)
    left, right = eyes(64, 96)
    nothing = torch.zeros(2, 64, 96)
    with torch.inference_mode():
        one, other = (network(left, each, nothing, nothing)[0] for each in (right, left))
    assert (one - other).abs().mean() > 0.1


def test_every_layer_learns_once_the_volumes_are_seen() -> None:
    torch.manual_seed(0)
    network = StereoDepth(TINY).train()
    for layer in network.see:
        torch.nn.init.normal_(layer.weight)
    guess = 20 * torch.rand(2, 64, 96)
    *found, error = network.levels(*eyes(64, 96), guess, (guess > 5).float())
    loss = sum(((each - 7) ** 2).mean() for each in found) + ((error - 3) ** 2).mean()
    assert isinstance(loss, Tensor)
    loss.backward()
    still = [
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert still == []


def test_impossible_searches_are_our_own_bug() -> None:
    for limits in ({"least_px": -30}, {"most_px": 100}, {"least_px": 16}):
        with pytest.raises(AssertionError):
            replace(TINY, **limits)
    with pytest.raises(AssertionError):
        StereoDepth(replace(TINY, unet=UNetConfig(
            parse_architecture("conv_k3_s2_c4\nir_k3_s2_e2_c6"), (8, 6), 4)))  # fmt: skip


def test_the_released_network_keeps_its_budget() -> None:
    size = 192, 256
    pictures = (torch.zeros(1, *size, 3) for _ in range(2))
    maps = (torch.zeros(1, *size) for _ in range(2))
    cost = measure_cost(StereoDepth(StereoConfig()).eval(), *pictures, *maps)
    assert cost.params <= 5_500_000
    assert cost.flops <= 2_500_000_000
