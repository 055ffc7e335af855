"""A task's architectures and recipes searched together, each tried in a short training."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.arch import Architecture, format_architecture, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.trunk import build_trunk
from stereopsis.outputs import write_all
from stereopsis.search.budget import Budget
from stereopsis.search.check_learning import check_learning
from stereopsis.search.fbnetv2 import check_possible
from stereopsis.search.fbnetv3 import Curve, JointConfig, JointResult, best_first, joint_search
from stereopsis.search.finish import measure_network, retrain
from stereopsis.search.open_task import OpenedTask, open_task
from stereopsis.search.recipe import RECIPES, Recipe, to_recipe
from stereopsis.search.region import Limit, Region
from stereopsis.search.space import Candidate, Space
from stereopsis.search.task import Task, finite_loss
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials import (
    LocalProcesses,
    Outcome,
    Progress,
    Report,
    Standing,
    TrialStore,
    Workers,
    run_trials,
)
from stereopsis.train.loop import CHECKPOINT

EPOCHS = 8  # parts of a trial's training, after each of which it is judged
BATCHES = 4
MOST_TRIALS = 2000  # half as many as the candidates that batches are chosen from
JUDGED = 8  # batches by which a trial is judged
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
        check_learning(self.seed, ())
        if self.trials > MOST_TRIALS:
            raise OptionError(
                f"{self.trials} trials are more than a predictor can learn from.",
                f"Use {MOST_TRIALS} or fewer.",
            )
        if self.trials < 2 * BATCHES or self.steps < EPOCHS:
            raise OptionError(
                f"{self.trials} trials of {self.steps} steps teach a predictor nothing.",
                f"Use {2 * BATCHES} trials or more, of {EPOCHS} steps or more.",
            )

    def config(self) -> JointConfig:
        """The sizes of the search: an eighth of the trials, or a few more, are finalists."""
        others = self.trials - max(1, self.trials // 8)
        batch = max(2, others // BATCHES)
        batches = min(BATCHES, others // batch)
        finalists = self.trials - batches * batch
        return JointConfig(pool=4000, batches=batches, batch=batch, finalists=finalists)


@dataclass(frozen=True)
class Site:
    """Where a trial is trained, and what its task is opened by; it decides no result."""

    folder: Path
    task: str
    data: tuple[Path, ...]


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
    opened: OpenedTask,
    budget: Budget,
    costs: TaskCost,
    folder: Path,
    settings: JointSettings = JointSettings(),
    progress: Progress = lambda standing: None,
) -> FoundTogether:
    """The best network within the budget with the best recipe for it, after JointNAS.

    Trials learn from the weights' split and are judged by their loss on that of the choices, so
    that what is held out judges the end alone. `costs` count the task's networks. The folder keeps
    the trials: a search that was stopped goes on where it was, and what failed is tried again.

    Raises:
        OptionError: the budget is impossible, or no network tried keeps a budget in milliseconds.
        DataError: all trainings of the first batch failed.
    """
    task, space = opened.task, joint_space(opened.task)
    check_possible(task, costs, budget)
    own = len(task.space.space().choices)
    site = Site(folder / TRAINED, opened.name, opened.data)
    ended = 0

    @cache
    def cost(architecture: Candidate) -> float:
        return costs.of(architecture, budget)

    def count(candidates: Sequence[Candidate]) -> Float[np.ndarray, "n 2"]:
        exact = [costs.exact(each[:own]) for each in candidates]
        return np.log([[each.flops, each.params] for each in exact])

    def describe(candidate: Candidate, epochs: int | None) -> dict[str, Any]:
        options = space.describe(candidate)
        return {
            "task": opened.fingerprint,
            "architecture": format_architecture(task.space.derive(options)).splitlines(),
            "recipe": asdict(to_recipe(options)),
            "steps": settings.steps,
            "epochs": epochs or EPOCHS,
            "seed": settings.seed,
            "device": settings.device,
        }

    def tell(standing: Standing) -> None:
        done = ended + standing.finished
        progress(replace(standing, finished=done, total=settings.trials))

    with TrialStore(folder / STORE) as store:
        store.forget_failures()

        def evaluate(candidates: Sequence[Candidate], epochs: int | None) -> list[Curve | None]:
            nonlocal ended
            wanted = [describe(each, epochs) for each in candidates]
            objective = partial(train_candidate, site)
            outcomes = run_trials(objective, wanted, store, settings.workers, progress=tell)
            if not ended:
                check_some_succeeded(outcomes)
            ended += len(wanted)
            return [None if each.score is None else each.curve for each in outcomes]

        limit = Limit(budget.unit, budget.limit, lambda candidate: cost(candidate[:own]))
        inside = smallest_candidate(task, space)
        region = Region(space, (limit,), None, inside, partial(canonical_candidate, task, space))
        first = [with_recipe(region.draw(np.random.default_rng(settings.seed)), space, Recipe())]
        result = joint_search(region, count, evaluate, settings.seed, settings.config(), first)
    whole = best_first(result.evaluated)
    for each in whole:
        options = space.describe(each.candidate)
        architecture = task.space.derive(options)
        if _keeps_time(task, architecture, budget, settings.threads):
            return FoundTogether(architecture, to_recipe(options), result)
    raise OptionError(
        f"None of the {len(whole)} networks that were trained to the end takes {budget} or less.",
        "Raise the budget, or search again on a machine that does nothing else.",
    )


def smallest_candidate(task: Task, space: Space) -> Candidate:
    """The smallest architecture, with the first recipe."""
    least = task.space.smallest_options()
    return tuple(
        choice.options.index(least[choice.name]) if choice.name in least else 0
        for choice in space.choices
    )


def canonical_candidate(task: Task, space: Space, candidate: Candidate) -> Candidate:
    """The same candidate for all that are the same network with the same recipe."""
    options = space.describe(candidate)
    return space.find({**options, **task.space.canonical(options)})


def with_recipe(candidate: Candidate, space: Space, recipe: Recipe) -> Candidate:
    """The candidate's architecture with this recipe."""
    return space.find({**space.describe(candidate), **asdict(recipe)})


def train_candidate(site: Site, settings: Mapping[str, Any], report: Report) -> dict[str, float]:
    """The objective of a trial: its score after each part of its training, and what it costs.

    The run of a trial that stopped early is kept, to be trained on where it stopped; of others
    their curve is.
    """
    task = _opened(site.task, site.data, settings["seed"])
    architecture = parse_architecture("\n".join(settings["architecture"]))
    place = site.folder / _digest(settings)
    config = replace(
        Recipe(**settings["recipe"]).config(
            settings["steps"], settings["seed"], settings["device"]
        ),
        split="weights",
    )
    kept = place / "scores.json"
    scores: list[float] = json.loads(kept.read_text()) if kept.exists() else []
    for epoch in range(settings["epochs"]):
        if epoch == len(scores):
            stop = settings["steps"] * (epoch + 1) // EPOCHS
            halted = replace(config, loop=replace(config.loop, stop=stop))
            scores.append(judge(task, retrain(task, architecture, place, halted)))
            write_all({kept: json.dumps(scores).encode()})
        if report(scores[epoch]):
            break
    if len(scores) == EPOCHS:
        (place / CHECKPOINT).unlink(missing_ok=True)  # tens of megabytes
    cost = measure_cost(task.build(build_trunk(architecture)).eval(), *task.example())
    return {"score": scores[epoch], "macs": cost.flops, "params": cost.params}


@torch.no_grad()
def judge(task: Task, network: nn.Module) -> float:
    """Minus the mean loss on the split of the choices, which trials do not learn from."""
    network.eval()
    losses = [finite_loss(task, network, "architecture", step).item() for step in range(JUDGED)]
    return -sum(losses) / JUDGED


def check_some_succeeded(outcomes: Sequence[Outcome]) -> None:
    """Sees to it that not all trainings of the first batch failed: nothing could be learnt.

    Raises:
        DataError: they did.
    """
    if all(each.score is None for each in outcomes):
        raise DataError(
            f"All {len(outcomes)} trainings of a batch failed. The first: {outcomes[0].error}",
            "Mend the task, or give the search smaller networks.",
        )


def _keeps_time(task: Task, architecture: Architecture, budget: Budget, threads: int) -> bool:
    """Whether a network keeps a budget of time as measured; counts were kept before training."""
    if budget.unit != "ms":
        return True
    network = task.build(build_trunk(architecture))
    return measure_network(task, network, threads) <= budget.limit


@lru_cache(maxsize=1)
def _opened(name: str, data: tuple[Path, ...], seed: int) -> Task:
    return open_task(name, data, seed)


def _digest(settings: Mapping[str, Any]) -> str:
    """Of all that a training depends on, which how far it goes is no part of."""
    text = json.dumps({k: v for k, v in settings.items() if k != "epochs"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
