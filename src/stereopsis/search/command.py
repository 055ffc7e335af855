"""What `stereopsis search` does: finds a network, trains it, and writes it and its recipe."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.arch import Architecture, format_architecture, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.scene.input_file import read_input
from stereopsis.search.budget import Budget
from stereopsis.search.fbnetv2 import Found, MaskingConfig, search_masked
from stereopsis.search.finish import (
    derive_in_time,
    export_found,
    fit_task_latency,
    retrain,
)
from stereopsis.search.joint_task import FoundTogether, JointSettings, search_jointly
from stereopsis.search.latency import LatencyModel, measure_graph
from stereopsis.search.recipe import Recipe, write_recipe
from stereopsis.search.task import Task
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials.run import Progress as TrialProgress
from stereopsis.train.loop import LoopConfig, Progress

SEARCHED = "search"  # the folder of its run, in the output folder
ARCHITECTURE, LATENCY, REPORT = "architecture.txt", "latency.json", "report.json"
RECIPE = "recipe.json"


@dataclass(frozen=True)
class SearchSettings:
    """How long to search and to train what is found, with how many threads it is to be fast."""

    steps: int = 3000
    retrain_steps: int = 3000
    threads: int = 2
    seed: int = 0
    device: str = "cpu"


def search(
    task: Task, budget: Budget, folder: Path, settings: SearchSettings, progress: Progress
) -> Found:
    """The network that a search finds, its architecture written into the folder.

    A search that was stopped goes on in the folder; the model of this machine's speed, too, is kept
    there.
    """
    latency = _latency(task, folder / LATENCY, settings.threads) if budget.unit == "ms" else None
    costs = TaskCost(task, latency)
    loop = LoopConfig(steps=settings.steps, average=0.99)
    config = MaskingConfig(loop=loop, seed=settings.seed, device=settings.device)
    found = search_masked(task, budget, costs, folder / SEARCHED, config, progress)
    if budget.unit == "ms":
        found = derive_in_time(task, found.supernet, costs, budget, settings.threads, folder)
    (folder / ARCHITECTURE).write_text(format_architecture(found.architecture) + "\n")
    return found


def search_together(
    opened: tuple[Task, str, Sequence[Path]],
    budget: Budget,
    folder: Path,
    settings: JointSettings,
    progress: TrialProgress,
) -> FoundTogether:
    """Architecture and recipe that a joint search finds; the folder keeps the search.

    `opened` is the task with the name and the data by which workers open it.
    """
    task, name, data = opened
    latency = _latency(task, folder / LATENCY, settings.threads) if budget.unit == "ms" else None
    costs = TaskCost(task, latency)
    found = search_jointly((name, data), budget, costs, folder, settings, progress)
    (folder / ARCHITECTURE).write_text(format_architecture(found.architecture) + "\n")
    return found


def finish(
    task: Task,
    planned: tuple[Architecture, Recipe],
    start: nn.Module | None,
    folder: Path,
    settings: SearchSettings,
    progress: Progress,
) -> dict[str, object]:
    """The report on the network after training by its recipe; both lie beside it in the folder."""
    architecture, recipe = planned
    config = recipe.config(settings.retrain_steps, settings.seed, settings.device)
    run = folder / f"train-{_digest(planned)}"  # another budget's network has another run
    network = retrain(task, architecture, run, config, start, progress)
    write_recipe(recipe, folder / RECIPE)
    path = export_found(task, network, folder)
    cost = measure_cost(network, *task.example())
    report: dict[str, object] = {
        "task": task.name,
        "architecture": format_architecture(architecture).splitlines(),
        "recipe": asdict(recipe),
        "params": cost.params,
        "macs": cost.flops,
        "ms": round(measure_graph(path.read_bytes(), settings.threads), 3),
        "threads": settings.threads,
        "score": task.score(network),
        "network": path.name,
    }
    (folder / REPORT).write_text(json.dumps(report, indent=2) + "\n")
    return report


def read_architecture(path: Path) -> Architecture:
    """The architecture in a text file.

    Raises:
        OptionError: the file cannot be read, or a line of it is not a stage.
    """
    return parse_architecture(read_input(path, OptionError).decode(errors="replace"))


def _digest(planned: tuple[Architecture, Recipe]) -> str:
    architecture, recipe = planned
    text = f"{format_architecture(architecture)} {recipe}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _latency(task: Task, path: Path, threads: int) -> LatencyModel:
    """The model in this file, or one that is fitted now and written there."""
    if path.exists():
        try:
            kept = json.loads(read_input(path, DataError))
            return LatencyModel(tuple(kept["per_unit"]), kept["fixed_ms"], kept["error"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} holds no latency model.", "Remove it.") from error
    model = fit_task_latency(task, threads, path.parent)
    path.write_text(json.dumps(asdict(model)) + "\n")
    return model
