"""BlockOptions: what one block of a space may be, and the sizes that follow from its choices."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

from stereopsis.nets.arch import Squeeze, Stage, hidden_channels, squeezed_channels
from stereopsis.search.trunk_space import StageOptions, TrunkSpace

PICTURE = "picture"  # named like a choice: the channels of the picture


@dataclass(frozen=True)
class Channels:
    """The numbers of channels that the options of a choice have."""

    name: str
    counts: tuple[int, ...]

    @property
    def most(self) -> int:
        """The largest."""
        return max(self.counts)


@dataclass(frozen=True)
class BlockOptions:
    """Block `j` of stage `i`; its choices are named `i.j.kernel`, `i.j.expansion` and so on."""

    i: int
    j: int
    options: StageOptions
    before: Channels
    after: Channels

    def choice(self, part: str) -> str:
        """The name of the choice of this part."""
        return f"{self.i}.{self.j}.{part}"

    @property
    def stride(self) -> int:
        """Only the first block of a stage strides."""
        return self.options.stride if self.j == 0 else 1

    @property
    def may_skip(self) -> bool:
        """Whether the block may be left out."""
        return self.j >= self.options.least

    @cached_property
    def pairs(self) -> list[tuple[int, Stage]]:
        """Each number of input channels with each expansion, which the stage carries."""
        expansions = (Stage("ir", 1, 1, 1, expansion) for expansion in self.options.expansions)
        return list(product(self.before.counts, expansions))

    @cached_property
    def hidden(self) -> Channels:
        """Of each pair, the hidden channels."""
        return Channels("hidden", tuple(hidden_channels(c, stage) for c, stage in self.pairs))

    @property
    def is_expanded(self) -> list[bool]:
        """Of each pair, whether the hidden channels are others than the input's."""
        return [h != c for h, (c, _) in zip(self.hidden.counts, self.pairs, strict=True)]

    def narrow(self, squeeze: Squeeze) -> Channels:
        """Of each pair, the channels in the middle of its squeeze-and-excitation."""
        stages = [(c, Stage("ir", 1, 1, 1, s.expansion, squeeze=squeeze)) for c, s in self.pairs]
        return Channels("narrow", tuple(squeezed_channels(c, stage) for c, stage in stages))

    @property
    def squeezes(self) -> list[Squeeze]:
        """The kinds of squeeze-and-excitation among the options: one or none."""
        return [squeeze for squeeze in self.options.squeezes if squeeze]


def list_blocks(space: TrunkSpace, inputs: int = 3) -> list[BlockOptions]:
    """All blocks of the space, in their order."""
    blocks = []
    before = Channels(PICTURE, (inputs,))
    for i, options in enumerate(space.stages):
        after = Channels(f"{i}.channels", options.channels)
        for j in range(options.most):
            blocks.append(BlockOptions(i, j, options, before, after))
            before = after
    return blocks
