import pytest
import torch

from stereopsis.errors import WeightsError
from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.trunk import EFFICIENTNET_LITE0, build_trunk, load_imagenet, tapped_stages


def test_features_halve_in_size() -> None:
    trunk = build_trunk(EFFICIENTNET_LITE0).eval()
    features = trunk(torch.zeros(1, 3, 64, 96))
    assert trunk.channels == (16, 24, 40, 112, 320)
    for level, (feature, channels) in enumerate(zip(features, trunk.channels, strict=True), 1):
        assert feature.shape == (1, channels, 64 >> level, 96 >> level)


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
