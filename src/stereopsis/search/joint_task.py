"""A task's architectures and recipes searched together, each tried in a short training."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.arch import Architecture, format_architecture, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.budget import Budget
from stereopsis.search.fbnetv3 import Curve, JointConfig, JointResult, joint_search
from stereopsis.search.finish import measure_network, retrain
from stereopsis.search.open_task import open_task
from stereopsis.search.recipe import RECIPES, Recipe, to_recipe
from stereopsis.search.region import Limit, Region
from stereopsis.search.space import Candidate, Space
from stereopsis.search.task import Task
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials.processes import LocalProcesses
from stereopsis.search.trials.run import Progress, run_trials
from stereopsis.search.trials.store import TrialStore
from stereopsis.search.trials.trial import Outcome, Report
from stereopsis.search.trials.workers import Workers

EPOCHS = 8  # parts of a trial's training, after each of which it is judged
BATCHES = 4
STORE, TRAINED = "trials.db", "trials"
TWO_PROCESSES = LocalProcesses(2)


@dataclass(frozen=True)
class JointSettings:
    """How many trainings of how many steps a search may spend, and where they run."""

    trials: int = 48
    steps: int = 800
    seed: int = 0
    device: str = "cpu"
    threads: int = 2  # with which a budget in milliseconds is measured
    workers: Workers = TWO_PROCESSES

    def __post_init__(self) -> None:
        if self.trials < 2 * BATCHES or self.steps < EPOCHS:
            raise OptionError(
                f"{self.trials} trials of {self.steps} steps teach a predictor nothing.",
                f"Use {2 * BATCHES} trials or more, of {EPOCHS} steps or more.",
            )

    def config(self) -> JointConfig:
        """The sizes of the search: an eighth of the trials are finalists."""
        finalists = max(1, self.trials // 8)
        batch = max(2, (self.trials - finalists) // BATCHES)
        return JointConfig(pool=4000, batches=BATCHES, batch=batch, finalists=finalists)


@dataclass(frozen=True)
class FoundTogether:
    """The network and the recipe that did best, and the search that can be asked again."""

    architecture: Architecture
    recipe: Recipe
    result: JointResult


def joint_space(task: Task) -> Space:
    """The task's choices, and after them those of RECIPES."""
    names = frozenset(choice.name for choice in RECIPES)
    return Space((*task.space.space().choices, *RECIPES), names)


def search_jointly(
    task_name: tuple[str, Sequence[Path]],
    budget: Budget,
    costs: TaskCost,
    folder: Path,
    settings: JointSettings = JointSettings(),
    progress: Progress = lambda standing: None,
) -> FoundTogether:
    """The best network within the budget with the best recipe for it, after JointNAS.

    `task_name` is the task's name and data, as open_task() takes them, since workers open it for
    themselves; `costs` count its networks. The folder keeps the trials: a search that was stopped
    goes on where it was.

    Raises:
        OptionError: the budget is impossible, or no network tried keeps a budget in milliseconds.
        DataError: all trainings of a batch failed.
    """
    task, space = costs.task, joint_space(costs.task)
    name, data = task_name
    own = len(task.space.space().choices)

    @cache
    def cost(architecture: Candidate) -> float:
        return costs.of(architecture, budget)

    def count(candidates: Sequence[Candidate]) -> Float[np.ndarray, "n 2"]:
        exact = [costs.exact(each[:own]) for each in candidates]
        return np.log([[each.flops, each.params] for each in exact])

    def describe(candidate: Candidate, epochs: int | None) -> dict[str, Any]:
        options = space.describe(candidate)
        return {
            "task": name,
            "data": [str(path.resolve()) for path in data],
            "folder": str((folder / TRAINED).resolve()),
            "architecture": format_architecture(task.space.derive(options)).splitlines(),
            "recipe": asdict(to_recipe(options)),
            "steps": settings.steps,
            "epochs": epochs or EPOCHS,
            "seed": settings.seed,
            "device": settings.device,
        }

    with TrialStore(folder / STORE) as store:

        def evaluate(candidates: Sequence[Candidate], epochs: int | None) -> list[Curve]:
            wanted = [describe(each, epochs) for each in candidates]
            outcomes = run_trials(
                train_candidate, wanted, store, settings.workers, progress=progress
            )
            return fill_failures(outcomes, epochs or EPOCHS)

        limit = Limit(budget.unit, budget.limit, lambda candidate: cost(candidate[:own]))
        result = joint_search(
            Region(space, (limit,)), count, evaluate, settings.seed, settings.config()
        )
    measured = _in_time(task, budget, settings.threads, folder)
    whole = sorted((e for e in result.evaluated if e.whole), key=lambda each: -each.curve[-1])
    for each in whole:
        options = space.describe(each.candidate)
        architecture = task.space.derive(options)
        if measured(architecture):
            return FoundTogether(architecture, to_recipe(options), result)
    raise OptionError(
        f"None of the {len(whole)} networks that were trained to the end takes {budget} or less.",
        "Raise the budget, or search again on a machine that does nothing else.",
    )


def train_candidate(settings: Mapping[str, Any], report: Report) -> dict[str, float]:
    """The objective of a trial: its score after each part of its training, and what it costs.

    The run is kept, so that a trial that stopped early is trained on where it stopped.
    """
    task = _opened(settings["task"], tuple(settings["data"]))
    architecture = parse_architecture("\n".join(settings["architecture"]))
    place = Path(settings["folder"]) / _digest(settings)
    place.mkdir(parents=True, exist_ok=True)
    config = Recipe(**settings["recipe"]).config(
        settings["steps"], settings["seed"], settings["device"]
    )
    kept = place / "scores.json"
    scores: list[float] = json.loads(kept.read_text()) if kept.exists() else []
    for epoch in range(settings["epochs"]):
        if epoch == len(scores):
            stop = settings["steps"] * (epoch + 1) // EPOCHS
            halted = replace(config, loop=replace(config.loop, stop=stop))
            scores.append(task.score(retrain(task, architecture, place, halted)))
            kept.write_text(json.dumps(scores))
        if report(scores[epoch]):
            break
    cost = measure_cost(task.build(build_trunk(architecture)).eval(), *task.example())
    return {"score": scores[epoch], "macs": cost.flops, "params": cost.params}


def fill_failures(outcomes: Sequence[Outcome], epochs: int) -> list[Curve]:
    """The curves; a training that failed, as one that diverged, is as bad as the worst of others.

    Raises:
        DataError: all failed.
    """
    curves = [outcome.curve for outcome in outcomes if outcome.score is not None]
    if not curves:
        raise DataError(
            f"All {len(outcomes)} trainings of a batch failed. The first: {outcomes[0].error}",
            "Mend the task, or give the search smaller networks.",
        )
    worst = tuple(min(curve[epoch] for curve in curves) for epoch in range(epochs))
    return [worst if outcome.score is None else outcome.curve for outcome in outcomes]


def _in_time(
    task: Task, budget: Budget, threads: int, folder: Path
) -> Callable[[Architecture], bool]:
    """Whether a network keeps the budget as measured; counts were kept before it was trained."""
    if budget.unit != "ms":
        return lambda architecture: True

    def keeps(architecture: Architecture) -> bool:
        network = task.build(build_trunk(architecture))
        return measure_network(task, network, threads, folder) <= budget.limit

    return keeps


@lru_cache(maxsize=1)
def _opened(name: str, data: tuple[str, ...]) -> Task:
    return open_task(name, [Path(path) for path in data])


def _digest(settings: Mapping[str, Any]) -> str:
    """Of all that a training depends on, which how far it goes is no part of."""
    text = json.dumps({k: v for k, v in settings.items() if k != "epochs"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
