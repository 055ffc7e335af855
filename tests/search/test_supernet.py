from dataclasses import replace

import pytest
import torch

from stereopsis.nets.subsample import subsample
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.inherit import embed, inherit
from stereopsis.search.space import Candidate
from stereopsis.search.supernet import MaskedTrunk
from stereopsis.search.trunk_space import parse_space
from tests.search.spaces import SPACE, draws, masked_trunk, mix_of


@pytest.mark.parametrize("candidate", draws(SPACE, 12))
@torch.inference_mode()
def test_one_hot_it_is_the_network_cut_out_of_it(candidate: Candidate) -> None:
    supernet = masked_trunk(SPACE)
    supernet.weigh(mix_of(SPACE, candidate))
    options = SPACE.space().describe(candidate)
    cut_out = build_trunk(SPACE.derive(options)).eval()
    inherit(cut_out, supernet, options, (torch.zeros(1, 3, 48, 48),))
    image = torch.randn(2, 3, 24, 40)
    for own, masked in zip(cut_out(image), supernet(image), strict=True):
        used = own.shape[1]
        torch.testing.assert_close(masked[:, :used], own, rtol=1e-6, atol=2e-6)
        assert not masked[:, used:].any()


@pytest.mark.parametrize("candidate", draws(SPACE, 6, seed=2))
@torch.inference_mode()
def test_a_network_embedded_in_it_is_what_it_is_one_hot(candidate: Candidate) -> None:
    supernet = masked_trunk(SPACE)
    options = SPACE.space().describe(candidate)
    network = build_trunk(SPACE.derive(options)).eval()
    supernet.weigh(mix_of(SPACE, candidate))
    image = torch.randn(2, 3, 24, 40)
    expected = network(image)
    assert not torch.allclose(supernet(image)[-1][:, : expected[-1].shape[1]], expected[-1])
    embed(network, supernet, options, (torch.zeros(1, 3, 24, 40),))
    for own, masked in zip(expected, supernet(image), strict=True):
        torch.testing.assert_close(masked[:, : own.shape[1]], own, rtol=1e-6, atol=2e-6)


@torch.inference_mode()
def test_filters_of_other_sizes_start_as_those_that_are_known() -> None:
    space = parse_space("conv_k3_s2_c8\nir_k3,5,7_s1_e2_c8_n2")
    supernet = MaskedTrunk(space)
    options = {"1.0.kernel": 5, "1.1.kernel": 7}
    network = build_trunk(space.derive(options))
    embed(network, supernet, options, (torch.zeros(1, 3, 24, 40),))
    first, second = supernet.stages[1][0].filters, supernet.stages[1][1].filters
    known = network.stages[1][0].filter.conv.weight
    assert torch.equal(first["3"].conv.weight, known[..., 1:4, 1:4])
    assert torch.equal(first["7"].conv.weight[..., 1:6, 1:6], known)
    assert first["7"].conv.weight.abs().sum() == known.abs().sum()  # the rim is 0
    assert torch.equal(second["3"].conv.weight, second["7"].conv.weight[..., 2:5, 2:5])
    assert torch.equal(second["3"].norm.weight, second["7"].norm.weight)


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


@pytest.mark.parametrize("sides", [(24, 32, 48), (24, 40), (31,)])
@torch.inference_mode()
def test_at_one_of_its_resolutions_features_are_those_of_the_small_picture(
    sides: tuple[int, ...],
) -> None:
    space = replace(SPACE, resolutions=sides)
    supernet = masked_trunk(space)
    candidate = draws(space, 1)[0]
    image = torch.randn(1, 3, 48, 48)
    for i, side in enumerate(sides):
        candidate = (i, *candidate[1:]) if len(sides) > 1 else candidate
        options = space.space().describe(candidate)
        cut_out = build_trunk(space.derive(options)).eval()
        assert cut_out.resolution == side
        inherit(cut_out, supernet, options, (torch.zeros(1, 3, 48, 48),))
        small = cut_out.features(subsample(image, (side, side)))
        supernet.weigh(mix_of(space, candidate))
        for own, small_own, masked in zip(cut_out(image), small, supernet(image), strict=True):
            placed = masked[:, : own.shape[1]]
            torch.testing.assert_close(placed, own, rtol=1e-5, atol=1e-5)
            size = (small_own.shape[-2], small_own.shape[-1])
            gain = placed.shape[-2] * placed.shape[-1] / (size[0] * size[1])
            kept = subsample(placed, size) / gain
            torch.testing.assert_close(kept, small_own, rtol=1e-5, atol=1e-5)
            means = placed.mean((2, 3)), small_own.mean((2, 3))
            torch.testing.assert_close(*means, rtol=1e-4, atol=1e-5)
