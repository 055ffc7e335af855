"""Task: what a search must know of the work that its networks are for."""

import math
from collections.abc import Sequence
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from stereopsis.errors import DataError
from stereopsis.nets.trunk import Trunk
from stereopsis.runtime.manifest import Manifest, Port
from stereopsis.search.trunk_space import TrunkSpace

Split = Literal["weights", "architecture", "both"]  # what fits the one never fits the other


class Task(Protocol):
    """A task of your own is any object with these; docs/search.md writes one in thirty lines."""

    name: str
    space: TrunkSpace

    def build(self, trunk: Trunk) -> nn.Module:
        """An untrained network around this trunk, whose `channels` say what it gives."""

    def example(self) -> tuple[Tensor, ...]:
        """Inputs of the network, of the size at which budgets are counted."""

    def loss(self, network: nn.Module, split: Split, step: int) -> Tensor:
        """The loss of the network on the batch of this step, which nothing but these decides."""

    def score(self, network: nn.Module) -> float:
        """How good the network is on data that is in neither split; more is better."""


def finite_loss(task: Task, network: nn.Module, split: Split, step: int) -> Tensor:
    """The task's loss.

    Raises:
        DataError: it is not a number.
    """
    loss = task.loss(network, split, step)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise DataError(
            f"The loss of {task.name} is no tensor of one number.", "Return the mean over a batch."
        )
    if not torch.isfinite(loss):
        raise DataError(
            f"The loss of {task.name} at step {step} is {loss.item()}.",
            "Look at the batch of that step, or lower the learning rate.",
        )
    return loss


def finite_score(task: Task, network: nn.Module) -> float:
    """The task's score.

    Raises:
        DataError: it is not a number.
    """
    score = task.score(network)
    try:
        number = float(score)
    except (TypeError, ValueError, RuntimeError) as error:  # the last of a tensor of many numbers
        raise DataError(
            f"The score of {task.name} is a {type(score).__name__}, not a number.",
            "Return a float.",
        ) from error
    if not math.isfinite(number):
        raise DataError(f"The score of {task.name} is {number}.", "Return a finite number.")
    return number


def describe(task: Task, network: nn.Module, licence: str = "") -> Manifest:
    """The manifest of a task's network, its sizes fixed to those of the example.

    Inputs are named "input", or "input0" and so on, outputs likewise.
    """
    inputs = task.example()
    answer = network.cpu().eval()(*inputs)
    outputs = [answer] if isinstance(answer, Tensor) else list(answer)
    return Manifest(
        name=task.name,
        inputs=_ports("input", inputs),
        outputs=_ports("output", outputs),
        licence=licence,
        recipe="stereopsis search",
    )


def _ports(name: str, arrays: Sequence[Tensor]) -> tuple[Port, ...]:
    return tuple(
        Port(
            name if len(arrays) == 1 else f"{name}{i}",
            "uint8" if array.dtype == torch.uint8 else "float32",
            tuple(array.shape),
        )
        for i, array in enumerate(arrays)
    )
