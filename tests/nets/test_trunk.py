import pytest
import torch

from stereopsis.errors import OptionError, WeightsError
from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.trunk import EFFICIENTNET_LITE0, build_trunk, load_imagenet, tapped_stages

LINES = "conv_k3_s2_c8\nir_k5_s2_e2_c12\nir_k3_s2_e2_c16"


def test_features_halve_in_size() -> None:
    trunk = build_trunk(EFFICIENTNET_LITE0).eval()
    features = trunk(torch.zeros(1, 3, 64, 96))
    assert trunk.channels == (16, 24, 40, 112, 320)
    for level, (feature, channels) in enumerate(zip(features, trunk.channels, strict=True), 1):
        assert feature.shape == (1, channels, 64 >> level, 96 >> level)


@pytest.mark.parametrize("side", [1, 7, 8, 31, 33])
def test_at_a_resolution_it_costs_less_and_features_keep_their_sizes(side: int) -> None:
    trunk = build_trunk(parse_architecture(LINES)).eval()
    smaller = build_trunk(parse_architecture(f"res_{side}\n{LINES}")).eval()
    smaller.load_state_dict(trunk.state_dict())
    image = torch.randn(2, 3, 33, 33)
    with torch.inference_mode():
        for wanted, got in zip(trunk(image), smaller(image), strict=True):
            assert wanted.shape == got.shape
            assert torch.equal(wanted, got) == (side == 33)
    there = measure_cost(trunk, image[:, :, :side, :side])
    assert measure_cost(smaller, image) == there


@pytest.mark.parametrize("size", [(16, 16), (32, 48)])
def test_refuses_pictures_that_are_smaller_than_its_resolution(size: tuple[int, int]) -> None:
    trunk = build_trunk(parse_architecture(f"res_24\n{LINES}"))
    with pytest.raises(OptionError, match=f"{size[1]} x {size[0]} px cannot be shown at res_24"):
        trunk(torch.zeros(1, 3, *size))


def test_taps_the_last_stage_at_each_resolution() -> None:
    assert tapped_stages([2, 1, 2, 1]) == (1, 3)
    assert tapped_stages([1, 2, 2]) == (1, 2)
    assert tapped_stages([1, 1]) == ()


def test_imagenet_weights_replace_every_tensor() -> None:
    trunk = build_trunk(EFFICIENTNET_LITE0)
    for tensor in trunk.state_dict().values():
        tensor.fill_(-7)
    load_imagenet(trunk)
    assert not any((tensor == -7).all() for tensor in trunk.state_dict().values())


@pytest.mark.parametrize("change", [("c24_n2", "c24_n3"), ("c24_n2", "c24")])
def test_imagenet_weights_refuse_another_trunk(change: tuple[str, str]) -> None:
    lines = "conv_k3_s2_c32\nir_k3_s1_e1_c16\nir_k3_s2_e6_c24_n2".replace(*change)
    with pytest.raises(WeightsError, match="do not fit"):
        load_imagenet(build_trunk(parse_architecture(lines)))
