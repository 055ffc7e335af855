"""Plan: the network that is to be trained, and how; what a search found is kept as one."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn

from stereopsis.errors import DataError
from stereopsis.nets.arch import Architecture, format_architecture, parse_architecture
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.budget import Budget
from stereopsis.search.recipe import Recipe
from stereopsis.search.task import Task
from stereopsis.train.checkpoint import save_whole


@dataclass(frozen=True)
class Plan:
    """The network that is to be trained, how, and the budget that it was found for, if any.

    It begins with the weights of `start`, or with random ones. `origin` is the run that found it.
    """

    architecture: Architecture
    recipe: Recipe = field(default_factory=Recipe)
    budget: Budget | None = None
    start: nn.Module | None = None
    origin: str = ""


def keep_plan(plan: Plan, path: Path) -> None:
    """Writes what was found, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "architecture": format_architecture(plan.architecture),
        "recipe": asdict(plan.recipe),
        "weights": None if plan.start is None else plan.start.state_dict(),
    }
    save_whole(kept, path)


def read_plan(task: Task, budget: Budget, path: Path) -> Plan:
    """What the run, in whose folder the file lies, found for this task and budget.

    Raises:
        DataError: the file holds something else.
    """
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
        architecture, start = parse_architecture(kept["architecture"]), None
        if kept["weights"] is not None:
            start = task.build(build_trunk(architecture))
            start.load_state_dict(kept["weights"])
        return Plan(architecture, Recipe(**kept["recipe"]), budget, start, path.parent.name)
    except Exception as error:  # pickle and zip raise whatever the bytes provoke
        raise DataError(f"{path} does not hold what was found.", "Remove it.") from error
