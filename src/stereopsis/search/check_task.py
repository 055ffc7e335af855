"""Whether a task can be searched at all, found out before anything is spent on it."""

import tempfile
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
        finite_loss(guarded, network, split, 0)
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
    hook.remove()
    if not asked:
        raise DataError(
            f"The network of the task {task.name} never calls its trunk.",
            "Compute its answer from trunk(x).",
        )
    if isinstance(answer, Tensor):
        return
    if isinstance(answer, tuple | list) and answer and all(isinstance(x, Tensor) for x in answer):
        return
    raise DataError(
        f"The network of the task {task.name} answers a {type(answer).__name__}, which no file "
        "can hold.",
        "Answer one tensor, or a tuple of them.",
    )
