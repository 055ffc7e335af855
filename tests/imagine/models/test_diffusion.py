from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stereopsis.errors import OptionError
from stereopsis.imagine.models import pixel
from stereopsis.imagine.models.diffusion import MOST_WEIGHT, NoiseConfig, draw_noise
from stereopsis.imagine.models.fourier import frequencies_of, lift
from stereopsis.imagine.models.generator import Embedded, Generator, SampleConfig, join
from stereopsis.imagine.models.masked import MaskedConfig, build_masked, call_uvit
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.models.pixel import PixelConfig, build_pixel, call_on_patches
from stereopsis.imagine.models.pixels import to_pictures, to_signal
from tests.imagine.models.tiny import (
    UNET,
    WordReader,
    tiny_autoencoder,
    tiny_latent,
    tiny_masked,
    tiny_pixel,
)


def test_the_offset_is_the_same_all_over_a_channel() -> None:
    plain, offset = (
        draw_noise((2, 3, 8, 8), amount, torch.Generator().manual_seed(1)) for amount in (0.0, 0.5)
    )
    added = offset - plain
    assert torch.allclose(added, added[..., :1, :1].expand_as(added), atol=1e-6)
    assert added.std() > 0.05


def test_pictures_and_signals_are_inverse() -> None:
    pictures = torch.from_numpy(np.arange(192, dtype=np.uint8).reshape(1, 8, 8, 3))
    assert torch.equal(to_pictures(to_signal(pictures)), pictures)


def test_what_a_model_can_draw_at_best_is_the_picture_or_near_it() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    for model in (tiny_pixel(), tiny_latent(), tiny_masked()):
        given = np.ascontiguousarray(pictures[:, : model.side, : model.side])
        drawn = model.as_drawn(given)
        assert drawn.shape == given.shape and drawn.dtype == np.uint8
        assert np.array_equal(model.as_drawn(drawn[:1]), model.as_drawn(drawn)[:1])
    assert np.array_equal(tiny_pixel().as_drawn(given), given)


@pytest.mark.parametrize("make", [tiny_pixel, tiny_latent, tiny_masked])
def test_a_picture_drawn_again_is_nearer_the_weaker(make: Callable[[], Generator]) -> None:
    model = make()
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (4, model.side, model.side, 3), np.uint8)
    given, config = torch.from_numpy(pictures), SampleConfig(8, 1.0)

    def redrawn(strength: float, rows: slice = slice(None)) -> np.ndarray:
        seeds = range(4)[rows]
        again = model.redraw(given[rows], ["red apple"] * len(seeds), seeds, strength, config)
        assert again.dtype == torch.uint8 and again.shape == given[rows].shape
        return again.numpy().astype(float)

    at_best = model.as_drawn(pictures)
    assert np.array_equal(redrawn(0.0), at_best)
    off = [np.abs(redrawn(strength) - at_best).mean() for strength in (0.25, 1.0)]
    assert 0 < off[0] < off[1]
    assert np.abs(redrawn(0.5)[1:2] - redrawn(0.5, slice(1, 2))).max() <= 1
    with pytest.raises(OptionError, match="Choose 0 to 1"):
        redrawn(1.5)


@pytest.mark.parametrize("target", ["sample", "v_prediction"])
def test_an_error_weighs_as_that_of_v(target: Literal["sample", "v_prediction"]) -> None:
    noise = NoiseConfig(beta_schedule="squaredcos_cap_v2", target=target)
    model = build_pixel(PixelConfig(UNET, noise, patch=2), WordReader(), 8)
    encoded, off = torch.zeros(4, 3, 8, 8), list[float]()
    shares = model._parts.schedule.alphas_cumprod

    def almost(network: nn.Module, noisy: Tensor, times: Tensor, embedded: Embedded) -> Tensor:
        """The picture but for 0.1, also as the v that it amounts to."""
        kept = shares[times].reshape(-1, 1, 1, 1)
        off.extend((0.01 / (1 - kept).clamp(min=1 / MOST_WEIGHT)).flatten().tolist())
        if target == "sample":
            return torch.full_like(noisy, 0.1)
        return (kept.sqrt() * noisy - 0.1) / (1 - kept).sqrt()

    model._parts = replace(model._parts, call=almost)
    rng = torch.Generator().manual_seed(2)
    loss = model.loss(model.network, encoded, model.embed(["red apple"] * 4), rng)
    assert max(off) < 0.01 * MOST_WEIGHT, "the draw tries no limit"
    assert loss.item() == pytest.approx(np.mean(off), rel=1e-4)


def test_no_two_places_look_alike_to_a_masked_model() -> None:
    """Not even while all codes are hidden, or it could draw no shapes."""
    torch.manual_seed(0)
    network = build_masked(MaskedConfig(), tiny_autoencoder(32), WordReader(), 16).network.eval()
    hidden, words = torch.full((1, 8, 8), 32), WordReader().embed(["red apple"])
    pooled = Embedded(words.states, words.mask, {"text_embeds": words.states.mean(1)})
    with torch.no_grad():
        logits = call_uvit(network, hidden, pooled, 16).flatten(2)[0]
    apart = torch.cdist(logits.T, logits.T) + 1e9 * torch.eye(64)
    assert apart.min() > 1e-5 * logits.norm(dim=0).mean()


def test_a_unet_sees_patches_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list[Tensor]()

    def echo(network: nn.Module, noisy: Tensor, times: Tensor, embedded: Embedded) -> Tensor:
        seen.append(noisy)
        return noisy

    monkeypatch.setattr(pixel, "call_unet", echo)
    given = torch.arange(2 * 3 * 8 * 8.0).reshape(2, 3, 8, 8)
    nothing = Embedded(torch.empty(2, 0, 1), torch.empty(2, 0, dtype=torch.bool))
    answer = call_on_patches(4)(nn.Identity(), given, torch.zeros(2), nothing)
    assert torch.equal(answer, given)
    assert seen[0].shape == (2, 48, 2, 2)
    assert set(seen[0][0, :16, 0, 1].tolist()) == set(given[0, 0, :4, 4:].flatten().tolist())


@pytest.mark.parametrize("patch", [1, 2])
def test_patches_are_known_again_from_the_folder(patch: int, tmp_path: Path) -> None:
    model = build_pixel(PixelConfig(UNET, patch=patch), WordReader(), 8)
    model.save(tmp_path)
    again = open_generator(tmp_path, WordReader())
    drawn, redrawn = (each.sample(["red apple"], [3]) for each in (model, again))
    assert torch.equal(drawn, redrawn)


def test_pictures_that_cannot_be_cut_into_patches_are_refused() -> None:
    with pytest.raises(OptionError, match="30 px cannot be cut into patches of 4 px"):
        build_pixel(PixelConfig(UNET), WordReader(), 30)


def test_all_steps_of_a_model_are_taken_once_and_none_more() -> None:
    model, heard = tiny_pixel(), list[int]()
    call = model._parts.call

    def listening(network: nn.Module, noisy: Tensor, times: Tensor, embedded: Embedded) -> Tensor:
        heard.append(int(times[0]))
        assert len(times) == len(noisy) == 2 and (times == times[0]).all()
        return call(network, noisy, times, embedded)

    model._parts = replace(model._parts, call=listening)
    picture = model.sample(["red apple"], [0], SampleConfig(61))
    whole = list(heard)
    assert len(whole) == 61 and whole[0] == 999 and min(whole) >= 0
    heard.clear()
    model.redraw(picture, ["red apple"], [0], 0.5, SampleConfig(61))
    assert heard == whole[-len(heard) :] and len(heard) == 30


def test_lifting_keeps_the_picture_in_front() -> None:
    pictures = torch.rand(2, 3, 4, 4) * 2 - 1
    lifted = lift(pictures, 4)
    assert lifted.shape == (2, 27, 4, 4) and torch.equal(lifted[:, :3], pictures)
    assert lifted.abs().max() <= 1 and frequencies_of(27) == 4
    assert torch.equal(lift(pictures, 0), pictures) and frequencies_of(3) == 0


def test_joined_captions_are_padded() -> None:
    short = Embedded(torch.ones(1, 2, 3), torch.ones(1, 2, dtype=torch.bool))
    long = Embedded(torch.ones(1, 4, 3), torch.ones(1, 4, dtype=torch.bool))
    both = join([short, long])
    assert both.mask.tolist() == [[True, True, False, False], [True] * 4]
    assert both.states[0, 2:].abs().max() == 0
