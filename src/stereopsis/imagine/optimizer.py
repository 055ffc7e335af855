"""How weights move: the optimizer, its rate at each step, and their average."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from stereopsis.imagine.train_config import TrainConfig


def build_optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW; gains, offsets and embeddings are not decayed."""
    trained = [each for each in network.parameters() if each.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [each for each in trained if each.ndim > 1]},
        {"params": [each for each in trained if each.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, config.rate, weight_decay=config.weight_decay, fused=True)


def rate_share(step: int, config: TrainConfig) -> float:
    """The share of the full learning rate: a linear warm-up, then constant or half a cosine."""
    warm = min(1.0, (step + 1) / max(1, config.warmup))
    if config.shape == "constant":
        return warm
    return warm * (0.5 + 0.5 * math.cos(math.pi * step / config.steps))


@torch.no_grad()
def update_average(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    """Moves the averaged weights towards the network's."""
    means: list[Tensor] = list(averaged.parameters())
    values: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(means, values, 1 - decay)
