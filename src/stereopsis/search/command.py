"""What `stereopsis search` does: finds a network, trains it, and writes it and its recipe."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture, format_architecture, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.count import Cost
from stereopsis.outputs import write_all
from stereopsis.runtime.manifest import manifest_path
from stereopsis.scene.input_file import read_input
from stereopsis.search.budget import Budget
from stereopsis.search.fbnetv2 import MaskingConfig, search_masked
from stereopsis.search.finish import derive_in_time, export_found, retrain
from stereopsis.search.joint_task import JointSettings, search_jointly
from stereopsis.search.kept_latency import (
    forgotten_if_refused,
    kept_latency,
    latency_path,
    read_latency,
)
from stereopsis.search.latency import measure_graph
from stereopsis.search.open_task import OpenedTask
from stereopsis.search.plan import Plan, keep_plan, read_plan
from stereopsis.search.recipe import format_recipe
from stereopsis.search.task import finite_score
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials import Progress as TrialProgress
from stereopsis.train.loop import LoopConfig, Progress

ARCHITECTURE, RECIPE, REPORT = "architecture.txt", "recipe.json", "report.json"
FOUND = "found.pt"  # in the run of a search
DOUBTFUL = 0.3  # error of a latency model from which it is told
TIMINGS = 5  # of the finished network at most, until one shows that it keeps its budget


@dataclass(frozen=True)
class SearchSettings:
    """How long to search and to train what is found, with how many threads it is to be fast."""

    steps: int = 3000
    retrain_steps: int = 3000
    threads: int = 2
    seed: int = 0
    device: str = "cpu"


def search(
    opened: OpenedTask, budget: Budget, folder: Path, settings: SearchSettings, progress: Progress
) -> Plan:
    """The network that a search finds, with the supernet's weights.

    A search that was stopped goes on in the folder, where whatever decides its result has a run of
    its own. What it found is kept there: timed anew, another network might keep the budget.
    """
    run = folder / _name(
        "search", opened.fingerprint, budget, _deciding(settings.threads, budget),
        settings.steps, settings.seed, settings.device,
    )  # fmt: skip
    if not (run / FOUND).exists():
        loop = LoopConfig(steps=settings.steps, average=0.99)
        config = MaskingConfig(loop=loop, seed=settings.seed, device=settings.device)
        with _counted(opened, budget, folder, settings.threads) as costs:
            found = search_masked(opened.task, budget, costs, run, config, progress)
            if budget.unit == "ms":
                found = derive_in_time(opened.task, found.supernet, costs, budget, settings.threads)
        keep_plan(Plan(found.architecture, start=found.network), run / FOUND)
    return read_plan(opened.task, budget, run / FOUND)


def search_together(
    opened: OpenedTask,
    budget: Budget,
    folder: Path,
    settings: JointSettings,
    progress: TrialProgress,
) -> Plan:
    """Architecture and recipe that a joint search finds; the folder keeps the search.

    As in search(), what it found is kept in a run of its own; all searches share the trials.
    """
    run = folder / _name(
        "joint", opened.fingerprint, budget, _deciding(settings.threads, budget),
        settings.trials, settings.steps, settings.seed, settings.device,
    )  # fmt: skip
    if not (run / FOUND).exists():
        with _counted(opened, budget, folder, settings.threads) as costs:
            found = search_jointly(opened, budget, costs, folder, settings, progress)
        keep_plan(Plan(found.architecture, found.recipe), run / FOUND)
    return read_plan(opened.task, budget, run / FOUND)


def finish(
    opened: OpenedTask, plan: Plan, folder: Path, settings: SearchSettings, progress: Progress
) -> dict[str, object]:
    """The report on the network after training, which lies beside it in the folder.

    Whatever the report depends on has a run of its own there, which keeps its results; the folder
    itself has the latest.
    """
    task = opened.task
    text = format_architecture(plan.architecture)
    config = plan.recipe.config(settings.retrain_steps, settings.seed, settings.device)
    parts = text, plan.recipe, plan.origin, config, settings.threads  # config: steps, seed, device
    run = folder / _name("train", opened.fingerprint, *parts)
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
        "latency_error": _latency_error(opened, plan.budget, folder, settings.threads),
        "budget": None if plan.budget is None else str(plan.budget),
        "kept": None if plan.budget is None else _spent(cost, ms, plan.budget) <= plan.budget.limit,
        "score": score,
        "seed": settings.seed,
        "steps": None if plan.start is None else settings.steps,
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


def say_doubtful(report: Mapping[str, object]) -> str | None:
    """What to say of a search whose model of the machine's speed was wrong; None if it was not."""
    error = report["latency_error"]
    if not isinstance(error, float) or error <= DOUBTFUL:
        return None
    return (
        f"the model of this machine's speed that guided the search was off by {error:.0%}: search "
        "in another folder while the machine does nothing else, and a better network may be found"
    )


def read_architecture(path: Path) -> Architecture:
    """The architecture in a text file.

    Raises:
        OptionError: the file cannot be read, a line of it is not a stage, or it has no features.
    """
    data = read_input(path, OptionError)
    try:
        architecture = parse_architecture(data.decode("utf-8-sig"))  # Windows begins files so
    except UnicodeDecodeError as error:
        raise OptionError(f"{path} is not in UTF-8.", "Give an architecture.txt.") from error
    except OptionError as error:
        raise OptionError(f"{path}: {error.problem}", error.mend) from error
    if not any(stage.stride == 2 for stage in architecture.stages):
        raise OptionError(
            f"The network in {path} never halves the picture: it has no features.",
            "Give a stage a stride of 2.",
        )
    return architecture


def _name(kind: str, *parts: object) -> str:
    """The name of a run, another one for each of the things that decide its results."""
    return f"{kind}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:8]}"


def _deciding(threads: int, budget: Budget) -> int | None:
    """The number of threads if it decides what is found: counts are the same with any."""
    return threads if budget.unit == "ms" else None


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


@contextmanager
def _counted(opened: OpenedTask, budget: Budget, folder: Path, threads: int) -> Iterator[TaskCost]:
    """The costs of the task's networks for a block that searches; see forgotten_if_refused()."""
    if budget.unit != "ms":
        yield TaskCost(opened.task)
        return
    with forgotten_if_refused(latency_path(opened, folder, threads)):
        yield TaskCost(opened.task, kept_latency(opened, folder, threads))


def _latency_error(
    opened: OpenedTask, budget: Budget | None, folder: Path, threads: int
) -> float | None:
    """The error of the model that guided a search within a budget of time, if it is still kept."""
    path = latency_path(opened, folder, threads)
    if budget is None or budget.unit != "ms" or not path.exists():
        return None
    return round(read_latency(path).error, 3)
