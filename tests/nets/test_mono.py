import pytest
import torch
from torch import nn

from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.mono import MonoConfig, MonoDepth

TINY = MonoConfig(
    parse_architecture("conv_k3_s2_c4\nir_k3_s2_e2_c6\nir_k3_s2_e2_c8"), (8, 6, 4), context=4
)


@pytest.mark.parametrize("size", [(64, 96), (96, 64), (32, 160)])
def test_answers_at_the_size_of_the_picture(size: tuple[int, int]) -> None:
    network = MonoDepth(TINY).eval()
    image = torch.randint(0, 256, (2, *size, 3), dtype=torch.uint8)
    answer = network(image)
    assert answer.shape == (2, *size)
    assert answer.dtype == torch.float32


def test_normalises_inside() -> None:
    network = MonoDepth(TINY).eval()
    seen = []
    network.trunk.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    network(network.mean.expand(1, 32, 32, 3))
    torch.testing.assert_close(seen[0], torch.zeros(1, 3, 32, 32))


def test_needs_one_width_for_each_feature_map() -> None:
    with pytest.raises(ValueError, match="zip"):
        MonoDepth(MonoConfig(TINY.trunk, (8, 6), context=4))


def test_released_network_keeps_its_budget() -> None:
    network = MonoDepth(MonoConfig()).eval()
    assert sum(parameter.numel() for parameter in network.parameters()) <= 5_000_000
    assert _multiply_adds(network, 192, 256) <= 1_200_000_000


def _multiply_adds(network: MonoDepth, height: int, width: int) -> int:
    counts = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(
                lambda layer, _, output: counts.append(output.numel() * layer.weight[0].numel())
            )
    with torch.inference_mode():
        network(torch.zeros(1, height, width, 3))
    return sum(counts)
