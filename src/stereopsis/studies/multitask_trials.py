"""Trials of topologies on the proxy set: those found for all tasks at once, one by one, by chance.

Every topology is trained again from scratch for its task, by one short schedule and several seeds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from stereopsis.nets.parallel import ParallelNet, build_supernet
from stereopsis.nets.topology import ParallelSpace, Part
from stereopsis.search.fbnetv5 import Found, Progress, search_multitask
from stereopsis.search.multitask import ProxyTask
from stereopsis.search.proxy import ProxySet
from stereopsis.search.search_state import SearchConfig
from stereopsis.search.topology import fill_budget, topology_cost
from stereopsis.studies.proxy_scores import ProxyScore, score_network
from stereopsis.studies.train_topology import TopologyTraining, train_topology

Arm = Literal["multitask", "per task", "random", "everything"]
ARMS: tuple[Arm, ...] = ("multitask", "per task", "random", "everything")

Topologies = Mapping[str, frozenset[Part]]  # by task


@dataclass(frozen=True)
class Trial:
    """A topology, trained again with one seed, on held-out frames."""

    arm: Arm
    task: str
    seed: int
    flops: int
    score: ProxyScore


@dataclass(frozen=True)
class Searched:
    """The supernet after a search, and what it found."""

    supernet: ParallelNet
    found: Mapping[str, Found]


def search(
    space: ParallelSpace,
    tasks: Sequence[ProxyTask],
    proxy: ProxySet,
    config: SearchConfig,
    folder: Path | None = None,
    progress: Progress = lambda step, figures: None,
) -> Searched:
    """A search with a new supernet, whose first weights the configuration's seed draws."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        supernet = build_supernet(space, {task.name: task.head for task in tasks})
    return Searched(supernet, search_multitask(supernet, tasks, proxy, config, folder, progress))


def random_topology(
    space: ParallelSpace, task: ProxyTask, proxy: ProxySet, rng: np.random.Generator
) -> frozenset[Part]:
    """Parts in an order of chance, as many as the task's budget admits."""
    cost = topology_cost(space, task.head, proxy.size)
    return fill_budget(rng.random(len(space.choices())).tolist(), cost, task.budget)


def list_topologies(
    space: ParallelSpace,
    tasks: Sequence[ProxyTask],
    proxy: ProxySet,
    found: Mapping[Arm, Mapping[str, Found]],
    seed: int,
) -> dict[Arm, Topologies]:
    """By arm and task what to train with this seed: for the random arm another for every seed."""
    rng = np.random.default_rng(seed)
    topologies: dict[Arm, Topologies] = {
        arm: {name: each.on for name, each in by_task.items()} for arm, by_task in found.items()
    }
    topologies["random"] = {t.name: random_topology(space, t, proxy, rng) for t in tasks}
    topologies["everything"] = dict.fromkeys(
        [task.name for task in tasks], frozenset(space.choices())
    )
    return topologies


def try_topologies(
    space: ParallelSpace,
    tasks: Sequence[ProxyTask],
    proxy: ProxySet,
    topologies: Mapping[Arm, Topologies],
    config: TopologyTraining,
    folder: Path,
) -> list[Trial]:
    """A trial of each topology with the configuration's seed; equal topologies are trained once."""
    trials: list[Trial] = []
    known: dict[tuple[str, frozenset[Part]], ProxyScore] = {}
    for task in tasks:
        cost = topology_cost(space, task.head, proxy.size)
        for arm, by_task in topologies.items():
            on = by_task[task.name]
            if (task.name, on) not in known:
                place = folder / f"{task.name}_{arm}_{config.seed}".replace(" ", "_")
                known[task.name, on] = _try(space, on, task, proxy, config, place)
            score = known[task.name, on]
            trials.append(Trial(arm, task.name, config.seed, cost.of(on).flops, score))
    return trials


def _try(
    space: ParallelSpace,
    on: frozenset[Part],
    task: ProxyTask,
    proxy: ProxySet,
    config: TopologyTraining,
    folder: Path,
) -> ProxyScore:
    network = train_topology(space, on, task, proxy, config, folder)
    return score_network(network, task, proxy.part("held_out"))
