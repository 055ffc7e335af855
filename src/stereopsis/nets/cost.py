"""What a network costs to keep and to run."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Cost:
    """Weights that training fits, and multiply-adds of convolutions and linear layers."""

    parameters: int
    multiply_adds: int


def measure_cost(network: nn.Module, *inputs: Tensor) -> Cost:
    """The cost of running the network once on these inputs."""
    counts: list[int] = []

    def count(layer: nn.Module, _: object, output: Tensor) -> None:
        weight = layer.weight
        assert isinstance(weight, Tensor)
        counts.append(output.numel() * weight[0].numel())

    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        network(*inputs)
    for hook in hooks:
        hook.remove()
    return Cost(sum(p.numel() for p in network.parameters()), sum(counts))
