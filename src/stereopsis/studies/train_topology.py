"""A network of a found topology, trained from scratch for one task."""

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from stereopsis.nets.parallel import ParallelNet, build_found
from stereopsis.nets.topology import ParallelSpace, Part
from stereopsis.search.multitask import ProxyTask, as_batch, task_losses
from stereopsis.search.proxy import ProxySet, draw_frames
from stereopsis.studies.same_study import mark_training
from stereopsis.train.loop import LoopConfig, train


@dataclass(frozen=True)
class TopologyTraining:
    """A short schedule; `seed` fixes first weights and batches."""

    steps: int = 250
    batch: int = 16
    rate: float = 1e-2
    seed: int = 0


def train_topology(
    space: ParallelSpace,
    on: Set[Part],
    task: ProxyTask,
    proxy: ProxySet,
    config: TopologyTraining,
    folder: Path,
) -> nn.Module:
    """The trained network; it saw only frames that the search may see, not those held out.

    The training is kept inside the folder, under a name that tells it from all others.
    """
    seen = proxy.only(np.arange(len(proxy) - len(proxy.part("held_out"))))
    network = seeded_network(space, on, task, config.seed)
    place = folder / mark_training(network, proxy, task.name, config)

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        rng = np.random.default_rng([config.seed, step])
        batch = as_batch(draw_frames(seen, config.batch, rng))
        return task_losses([task], module(batch.image), batch)[0], {}

    optimizer = torch.optim.AdamW(network.parameters(), config.rate)
    loop = LoopConfig(
        steps=config.steps, warmup=20, record_every=config.steps, save_every=config.steps
    )
    return train(network, optimizer, objective, loop, place)


def seeded_network(space: ParallelSpace, on: Set[Part], task: ProxyTask, seed: int) -> ParallelNet:
    """The untrained network, with the weights that this seed draws."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_found(space, on, {task.name: task.head})
