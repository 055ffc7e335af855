"""What a step of a search takes, for each set of tasks: time, and passes of the supernet."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from stereopsis.nets.parallel import build_supernet
from stereopsis.nets.topology import ParallelSpace
from stereopsis.search.fbnetv5 import search_multitask
from stereopsis.search.multitask import ProxyTask
from stereopsis.search.proxy import ProxySet
from stereopsis.search.search_state import SearchConfig

REPEATS, STEPS = 5, 25


@dataclass(frozen=True)
class StepTime:
    """Processor time and passes of one step of a search for these tasks."""

    tasks: tuple[str, ...]
    cpu_ms: float
    forward_passes: float
    backward_passes: float


def measure_steps(
    space: ParallelSpace, tasks: Sequence[ProxyTask], proxy: ProxySet
) -> list[StepTime]:
    """A step for each set of tasks, smallest sets first: the least of several runs.

    All runs draw the same topologies, since the distributions stand still. Runs of one set and of
    another alternate, so that what else the machine does falls on all of them.
    """
    config = SearchConfig(steps=STEPS, patience=0, topology_rate=0.0)
    sets = [some for n in range(1, len(tasks) + 1) for some in combinations(tasks, n)]
    runs = [[_measure(space, some, proxy, config) for some in sets] for _ in range(REPEATS)]
    return [min(row, key=lambda run: run.cpu_ms) for row in zip(*runs, strict=True)]


def mean_ms(times: Sequence[StepTime]) -> dict[int, float]:
    """The mean time of a step by the number of tasks, over all sets of that many."""
    by_number: dict[int, list[float]] = {}
    for each in times:
        by_number.setdefault(len(each.tasks), []).append(each.cpu_ms)
    return {number: statistics.mean(some) for number, some in by_number.items()}


def _measure(
    space: ParallelSpace, tasks: Sequence[ProxyTask], proxy: ProxySet, config: SearchConfig
) -> StepTime:
    supernet = build_supernet(space, {task.name: task.head for task in tasks})
    forward, backward = [0], [0]

    def count_forward(*_: object) -> None:
        forward[0] += 1

    def count_backward(_: Tensor) -> None:
        backward[0] += 1

    supernet.trunk.stem.register_forward_hook(count_forward)
    stem = next(supernet.trunk.stem.parameters())
    stem.register_hook(count_backward)  # type: ignore[no-untyped-call]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    start = time.process_time()
    search_multitask(supernet, tasks, proxy, config)
    taken = time.process_time() - start
    torch.set_num_threads(threads)
    per_step = [count / config.steps for count in (1e3 * taken, forward[0], backward[0])]
    return StepTime(tuple(task.name for task in tasks), *per_step)
