"""What a step of a multitask search takes, for each set of tasks: time, passes of the supernet.

python -m stereopsis.studies.search_time PROXY.npz -o DIR
"""

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, get_args

import torch
import typer
from rich.progress import track
from torch import Tensor

from stereopsis.nets.parallel import build_supernet
from stereopsis.nets.topology import ParallelSpace
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.fbnetv5 import search_multitask
from stereopsis.search.multitask import ProxyTask, TaskName, build_tasks
from stereopsis.search.proxy import ProxySet, read_proxy
from stereopsis.search.search_state import SearchConfig
from stereopsis.train.charts import bar_chart
from stereopsis.train.command import run_command

REPEATS, STEPS = 9, 10
SHARE = 0.5  # of what everything costs, a task's budget


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
    rounds = track(range(REPEATS), "timing")
    runs = [[_measure(space, some, proxy, config) for some in sets] for _ in rounds]
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


def main(
    proxy: Annotated[Path, typer.Argument(help="A proxy set of stereopsis.search.make_proxy.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
) -> None:
    """Time a step of a search as large as usual, for each set of tasks, on one thread."""
    frames, space = read_proxy(proxy), ParallelSpace()
    prepare_folder(out)
    times = measure_steps(space, build_tasks(get_args(TaskName), frames, space, SHARE), frames)
    by_number = mean_ms(times)
    report = {"size": frames.size, "space": asdict(space), "times": [asdict(e) for e in times]}
    bars = {"one search": {f"{n} tasks": ms for n, ms in by_number.items()}}
    bars["a search for each"] = {f"{n} tasks": n * by_number[1] for n in by_number}
    chart = bar_chart("processor time of a step, ms", bars)
    text = json.dumps(report, indent=2) + "\n"
    write_all({out / "fbnetv5_time.json": text.encode(), out / "fbnetv5_time.png": chart})
    for each in times:
        typer.echo(each)
    for number, taken in by_number.items():
        typer.echo(f"{number} of the tasks: {taken:.0f} ms a step, {taken / by_number[1] - 1:+.1%}")


if __name__ == "__main__":
    run_command(main)
