"""What topologies cost, exactly, and the topology that fills a budget; needs no PyTorch."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture, Stage
from stereopsis.nets.count import Cost, Layer, Size, list_layers
from stereopsis.nets.topology import Head, ParallelSpace, Part, live_parts


@dataclass(frozen=True)
class TopologyCost:
    """The cost of topologies of a space for one head, on pictures of one size.

    Parts from which nothing reaches the head cost nothing: whoever builds it leaves them out.
    """

    space: ParallelSpace
    head: Head
    fixed: Cost
    parts: Mapping[Part, Cost]

    def of(self, on: Set[Part]) -> Cost:
        """The cost with these parts on."""
        live = live_parts(self.space, on, [self.head.path(self.space)])
        return add_costs([self.fixed, *(self.parts[part] for part in live)])

    @property
    def least(self) -> Cost:
        """The cost with all parts off."""
        return self.of(frozenset())

    @property
    def most(self) -> Cost:
        """The cost with all parts on."""
        return self.of(frozenset(self.space.choices()))


def topology_cost(space: ParallelSpace, head: Head, size: Size) -> TopologyCost:
    """The cost, part by part, on pictures of this (height, width).

    Raises:
        OptionError: the size cannot be halved for every path.
    """
    step = 2 ** (len(space.paths) + 1)
    if size[0] % step or size[1] % step or min(size) < step:
        raise OptionError(
            f"A picture of {size[1]} x {size[0]} px does not halve {len(space.paths) + 1} times.",
            f"Choose sides that are multiples of {step}.",
        )
    stem = list_layers(Architecture((Stage("conv", 3, 2, space.stem),)), size)
    fixed = [_cost([*stem]), _cost(_head_layers(space, head, size))]
    parts = {part: _cost(_layers(space, part, size)) for part in space.starts() + space.choices()}
    return TopologyCost(space, head, add_costs(fixed), parts)


def fill_budget(scores: Sequence[float], cost: TopologyCost, budget: int) -> frozenset[Part]:
    """The topology to which the part of the highest score that fits is added until none fits.

    Only parts from which something reaches the head are added, and none that would break the
    budget (multiply-adds).

    Raises:
        OptionError: the budget is broken by the head and what it cannot do without.
    """
    least = cost.least.flops
    if budget < least:
        raise OptionError(
            f"A budget of {budget} multiply-adds is too small for a {cost.head.kind} head, which "
            f"takes {least} with every part off.",
            f"Allow {least} or more (everything on takes {cost.most.flops}).",
        )
    read = [cost.head.path(cost.space)]
    by_score = sorted(zip(scores, cost.space.choices(), strict=True), key=lambda pair: -pair[0])
    order = [part for _, part in by_score]
    on = live_parts(cost.space, frozenset(), read)
    while True:
        more = (live_parts(cost.space, on | {part}, read) for part in order if part not in on)
        fitting = (each for each in more if each > on and cost.of(each).flops <= budget)
        if (larger := next(fitting, None)) is None:
            return on
        on = larger


def add_costs(costs: Iterable[Cost]) -> Cost:
    """The sum of the costs."""
    both = [(cost.params, cost.flops) for cost in costs]
    return Cost(sum(params for params, _ in both), sum(flops for _, flops in both))


def _layers(space: ParallelSpace, part: Part, size: Size) -> list[Layer]:
    inputs = space.width(part.source)
    before = _path_size(part.source, size)
    if part.kind == "up":  # mixed at the coarser size, then enlarged
        return [Layer(inputs, space.width(part.path), 1, 1, before, has_norm=True)]
    return [*list_layers(Architecture((space.block(part),)), before, inputs)]


def _head_layers(space: ParallelSpace, head: Head, size: Size) -> list[Layer]:
    path = head.path(space)
    width, own = space.width(path), _path_size(path, size)
    last = own if head.kind == "dense" else (1, 1)
    return [
        Layer(width, width, 1, 1, own, has_norm=True),
        Layer(width, head.outputs, 1, 1, last, has_bias=True),
    ]


def _path_size(path: int, size: Size) -> Size:
    """The size of a path's features; -1 is the stem."""
    return size[0] >> (path + 2), size[1] >> (path + 2)


def _cost(layers: Iterable[Layer]) -> Cost:
    return add_costs(Cost(layer.params, layer.flops) for layer in layers)
