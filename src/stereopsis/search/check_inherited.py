"""Whether networks that are cut out of a task's supernet answer as it does."""

import copy

import torch
from torch import Tensor, nn

from stereopsis.errors import DataError
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.guarded_task import told_by
from stereopsis.search.inherit import inherit
from stereopsis.search.relaxation import Relaxed, one_hot
from stereopsis.search.supernet import MaskedTrunk
from stereopsis.search.task import Task

TOLERANCE = 1e-3  # of the largest number in an answer


@torch.no_grad()
def check_inherited(task: Task) -> None:
    """Cuts the smallest network, from which most is masked, out of a supernet, and asks both.

    Raises:
        DataError: the network cannot be cut out, or answers otherwise.
    """
    space = task.space.space()
    options = task.space.smallest_options()
    trunks = MaskedTrunk(task.space), build_trunk(task.space.derive(options))
    # Copies, lest weights that a task keeps for all its networks change.
    supernet, network = (copy.deepcopy(task.build(trunk)).eval() for trunk in trunks)
    _disturb(supernet)
    Relaxed(supernet, space).trunk.weigh(one_hot(space, space.find(options)))
    example = task.example()
    with told_by(f"Cutting a network of the task {task.name} out of its supernet"):
        inherit(network, supernet, options, example)
        pairs = list(zip(_tensors(network(*example)), _tensors(supernet(*example)), strict=True))
    if any(own.shape != shared.shape or _differ(own, shared) for own, shared in pairs):
        raise DataError(
            f"What the task {task.name} builds on its trunk answers otherwise where channels are "
            "masked, that is 0, than where there are none.",
            "Begin with layers that mix the channels, like Linear and Conv2d: a norm or a bias of "
            "each channel makes something of zeros.",
        )


def _disturb(supernet: nn.Module) -> None:
    """Changes biases, and what norms have seen, which do nothing in a network that is new."""
    generator = torch.Generator().manual_seed(0)
    for tensor in supernet.state_dict().values():
        if tensor.ndim == 1 and tensor.is_floating_point():
            tensor.add_(torch.rand(tensor.shape, generator=generator).to(tensor))


def _tensors(answer: Tensor | tuple[Tensor, ...]) -> list[Tensor]:
    return [answer] if isinstance(answer, Tensor) else list(answer)


def _differ(own: Tensor, shared: Tensor) -> bool:
    """Whether numbers do by more than rounding, on which whole ones, as of a class, may hang."""
    if not own.is_floating_point():
        return False
    return bool((own - shared).abs().max() > TOLERANCE * shared.abs().max())
