"""From an architecture to a network that is trained, timed and written to a file."""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.budget import Budget
from stereopsis.search.check_learning import check_learning
from stereopsis.search.cost import count_trunk
from stereopsis.search.fbnetv2 import Found, derive
from stereopsis.search.latency import LatencyModel, fit_latency, measure_graph, measure_trunk
from stereopsis.search.relaxation import Relaxed
from stereopsis.search.space import draw
from stereopsis.search.task import Split, Task, describe, finite_loss
from stereopsis.search.task_cost import TaskCost, shown_size, trunk_input
from stereopsis.train.export import export_network
from stereopsis.train.loop import LoopConfig, Progress, train

TIMED = 24  # trunks a quarter of which judge the latency model that is fitted to the others
TOLERANCE = 0.02  # of the range of outputs, between the module and its file


@dataclass(frozen=True)
class RetrainConfig:
    """Our setting for a network that was found. It learns from `split`."""

    loop: LoopConfig = field(default_factory=lambda: LoopConfig(steps=3000, average=0.995))
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    seed: int = 0
    device: str = "cpu"
    split: Split = "both"

    def __post_init__(self) -> None:
        check_learning(self.seed, (self.learning_rate,))


def retrain(
    task: Task,
    architecture: Architecture,
    folder: Path,
    config: RetrainConfig,
    start: nn.Module | None = None,
    progress: Progress = lambda step, figures: None,
) -> nn.Module:
    """The averaged network of this architecture after training; resumable.

    `start` gives the first weights; without it they are random.

    Raises:
        DataError: the loss is not a number, or the folder holds another run.
    """
    torch.manual_seed(config.seed)
    network = task.build(build_trunk(architecture))
    if start is not None:
        network.load_state_dict(start.state_dict())
    network.to(config.device)

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        return finite_loss(task, module, config.split, step), {}

    optimizer = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    return train(network, optimizer, objective, config.loop, folder, progress).cpu()


def fit_task_latency(task: Task, threads: int) -> LatencyModel:
    """The latency model of a task's networks on this machine.

    Of the smallest network it says what that was measured to take, unless its trunk alone should
    take longer: that decides which budgets are refused.
    """
    rng = np.random.default_rng(0)
    picture, space = trunk_input(task), task.space.space()
    architectures = [task.space.derive(space.describe(draw(space, rng))) for _ in range(TIMED)]
    timed = [(architecture, shown_size(architecture, picture)) for architecture in architectures]
    measured = [measure_trunk(*each, threads) for each in timed]
    model = fit_latency([count_trunk(*each) for each in timed], measured)
    smallest = task.space.smallest()
    whole = measure_network(task, task.build(build_trunk(smallest)), threads)
    trunk = replace(model, fixed_ms=0.0).of(count_trunk(smallest, shown_size(smallest, picture)))
    return replace(model, fixed_ms=max(0.0, whole - trunk))


def measure_network(task: Task, network: nn.Module, threads: int) -> float:
    """The milliseconds of one run of the exported network on the task's example."""
    with tempfile.TemporaryDirectory() as folder:
        path = export_found(task, network, Path(folder))
        return measure_graph(path.read_bytes(), threads)


def derive_in_time(
    task: Task, supernet: Relaxed, costs: TaskCost, budget: Budget, threads: int
) -> Found:
    """The likeliest network whose measured time is within the budget.

    Raises:
        OptionError: none is.
    """
    limit, measured = budget.limit, 0.0
    for _ in range(8):
        try:
            found = derive(task, supernet, costs, Budget(limit, "ms"))
        except OptionError:
            if not measured:
                raise
            break  # no network of the space is said to be as fast as this one would have to be
        measured = measure_network(task, found.network, threads)
        if measured <= budget.limit:
            return found
        limit *= 0.97 * budget.limit / measured
    raise OptionError(
        f"The networks that should take {budget} took {measured:.3g} ms.",
        "Raise the budget, or search again on a machine that does nothing else.",
    )


def export_found(task: Task, network: nn.Module, folder: Path) -> Path:
    """The network as an .onnx file with its manifest.

    Raises:
        WeightsError: the file answers otherwise than the network.
    """
    example = tuple(array.numpy() for array in task.example())
    return export_network(network, describe(task, network), folder, [example], TOLERANCE)
