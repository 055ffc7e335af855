"""GuardedTask: somebody's own task, whatever goes wrong in which is told in a sentence."""

import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

import stereopsis
from stereopsis.errors import DataError, StereopsisError
from stereopsis.nets.trunk import Trunk
from stereopsis.search.task import Split, Task
from stereopsis.search.watched import INSTALLED

PYTHON = Path(sysconfig.get_path("stdlib"))
OURS = Path(stereopsis.__file__).parent


class GuardedTask:
    """The task, of which every method returns what Task says, or raises a DataError."""

    def __init__(self, task: Task) -> None:
        self.task, self.name, self.space = task, task.name, task.space

    def build(self, trunk: Trunk) -> nn.Module:
        """The task's network, which holds this trunk."""
        with told_by(f"build() of the task {self.name}"):
            network: object = self.task.build(trunk)
        if not isinstance(network, nn.Module):
            raise DataError(
                f"build() of the task {self.name} returned {_kind(network)}, not a network.",
                "Return a torch.nn.Module around the trunk.",
            )
        if not any(module is trunk for module in network.modules()):
            raise DataError(
                f"The network that build() of the task {self.name} returned does not hold the "
                "trunk.",
                "Assign the trunk to an attribute of the network, and call it in forward().",
            )
        held = {id(module) for module in trunk.modules()}
        names = network.named_modules(remove_duplicate=False)
        if sum(id(module) in held for _, module in names) > len(held):
            raise DataError(
                f"The network of the task {self.name} holds its trunk, or a part of it, under two "
                "names.",
                "Assign the trunk to one attribute, and pass its features on.",
            )
        return network

    def example(self) -> tuple[Tensor, ...]:
        """The task's inputs."""
        with told_by(f"example() of the task {self.name}"):
            inputs: object = self.task.example()
        if not (
            isinstance(inputs, tuple) and inputs and all(isinstance(x, Tensor) for x in inputs)
        ):
            raise DataError(
                f"example() of the task {self.name} returned {_kind(inputs)}, not a tuple of "
                "tensors.",
                "Return (image,), comma included, if the network has one input, a tensor.",
            )
        return inputs

    def loss(self, network: nn.Module, split: Split, step: int) -> Tensor:
        """The task's loss; of one that can be trained on, where gradients are recorded."""
        with told_by(f"loss() of the task {self.name}, split {split}, step {step},"):
            loss = self.task.loss(network, split, step)
        if torch.is_grad_enabled() and isinstance(loss, Tensor) and not loss.requires_grad:
            raise DataError(
                f"The loss of the task {self.name} has no gradient.",
                "Compute it from the network's answer, without detach(), item() or no_grad().",
            )
        return loss

    def score(self, network: nn.Module) -> float:
        """The task's score."""
        with told_by(f"score() of the task {self.name}"):
            return self.task.score(network)


@contextmanager
def told_by(what: str) -> Iterator[None]:
    """A block whose errors say in one sentence that `what` raised them.

    Raises:
        DataError: whatever the block raised, a StereopsisError excepted, which says it best itself.
    """
    try:
        yield
    except StereopsisError:
        raise
    except (Exception, SystemExit) as error:  # somebody's code may raise anything
        raise DataError(f"{what} raised {first_line(error)}.", _where(error)) from error


def first_line(error: BaseException) -> str:
    """The kind of an error and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__


def _where(error: BaseException) -> str:
    """A mend that names the last line of somebody's own file on the way to the error."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if _is_own(Path(frame.filename))
    ]
    if not frames:
        return "Mend the task."
    return f"Look at line {frames[-1].lineno} of {Path(frames[-1].filename).name}."


def _is_own(path: Path) -> bool:
    """Whether a file is neither installed, nor Python's, nor ours."""
    foreign = any(path.is_relative_to(folder) for folder in (PYTHON, OURS))
    return path.is_file() and not foreign and not INSTALLED & set(path.parts)


def _kind(given: object) -> str:
    if isinstance(given, tuple):
        held = ", ".join(type(part).__name__ for part in given)
        return f"a tuple of {held or 'nothing'}"
    return "nothing" if given is None else f"a {type(given).__name__}"
