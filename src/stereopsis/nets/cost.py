"""What a network costs, measured by running it."""

import torch
from torch import Tensor, nn

from stereopsis.nets.count import Cost


def measure_cost(network: nn.Module, *inputs: Tensor) -> Cost:
    """The cost of running the network once on these inputs; `params` are all it has."""
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
