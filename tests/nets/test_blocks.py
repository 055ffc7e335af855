import pytest
import torch

from stereopsis.nets.blocks import (
    DepthwiseConv,
    Fusion,
    InvertedResidual,
    ResidualConv,
    upsample_twice,
)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("expansion", [1, 4])
def test_inverted_residual_strides_and_changes_channels(
    kernel: int, stride: int, expansion: int
) -> None:
    block = InvertedResidual(8, 12, kernel, stride, expansion).eval()
    assert block(torch.zeros(2, 8, 16, 24)).shape == (2, 12, 16 // stride, 24 // stride)


def test_inverted_residual_adds_its_input_only_where_shapes_agree() -> None:
    x = torch.rand(1, 8, 6, 6)
    same = InvertedResidual(8, 8, 3, 1, 2).eval()
    torch.nn.init.zeros_(same.project.conv.weight)
    assert torch.equal(same(x), x)
    assert not InvertedResidual(8, 8, 3, 2, 2).adds_input
    assert not InvertedResidual(8, 9, 3, 1, 2).adds_input


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
