import torch
from torch import nn

from stereopsis.nets.cost import measure_cost


def test_counts_by_hand() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False),  # 8 * 3 * 9 weights, once for each pixel
        nn.Conv2d(8, 8, 3, padding=1, groups=8),  # 8 * 9 weights and 8 biases
        nn.Flatten(),
        nn.Linear(8 * 20, 5),
    )
    cost = measure_cost(network, torch.zeros(1, 3, 4, 5))
    assert cost.params == 216 + 80 + 805
    assert cost.flops == 20 * 216 + 20 * 72 + 800


def test_leaves_the_network_as_it_was() -> None:
    network = nn.Linear(2, 3)
    first = measure_cost(network, torch.zeros(1, 2))
    assert measure_cost(network, torch.zeros(1, 2)) == first
    assert not network._forward_hooks
