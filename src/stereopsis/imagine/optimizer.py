"""How weights move: the optimizer, its rate at each step, and their average."""

import math
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from stereopsis.imagine.train_config import TrainConfig


def build_optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW; gains, offsets and embeddings are not decayed."""
    trained = [each for each in network.parameters() if each.requires_grad]
    embeddings = {each.weight for each in network.modules() if isinstance(each, nn.Embedding)}
    # What has several dimensions comes first, be it decayed or not: saved runs number it so.
    ordered = sorted(trained, key=lambda each: each.ndim <= 1)
    runs = groupby(ordered, lambda each: each.ndim > 1 and each not in embeddings)
    groups: list[dict[str, Any]] = [
        {"params": list(run), "weight_decay": config.weight_decay if decays else 0.0}
        for decays, run in runs
    ]
    return torch.optim.AdamW(groups, config.rate, fused=True)


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
