from dataclasses import replace

import pytest
import torch

from stereopsis.nets.trunk import build_trunk
from stereopsis.search.inherit import inherit
from stereopsis.search.space import Candidate
from stereopsis.search.subsample import subsample
from tests.search.spaces import SPACE, draws, masked_trunk, mix_of


@pytest.mark.parametrize("candidate", draws(SPACE, 12))
@torch.inference_mode()
def test_one_hot_it_is_the_network_cut_out_of_it(candidate: Candidate) -> None:
    supernet = masked_trunk(SPACE)
    supernet.weigh(mix_of(SPACE, candidate))
    options = SPACE.space().describe(candidate)
    cut_out = build_trunk(SPACE.derive(options)).eval()
    inherit(cut_out, supernet, options)
    image = torch.randn(2, 3, 24, 40)
    for own, masked in zip(cut_out(image), supernet(image), strict=True):
        used = own.shape[1]
        torch.testing.assert_close(masked[:, :used], own, rtol=1e-6, atol=2e-6)
        assert not masked[:, used:].any()


@torch.inference_mode()
def test_another_network_than_the_one_weighed_answers_otherwise() -> None:
    first, second = draws(SPACE, 2)
    supernet = masked_trunk(SPACE)
    image = torch.randn(1, 3, 24, 40)
    supernet.weigh(mix_of(SPACE, first))
    one = supernet(image)[-1]
    supernet.weigh(mix_of(SPACE, second))
    assert not torch.allclose(one, supernet(image)[-1], atol=1e-3)


def test_every_choice_has_a_gradient() -> None:
    supernet = masked_trunk(SPACE)
    mix = {
        choice.name: torch.full((len(choice.options),), 1 / len(choice.options), requires_grad=True)
        for choice in SPACE.space().choices
    }
    supernet.weigh(mix)
    sum(features.square().mean() for features in supernet(torch.randn(1, 3, 24, 40))).backward()
    for name, weights in mix.items():
        assert weights.grad is not None and weights.grad.abs().sum() > 0, name


@torch.inference_mode()
def test_at_one_of_several_resolutions_features_are_those_of_the_small_picture() -> None:
    sides = (24, 32, 48)
    space = replace(SPACE, resolutions=sides)
    supernet = masked_trunk(space)
    candidate = draws(space, 1)[0]
    image = torch.randn(1, 3, 48, 48)
    for i, side in enumerate(sides):
        candidate = (i, *candidate[1:])
        options = space.space().describe(candidate)
        cut_out = build_trunk(space.derive(options)).eval()
        inherit(cut_out, supernet, options)
        small = cut_out(subsample(image, (side, side)))
        supernet.weigh(mix_of(space, candidate))
        for own, placed in zip(small, supernet(image), strict=True):
            size = (own.shape[-2], own.shape[-1])
            gain = placed.shape[-2] * placed.shape[-1] / (size[0] * size[1])
            kept = subsample(placed[:, : own.shape[1]], size) / gain
            torch.testing.assert_close(kept, own, rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(
                placed[:, : own.shape[1]].mean((2, 3)), own.mean((2, 3)), rtol=1e-4, atol=1e-5
            )
