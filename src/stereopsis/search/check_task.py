"""Whether a task can be searched at all, found out before anything is spent on it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from stereopsis.errors import DataError
from stereopsis.nets.trunk import Trunk, build_trunk
from stereopsis.search.finish import export_found
from stereopsis.search.guarded_task import GuardedTask, told_by
from stereopsis.search.task import Split, Task, finite_loss, finite_score

SPLITS: tuple[Split, ...] = ("weights", "architecture", "both")


def check_task(task: Task, device: str = "cpu") -> None:
    """Calls once all that a search will call, on the smallest network of the space, untrained.

    Raises:
        StereopsisError: something does not work; it says what.
    """
    guarded = task if isinstance(task, GuardedTask) else GuardedTask(task)
    trunk = build_trunk(task.space.smallest())
    network = guarded.build(trunk)
    _check_answer(guarded, network.eval(), trunk)
    network.to(device).train()
    for split in SPLITS:
        loss = finite_loss(guarded, network, split, 0)
        with told_by(f"backward() of the loss of the task {task.name}, split {split}, step 0,"):
            loss.backward()  # type: ignore[no-untyped-call]
        network.zero_grad()
    network.cpu().eval()
    finite_score(guarded, network)
    with tempfile.TemporaryDirectory() as folder, told_by(f"Exporting a network of {task.name}"):
        export_found(guarded, network, Path(folder))


def _check_answer(task: GuardedTask, network: nn.Module, trunk: Trunk) -> None:
    """Sees to it that the network asks its trunk, and answers with tensors."""
    asked: list[bool] = []
    hook = trunk.stages[0].register_forward_hook(lambda *_: asked.append(True))
    example = task.example()
    with torch.inference_mode(), told_by(f"The network of the task {task.name}"):
        answer: object = network(*example)
        again: object = network(*example)
    hook.remove()
    if not asked:
        raise DataError(
            f"The network of the task {task.name} never calls its trunk.",
            "Compute its answer from trunk(x).",
        )
    if not (tensors := _tensors(answer)):
        raise DataError(
            f"The network of the task {task.name} answers a {type(answer).__name__}, which no file "
            "can hold.",
            "Answer one tensor, or a tuple of them.",
        )
    if not _are_alike(tensors, _tensors(again)):
        raise DataError(
            f"The network of the task {task.name} answers its example otherwise each time.",
            "See that its answer is the same each time in eval().",
        )


def _are_alike(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    if [x.shape for x in one] != [x.shape for x in other]:
        return False
    return all(torch.allclose(x, y, equal_nan=True) for x, y in zip(one, other, strict=True))


def _tensors(answer: object) -> list[Tensor]:
    """The tensors of an answer; none if it is anything else."""
    parts = list(answer) if isinstance(answer, tuple | list) else [answer]
    tensors = [part for part in parts if isinstance(part, Tensor)]
    return tensors if len(tensors) == len(parts) else []
