import pytest
import torch

from stereopsis.nets.arch import Stage
from stereopsis.nets.blocks import (
    DepthwiseConv,
    Fusion,
    InvertedResidual,
    ResidualConv,
    SqueezeExcite,
    build_block,
    upsample_twice,
)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("expansion", [1, 4])
def test_inverted_residual_strides_and_changes_channels(
    kernel: int, stride: int, expansion: int
) -> None:
    block = InvertedResidual(8, Stage("ir", kernel, stride, 12, expansion), first=True).eval()
    assert block(torch.zeros(2, 8, 16, 24)).shape == (2, 12, 16 // stride, 24 // stride)


def test_inverted_residual_adds_its_input_only_where_shapes_agree() -> None:
    x = torch.rand(1, 8, 6, 6)
    same = InvertedResidual(8, Stage("ir", 3, 1, 8, 2), first=True).eval()
    torch.nn.init.zeros_(same.project.conv.weight)
    assert torch.equal(same(x), x)
    assert not InvertedResidual(8, Stage("ir", 3, 2, 8, 2), first=True).adds_input
    assert not InvertedResidual(8, Stage("ir", 3, 1, 9, 2), first=True).adds_input


def test_residual_conv_leaves_no_rim_on_a_constant_picture() -> None:
    block = ResidualConv(4).eval()
    y = block(torch.full((1, 4, 9, 9), 0.7))
    torch.testing.assert_close(y, y[:, :, 4:5, 4:5].expand_as(y))


def test_fusion_joins_two_resolutions() -> None:
    fusion = Fusion(6, 10, 4).eval()
    assert fusion(torch.rand(2, 6, 8, 12), torch.rand(2, 10, 4, 6)).shape == (2, 4, 8, 12)


def test_upsampling_keeps_a_ramp_a_ramp() -> None:
    x = torch.arange(8.0).expand(1, 1, 8, 8)
    steps = upsample_twice(x)[0, 0, 4, 1:-1].diff()
    torch.testing.assert_close(steps, torch.full_like(steps, 0.5))


def test_depthwise_stays_in_float32_while_training_in_bfloat16() -> None:
    conv = DepthwiseConv(4, 3, 1)
    with torch.autocast("cpu", torch.bfloat16):
        assert conv.train()(torch.rand(1, 4, 8, 8, dtype=torch.bfloat16)).dtype == torch.float32
        assert conv.eval()(torch.rand(1, 4, 8, 8)).dtype == torch.bfloat16


def test_squeeze_and_excitation_scales_whole_channels() -> None:
    block = SqueezeExcite(6, 3, "relu").eval()
    x = torch.rand(2, 6, 5, 4) + 0.1
    scale = block(x) / x
    torch.testing.assert_close(scale, scale[:, :, :1, :1].expand_as(scale))
    assert (scale >= 0).all() and (scale <= 1).all()


def test_skip_changes_nothing_unless_it_must() -> None:
    x = torch.rand(1, 8, 6, 6)
    assert torch.equal(build_block(Stage("skip", 1, 1, 8), 8, first=True)(x), x)
    assert build_block(Stage("skip", 1, 2, 12), 8, first=True).eval()(x).shape == (1, 12, 3, 3)


def test_pool_leaves_one_pixel() -> None:
    pool = build_block(Stage("pool", 1, 1, 20, 2, activation="hswish"), 8, first=True).eval()
    assert pool(torch.rand(2, 8, 6, 5)).shape == (2, 20, 1, 1)
