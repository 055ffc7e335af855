"""HeadCost: what a network costs beside its trunk, as a function of the trunk's channels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.count import Cost, check_buildable
from stereopsis.nets.trunk import Trunk, tapped_stages
from stereopsis.search.trunk_space import TrunkSpace

Build = Callable[[Trunk], nn.Module]


@dataclass(frozen=True)
class HeadCost:
    """Parameters and multiply-adds: `fixed`, and more for each channel of each feature map."""

    fixed: Cost
    per_channel: tuple[Cost, ...]

    def of(self, channels: Sequence[int]) -> Cost:
        """The cost on a trunk whose feature maps have these channels, finest first."""
        pairs = list(zip(self.per_channel, channels, strict=True))
        return Cost(
            self.fixed.params + sum(cost.params * c for cost, c in pairs),
            self.fixed.flops + sum(cost.flops * c for cost, c in pairs),
        )

    def on(self, architecture: Architecture) -> Cost:
        """The cost on the trunk of this architecture."""
        taps = tapped_stages([stage.stride for stage in architecture.stages])
        return self.of([architecture.stages[i].channels for i in taps])


def measure_head(space: TrunkSpace, build: Build, example: tuple[Tensor, ...]) -> HeadCost:
    """The cost of the heads that `build` puts around trunks of the space.

    It must be affine in the trunk's channels, as that of layers on top of features is.

    Raises:
        OptionError: trunks of the space give no features, or the largest cannot be built.
    """
    check_buildable(space.largest())
    strides = [stage.stride for stage in space.stages]
    if not tapped_stages(strides):
        raise OptionError(
            "No stage of the space halves the picture, so that there are no features.",
            "Give a stage a stride of 2.",
        )
    most = [max(stage.channels) for stage in space.stages]
    whole = _measure(strides, most, build, example)
    per_channel = []
    for tap in tapped_stages(strides):
        more = [count + 8 * (i == tap) for i, count in enumerate(most)]
        cost = _measure(strides, more, build, example)
        per_channel.append(Cost((cost.params - whole.params) // 8, (cost.flops - whole.flops) // 8))
    head = HeadCost(Cost(0, 0), tuple(per_channel))
    linear = head.of([most[i] for i in tapped_stages(strides)])
    return HeadCost(
        Cost(whole.params - linear.params, whole.flops - linear.flops), tuple(per_channel)
    )


def is_right(head: HeadCost, space: TrunkSpace, build: Build, example: tuple[Tensor, ...]) -> bool:
    """Whether the heads cost so on each number of channels that a feature map may have."""
    strides = [stage.stride for stage in space.stages]
    most = [max(stage.channels) for stage in space.stages]
    taps = tapped_stages(strides)
    rows = [[*most[:i], c, *most[i + 1 :]] for i in taps for c in space.stages[i].channels]
    return all(
        _measure(strides, row, build, example) == head.of([row[i] for i in taps]) for row in rows
    )


def _measure(
    strides: Sequence[int], channels: Sequence[int], build: Build, example: tuple[Tensor, ...]
) -> Cost:
    """The cost of the network around a trunk that costs nothing."""
    blanks = [Blank(s, c) for s, c in zip(strides, channels, strict=True)]
    return measure_cost(build(Trunk(blanks, strides, channels)).eval(), *example)


class Blank(nn.Module):
    """A stage without layers, which gives zeros, and ones beyond the first `kept` channels."""

    def __init__(self, stride: int, channels: int, kept: int | None = None) -> None:
        super().__init__()
        self.stride, self.channels = stride, channels
        self.kept = channels if kept is None else kept

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, c, h, w) to features (n, channels, h / stride, w / stride)."""
        height, width = ((side - 1) // self.stride + 1 for side in x.shape[-2:])
        kept = torch.zeros(len(x), self.kept, height, width, device=x.device)
        return functional.pad(kept, (0, 0, 0, 0, 0, self.channels - self.kept), value=1.0)
