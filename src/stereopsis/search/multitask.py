"""Tasks: what a network is asked about a picture, how wrong it is, and what a constant costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.topology import Head, ParallelSpace
from stereopsis.search.proxy import CLASSES, ProxySet
from stereopsis.search.topology import topology_cost
from stereopsis.train.losses import normalise

TaskName = Literal["depth", "semantic", "labels"]
STRIDE = 4  # between answers of a dense head

Targets = Mapping[str, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class ProxyTask:
    """A question: the head that answers it, and the loss of an answer given a batch's target.

    `unit` is the loss of the best constant answer, the same for every pixel: losses are measured in
    it, lest one task outweigh another. `budget` is how many multiply-adds its network may take.
    """

    name: str
    head: Head
    loss: Loss
    budget: int
    unit: float = 1.0


@dataclass(frozen=True)
class ProxyBatch:
    """n pictures, and by task its target."""

    image: Tensor
    targets: Targets


def depth_loss(answer: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error of inverse depth (n, 1, h, w) after normalise(); ignorance costs 1."""
    known = torch.ones_like(target, dtype=torch.bool)
    return (normalise(answer[:, 0], known) - target).abs().mean()


def semantic_loss(answer: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of classes (n, c, h, w)."""
    return functional.cross_entropy(answer, target)


def labels_loss(answer: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of labels (n, c)."""
    return functional.binary_cross_entropy_with_logits(answer, target)


HEADS: dict[TaskName, Head] = {
    "depth": Head("dense", 1),
    "semantic": Head("dense", CLASSES),
    "labels": Head("labels", CLASSES),
}
LOSSES: dict[TaskName, Loss] = {
    "depth": depth_loss,
    "semantic": semantic_loss,
    "labels": labels_loss,
}


def build_tasks(
    names: Sequence[TaskName], proxy: ProxySet, space: ParallelSpace, share: float
) -> list[ProxyTask]:
    """The tasks, each with this share of what the space's largest network takes as its budget.

    Raises:
        OptionError: there is no task, or one of them twice, or no such share.
        DataError: a task has nothing to learn on this set.
    """
    if not 0 < share <= 1:
        raise OptionError(f"A budget cannot be a share of {share:g}.", "Give one from 0 to 1.")
    if not names or len(set(names)) != len(names):
        raise OptionError("A search needs tasks, each once.", f"Name some of {', '.join(HEADS)}.")
    tasks = []
    for name in names:
        unit = ignorance(name, proxy)
        if not unit > 0:
            raise DataError(
                f"A constant answer already solves {name}.",
                "Make a proxy set of worlds that differ.",
            )
        most = topology_cost(space, HEADS[name], proxy.size).most.flops
        tasks.append(ProxyTask(name, HEADS[name], LOSSES[name], int(share * most), unit))
    return tasks


def ignorance(name: TaskName, proxy: ProxySet) -> float:
    """The loss of the best constant answer: a flat depth, or how frequent each class is."""
    if name == "depth":
        return float(np.abs(targets(proxy)["depth"].numpy()).mean())
    if name == "semantic":
        share = np.bincount(proxy.semantic.ravel(), minlength=CLASSES) / proxy.semantic.size
        return float(-(share * np.log(share.clip(1e-12))).sum())
    share = proxy.present.mean(0).clip(1e-12, 1 - 1e-12)
    return float(-(share * np.log(share) + (1 - share) * np.log(1 - share)).mean())


def targets(proxy: ProxySet) -> dict[str, Tensor]:
    """The targets of all tasks, at the resolution of the answers."""
    here = slice(STRIDE // 2, None, STRIDE)
    return {
        "depth": torch.from_numpy(proxy.depth[:, here, here].astype(np.float32)),
        "semantic": torch.from_numpy(proxy.semantic[:, here, here].astype(np.int64)),
        "labels": torch.from_numpy(proxy.present.astype(np.float32)),
    }


def as_batch(proxy: ProxySet) -> ProxyBatch:
    """The frames as a batch."""
    return ProxyBatch(torch.from_numpy(proxy.image), targets(proxy))


def task_losses(
    tasks: Sequence[ProxyTask], answers: Mapping[str, Tensor], batch: ProxyBatch
) -> Tensor:
    """The loss of each task (tasks,) in its unit.

    Raises:
        DataError: a loss is not a number.
    """
    losses = torch.stack(
        [task.loss(answers[task.name], batch.targets[task.name]) / task.unit for task in tasks]
    )
    for task, loss in zip(tasks, losses.detach(), strict=True):
        if not torch.isfinite(loss):
            raise DataError(
                f"The loss of the task {task.name} is not a finite number.",
                "Lower the learning rate, or look at the frames for what is wrong with them.",
            )
    return losses
