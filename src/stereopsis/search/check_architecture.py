"""Whether a task's network can be built around somebody's architecture, before it is trained."""

from pathlib import Path

import torch

from stereopsis.errors import OptionError, StereopsisError
from stereopsis.nets.arch import Architecture
from stereopsis.nets.fbnet import pad_evenly
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.guarded_task import told_by
from stereopsis.search.task import Task


def check_architecture(task: Task, architecture: Architecture, path: Path) -> None:
    """Builds the task's network around the architecture in this file, and runs its example.

    Raises:
        OptionError: that does not work; it names the file.
    """
    try:
        _run_once(task, architecture)
    except OptionError as error:
        raise OptionError(f"{path}: {error.problem}", error.mend) from error
    except StereopsisError as error:
        raise OptionError(f"{path}: {error.problem}", _mend(task, architecture)) from error


def _run_once(task: Task, architecture: Architecture) -> None:
    with told_by(f"A network of {task.name} around this architecture"), torch.inference_mode():
        task.build(build_trunk(architecture)).eval()(*task.example())


def _mend(task: Task, architecture: Architecture) -> str:
    """What to change so that the network can be built, as far as that can be told."""
    even = pad_evenly(architecture)
    if even != architecture and _runs(task, even):
        return "Leave the paddings like p0 out, as pad_evenly() of stereopsis.nets.fbnet does."
    wanted = sum(stage.stride == 2 for stage in task.space.stages)
    if sum(stage.stride == 2 for stage in architecture.stages) != wanted:
        return f"Halve the picture {wanted} times, as the networks of the task's space do."
    return "Give one like those of the task's space."


def _runs(task: Task, architecture: Architecture) -> bool:
    try:
        _run_once(task, architecture)
    except StereopsisError:
        return False
    return True
