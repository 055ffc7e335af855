import pytest
import torch

from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.stereo import StereoConfig, StereoDepth
from stereopsis.nets.unet import IMAGENET_MEAN, IMAGENET_STD, UNet, UNetConfig

TINY = UNetConfig(
    parse_architecture("conv_k3_s2_c4\nir_k3_s2_e2_c6\nir_k3_s2_e2_c8"), (8, 6, 4), context=4
)


def test_pictures_are_normalised_as_the_trunk_was_trained() -> None:
    image = torch.randint(0, 256, (2, 32, 64, 3), dtype=torch.uint8)
    seen = UNet(TINY).normalised(image)
    assert seen.shape == (2, 3, 32, 64)
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    back = seen.permute(0, 2, 3, 1) * std + mean
    torch.testing.assert_close(back, image.float(), atol=1e-3, rtol=0)


def test_the_decoder_starts_at_the_coarsest_features() -> None:
    unet = UNet(TINY).eval()
    *_, coarsest = unet.trunk(torch.randn(2, 3, 32, 64))
    assert unet.start(coarsest).shape == (2, TINY.widths[0], 4, 8)
    assert [fusion.mix.first.conv.out_channels for fusion in unet.fusions] == [6, 4]


def test_the_summary_reaches_every_pixel() -> None:
    unet = UNet(TINY).eval()
    features = torch.zeros(1, 8, 4, 40)
    changed = features.clone()
    changed[..., 0] = 9
    difference = (unet.start(features) - unet.start(changed)).abs().sum(1)
    assert (difference[..., -1] > 0).all()


def test_needs_one_width_for_each_feature_map() -> None:
    with pytest.raises(ValueError, match="zip"):
        UNet(UNetConfig(TINY.trunk, (8, 6), context=4))


def test_what_both_networks_know_has_one_name_in_both() -> None:
    parts = UNet(UNetConfig()).state_dict().keys()
    for network in (MonoDepth(UNetConfig()), StereoDepth(StereoConfig())):
        assert parts <= network.state_dict().keys()
    assert not [name for name in parts if name in ("mean", "std")]  # known without a file
