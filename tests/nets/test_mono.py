import pytest
import torch

from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.mono import SMALLEST_ERROR, MonoDepth
from stereopsis.nets.unet import UNetConfig

TINY = UNetConfig(
    parse_architecture("conv_k3_s2_c4\nir_k3_s2_e2_c6\nir_k3_s2_e2_c8"), (8, 6, 4), context=4
)


@pytest.mark.parametrize("size", [(64, 96), (96, 64), (32, 160)])
def test_answers_at_the_size_of_the_picture(size: tuple[int, int]) -> None:
    network = MonoDepth(TINY).eval()
    image = torch.randint(0, 256, (2, *size, 3), dtype=torch.uint8)
    inverse_depth, error = network(image)
    assert inverse_depth.shape == error.shape == (2, *size)
    assert inverse_depth.dtype == error.dtype == torch.float32
    assert error.min() >= SMALLEST_ERROR


def test_normalises_inside() -> None:
    network = MonoDepth(TINY).eval()
    seen = []
    network.trunk.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    network(network.mean.expand(1, 32, 32, 3))
    torch.testing.assert_close(seen[0], torch.zeros(1, 3, 32, 32))


def test_needs_one_width_for_each_feature_map() -> None:
    with pytest.raises(ValueError, match="zip"):
        MonoDepth(UNetConfig(TINY.trunk, (8, 6), context=4))


def test_released_network_keeps_its_budget() -> None:
    cost = measure_cost(MonoDepth(UNetConfig()).eval(), torch.zeros(1, 192, 256, 3))
    assert cost.params <= 5_000_000
    assert cost.flops <= 1_200_000_000
