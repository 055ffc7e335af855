"""TaskCost: what any network of a task's space costs, before there is one."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from stereopsis.nets.arch import Architecture
from stereopsis.nets.count import Cost, Size
from stereopsis.nets.trunk import Trunk, build_trunk, check_shown, tapped_stages
from stereopsis.search.block_options import Channels
from stereopsis.search.budget import Budget
from stereopsis.search.cost import Tally, count_trunk
from stereopsis.search.expected_cost import expected_tally, mean_count
from stereopsis.search.head_cost import HeadCost, measure_head
from stereopsis.search.latency import PARTS, LatencyModel
from stereopsis.search.space import Candidate
from stereopsis.search.supernet import Mix
from stereopsis.search.task import Task


class TaskCost:
    """Counts networks of a task: candidates exactly, mixtures as one must expect.

    With a `latency` model budgets may be in milliseconds; its `fixed_ms` are then those of the
    network beside its trunk.

    Raises:
        OptionError: the task's pictures cannot be shown at one of its space's resolutions.
    """

    def __init__(self, task: Task, latency: LatencyModel | None = None) -> None:
        self.task, self.latency = task, latency
        self.head: HeadCost = measure_head(task.space, task.build, task.example())
        self._seen = trunk_input(task)
        for side in task.space.resolutions:
            check_shown(side, self._seen)
        self._choices = task.space.space()

    def exact(self, candidate: Candidate) -> Cost:
        """Parameters and multiply-adds of the whole network, to the unit."""
        architecture = self.task.space.derive(self._choices.describe(candidate))
        trunk = count_trunk(architecture, shown_size(architecture, self._seen)).cost
        head = self.head.on(architecture)
        return Cost(trunk.params + head.params, trunk.flops + head.flops)

    def of(self, candidate: Candidate, budget: Budget) -> float:
        """What the candidate costs in the budget's unit."""
        if budget.unit != "ms":
            cost = self.exact(candidate)
            return cost.flops if budget.unit == "macs" else cost.params
        assert self.latency is not None
        architecture = self.task.space.derive(self._choices.describe(candidate))
        return self.latency.of(count_trunk(architecture, shown_size(architecture, self._seen)))

    def expected(self, mix: Mix, budget: Budget) -> Tensor:
        """What the mixture is to be expected to cost in the budget's unit; differentiable."""
        space = self.task.space
        sizes = [(side, side) for side in space.resolutions] or [self._seen]
        tally = expected_tally(space, mix, sizes)
        if budget.unit == "ms":
            assert self.latency is not None
            parts = tally[[Tally._fields.index(part) for part in PARTS]]
            return parts @ parts.new_tensor(self.latency.per_unit) + self.latency.fixed_ms
        counts = self._mean_channels(mix)
        costs = [self.head.fixed, *self.head.per_channel]
        if budget.unit == "params":
            head, trunk = [cost.params for cost in costs], tally[0]
        else:
            head, trunk = [cost.flops for cost in costs], tally[1] + tally[2]
        return trunk + head[0] + counts @ counts.new_tensor(head[1:])

    def _mean_channels(self, mix: Mix) -> Tensor:
        """The expected channels of each feature map that the heads see."""
        stages = self.task.space.stages
        alone = torch.ones(1, dtype=torch.float64)
        counts = []
        for i in tapped_stages([stage.stride for stage in stages]):
            weights = mix.get(f"{i}.channels", alone).double().cpu()
            counts.append(mean_count(Channels("", stages[i].channels), weights))
        return torch.stack(counts)


def shown_size(architecture: Architecture, picture: Size) -> Size:
    """The (height, width) at which the stages see a picture of this size."""
    side = architecture.resolution
    return picture if side is None else (side, side)


def trunk_input(task: Task) -> Size:
    """The (height, width) of what the trunk is given when the network runs on the task's example.

    Where an architecture names a resolution, its stages see it smaller: see shown_size().
    """
    network = task.build(build_trunk(replace(task.space.smallest(), resolution=None))).eval()
    sizes: list[Size] = []

    def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sizes.append((inputs[0].shape[-2], inputs[0].shape[-1]))

    (trunk,) = (module for module in network.modules() if isinstance(module, Trunk))
    hook = trunk.stages[0].register_forward_pre_hook(note)
    with torch.inference_mode():
        network(*task.example())
    hook.remove()
    return sizes[0]
