"""What `stereopsis search` does: finds a network, trains it, and writes it and its recipe."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from torch import nn

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.arch import Architecture, format_architecture, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.count import Cost
from stereopsis.outputs import write_all
from stereopsis.runtime.manifest import manifest_path
from stereopsis.scene.input_file import read_input
from stereopsis.search.alone import alone_in
from stereopsis.search.budget import Budget
from stereopsis.search.fbnetv2 import MaskingConfig, search_masked
from stereopsis.search.finish import derive_in_time, export_found, fit_task_latency, retrain
from stereopsis.search.joint_task import JointSettings, search_jointly
from stereopsis.search.latency import LatencyModel, measure_graph
from stereopsis.search.open_task import OpenedTask
from stereopsis.search.recipe import Recipe, format_recipe
from stereopsis.search.task import finite_score
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials import Progress as TrialProgress
from stereopsis.train.loop import LoopConfig, Progress

ARCHITECTURE, LATENCY, REPORT = "architecture.txt", "latency.json", "report.json"
RECIPE = "recipe.json"
TIMINGS = 5  # of the finished network at most, until one shows that it keeps its budget


@dataclass(frozen=True)
class SearchSettings:
    """How long to search and to train what is found, with how many threads it is to be fast."""

    steps: int = 3000
    retrain_steps: int = 3000
    threads: int = 2
    seed: int = 0
    device: str = "cpu"


@dataclass(frozen=True)
class Plan:
    """The network that is to be trained, how, and the budget that it was found for, if any.

    It begins with the weights of `start`, which came from `origin`, or with random ones.
    """

    architecture: Architecture
    recipe: Recipe = field(default_factory=Recipe)
    budget: Budget | None = None
    start: nn.Module | None = None
    origin: str = ""


def search(
    opened: OpenedTask, budget: Budget, folder: Path, settings: SearchSettings, progress: Progress
) -> Plan:
    """The network that a search finds, with the supernet's weights.

    A search that was stopped goes on in the folder, where each task, budget, length and seed has
    a run of its own; the model of this machine's speed is kept there as well.

    Raises:
        OutputError: another search is at work in the folder.
    """
    with alone_in(folder):
        costs = _costs(opened, budget, folder, settings.threads)
        loop = LoopConfig(steps=settings.steps, average=0.99)
        config = MaskingConfig(loop=loop, seed=settings.seed, device=settings.device)
        run = f"search-{_digest(opened.fingerprint, budget, settings.steps, settings.seed)}"
        found = search_masked(opened.task, budget, costs, folder / run, config, progress)
        if budget.unit == "ms":
            found = derive_in_time(opened.task, found.supernet, costs, budget, settings.threads)
        return Plan(found.architecture, budget=budget, start=found.network, origin=run)


def search_together(
    opened: OpenedTask,
    budget: Budget,
    folder: Path,
    settings: JointSettings,
    progress: TrialProgress,
) -> Plan:
    """Architecture and recipe that a joint search finds; the folder keeps the search.

    Raises:
        OutputError: another search is at work in the folder.
    """
    with alone_in(folder):
        costs = _costs(opened, budget, folder, settings.threads)
        found = search_jointly(opened, budget, costs, folder, settings, progress)
        return Plan(found.architecture, found.recipe, budget)


def finish(
    opened: OpenedTask, plan: Plan, folder: Path, settings: SearchSettings, progress: Progress
) -> dict[str, object]:
    """The report on the network after training, which lies beside it in the folder.

    Each plan, task and length of training has a run of its own there, which keeps its results; the
    folder itself has the latest.

    Raises:
        OutputError: another search is at work in the folder.
    """
    with alone_in(folder):
        return _finish(opened, plan, folder, settings, progress)


def _finish(
    opened: OpenedTask, plan: Plan, folder: Path, settings: SearchSettings, progress: Progress
) -> dict[str, object]:
    task = opened.task
    text = format_architecture(plan.architecture)
    config = plan.recipe.config(settings.retrain_steps, settings.seed, settings.device)
    parts = opened.fingerprint, text, plan.recipe, plan.origin, config.loop.steps, settings.seed
    run = folder / f"train-{_digest(*parts)}"
    network = retrain(task, plan.architecture, run, config, plan.start, progress)
    score = finite_score(task, network)
    path = export_found(task, network, run)
    cost = measure_cost(network, *task.example())
    ms = _time(path, plan.budget, settings.threads)
    report: dict[str, object] = {
        "task": task.name,
        "architecture": text.splitlines(),
        "recipe": asdict(plan.recipe),
        "params": cost.params,
        "macs": cost.flops,
        "ms": round(ms, 3),
        "threads": settings.threads,
        "budget": None if plan.budget is None else str(plan.budget),
        "kept": None if plan.budget is None else _spent(cost, ms, plan.budget) <= plan.budget.limit,
        "score": score,
        "seed": settings.seed,
        "steps": settings.steps if plan.origin else None,
        "retrain_steps": settings.retrain_steps,
        "network": path.name,
        "run": run.name,
    }
    results = {
        ARCHITECTURE: f"{text}\n".encode(),
        RECIPE: format_recipe(plan.recipe).encode(),
        REPORT: (json.dumps(report, indent=2) + "\n").encode(),
        **{file.name: file.read_bytes() for file in (path, manifest_path(path))},
    }
    write_all({place / name: data for place in (run, folder) for name, data in results.items()})
    return report


def result_names(name: str) -> tuple[str, ...]:
    """The files that finish() writes for a task of this name."""
    return f"{name}.onnx", f"{name}.json", ARCHITECTURE, RECIPE, REPORT


def say_missed(report: Mapping[str, object], folder: Path) -> str | None:
    """What to say of a network that misses its budget; None if it keeps it, or has none.

    Only a budget of time can be missed: it was kept when the network was found, before training.
    """
    if report["kept"] is not False:
        return None
    return (
        f"The fastest of {TIMINGS} timings of the network took {report['ms']} ms, more than the "
        f"budget of {report['budget']}: it is kept in {folder}, but run the command again while "
        "the machine does nothing else, or raise the budget."
    )


def read_architecture(path: Path) -> Architecture:
    """The architecture in a text file.

    Raises:
        OptionError: the file cannot be read, a line of it is not a stage, or it has no features.
    """
    architecture = parse_architecture(read_input(path, OptionError).decode(errors="replace"))
    if not any(stage.stride == 2 for stage in architecture.stages):
        raise OptionError(
            f"The network in {path} never halves the picture: it has no features.",
            "Give a stage a stride of 2.",
        )
    return architecture


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def _spent(cost: Cost, ms: float, budget: Budget) -> float:
    """What a network takes in the budget's unit."""
    return {"macs": cost.flops, "params": cost.params, "ms": ms}[budget.unit]


def _time(path: Path, budget: Budget | None, threads: int) -> float:
    """The least milliseconds measured, of as few times as show that a budget is kept."""
    least = measure_graph(path.read_bytes(), threads)
    for _ in range(TIMINGS - 1):
        if budget is None or budget.unit != "ms" or least <= budget.limit:
            break
        least = min(least, measure_graph(path.read_bytes(), threads))
    return least


def _costs(opened: OpenedTask, budget: Budget, folder: Path, threads: int) -> TaskCost:
    latency = _latency(opened, folder / LATENCY, threads) if budget.unit == "ms" else None
    return TaskCost(opened.task, latency)


def _latency(opened: OpenedTask, path: Path, threads: int) -> LatencyModel:
    """The model in this file, if it is one of this task and number of threads, else a new one."""
    of = {"task": opened.fingerprint, "threads": threads}
    if path.exists():
        try:
            kept = json.loads(read_input(path, DataError))
            model = LatencyModel(tuple(kept["per_unit"]), kept["fixed_ms"], kept["error"])
            if kept["of"] == of:
                return model
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} holds no latency model.", "Remove it.") from error
    model = fit_task_latency(opened.task, threads)
    write_all({path: (json.dumps({"of": of, **asdict(model)}) + "\n").encode()})
    return model
