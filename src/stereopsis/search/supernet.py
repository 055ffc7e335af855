"""MaskedTrunk: all architectures of a space in one trunk, which share their weights by masks."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.nets.arch import Activation
from stereopsis.nets.blocks import ConvNorm, DepthwiseConv, pointwise
from stereopsis.nets.trunk import Trunk
from stereopsis.search.block_options import PICTURE, BlockOptions, Channels, list_blocks
from stereopsis.search.trunk_space import TrunkSpace

Mix = Mapping[str, Tensor]  # of each choice of a space, the weights of its options; they sum to 1


class MaskedTrunk(Trunk):
    """A trunk that mixes all those of a space; with one-hot weights it is exactly one of them.

    It has as many channels as the largest. Fewer are the same weights with a mask over the channels
    that follow: with any number of options there is one convolution and one feature map. weigh()
    sets the weights of the options before it runs.

    Source: Wan et al., FBNetV2 (2020), section 3.1. Kernels, activations and squeeze-and-excitation
    are mixed inside of a block here, where the paper has a block for each combination of them.
    """

    mix: Mix

    def __init__(self, space: TrunkSpace, inputs: int = 3) -> None:
        blocks = [(block.i, build_masked(block)) for block in list_blocks(space, inputs)]
        numbers = range(len(space.stages))
        stages = [nn.Sequential(*(block for i, block in blocks if i == n)) for n in numbers]
        strides = [options.stride for options in space.stages]
        super().__init__(stages, strides, [max(options.channels) for options in space.stages])
        self.space = space
        self.weigh({c.name: torch.ones(len(c.options)) / len(c.options) for c in space.choices()})

    def weigh(self, mix: Mix) -> None:
        """Sets the weights of the options; choices that leave no other option may be absent."""
        alone = {choice.name: torch.ones(1) for choice in self.space.choices()}
        device = next(self.parameters()).device
        full = {name: w.to(device) for name, w in {PICTURE: torch.ones(1), **alone, **mix}.items()}
        for module in self.modules():
            if isinstance(module, MaskedTrunk | MaskedConv | MaskedBlock):
                module.mix = full

    def forward(self, x: Tensor) -> list[Tensor]:
        """Pictures (n, 3, h, w) to features (n, c, h / 2, w / 2), (n, c, h / 4, w / 4), ...

        Each of the resolutions, if the space has some, costs a pass of its own.

        Raises:
            OptionError: the picture is smaller than a resolution, or not square.
        """
        if not self.space.resolutions:
            return self.features(x)
        shown = [self.features_at(x, side) for side in self.space.resolutions]
        levels = zip(*shown, strict=True)
        return [sum_weighted(level, self.mix["resolution"]) for level in levels]


class MaskedConv(nn.Module):
    """A convolution with norm and activation, of which the first channels are used."""

    mix: Mix

    def __init__(self, block: BlockOptions) -> None:
        super().__init__()
        kernel = block.options.kernels[0]
        self.block = block
        self.filter = ConvNorm(
            nn.Conv2d(
                block.before.most, block.after.most, kernel, block.stride, kernel // 2, bias=False
            ),
            linear=True,
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y = mix_activations(
            self.filter(x),
            self.block.options.activations,
            self.mix[self.block.choice("activation")],
        )
        return y * mix_masks(self.block.after, self.mix[self.block.after.name])


class MaskedBlock(nn.Module):
    """Inverted residual blocks of all kernels, expansions and channels, mixed into one."""

    mix: Mix

    def __init__(self, block: BlockOptions) -> None:
        super().__init__()
        self.block = block
        before, hidden, after = block.before.most, block.hidden.most, block.after.most
        if any(block.is_expanded):
            self.expand = ConvNorm(pointwise(before, hidden), linear=True)
        filters = {k: DepthwiseConv(hidden, k, block.stride) for k in block.options.kernels}
        self.filters = nn.ModuleDict({str(k): ConvNorm(f, linear=True) for k, f in filters.items()})
        if block.squeezes:
            self.squeeze = MaskedSqueeze(block)
        self.project = ConvNorm(pointwise(hidden, after), linear=True)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        block, mix = self.block, self.mix
        weights = weigh_pairs(block, mix)
        mask = mix_masks(block.hidden, weights)
        y = self._expand(x, weights) * mask
        kernels = mix[block.choice("kernel")]
        y = sum_weighted([conv(y) for conv in self.filters.values()], kernels)
        y = self._activate(y) * mask
        if block.squeezes:
            y = self.squeeze(y, weights, mix)
        y = self.project(y) * mix_masks(block.after, mix[block.after.name])
        if block.stride == 1:
            y = y + as_wide(x, y.shape[1]) * same_channels(block, mix)
        if not block.may_skip:
            return sum_weighted([y], mix[block.choice("skip")])
        return sum_weighted([y, x], mix[block.choice("skip")])

    def _expand(self, x: Tensor, weights: Tensor) -> Tensor:
        """The hidden features, the input's own where an expansion keeps its channels."""
        is_expanded = self.block.is_expanded
        if not any(is_expanded):
            return x
        y = self._activate(self.expand(x))
        if all(is_expanded):
            return y
        share = (weights * weights.new_tensor(is_expanded)).sum()
        return share * y + (1 - share) * as_wide(x, y.shape[1])

    def _activate(self, x: Tensor) -> Tensor:
        block = self.block
        return mix_activations(x, block.options.activations, self.mix[block.choice("activation")])


class MaskedSqueeze(nn.Module):
    """Squeeze-and-excitation of all widths, mixed with none if that is an option."""

    def __init__(self, block: BlockOptions) -> None:
        super().__init__()
        (squeeze,) = block.squeezes
        self.block, self.narrow = block, block.narrow(squeeze)
        self.reduce = nn.Conv2d(block.hidden.most, self.narrow.most, 1)
        self.expand = nn.Conv2d(self.narrow.most, block.hidden.most, 1)

    def forward(self, x: Tensor, weights: Tensor, mix: Mix) -> Tensor:
        """Features to features of the same shape; `weights` are those of the block's pairs."""
        block = self.block
        narrow = self.reduce(x.mean((2, 3), keepdim=True))
        narrow = mix_activations(
            narrow, block.options.activations, mix[block.choice("activation")]
        ) * mix_masks(self.narrow, weights)
        gate = functional.hardsigmoid(self.expand(narrow))
        with_squeeze = mix[block.choice("squeeze")][-1]
        return x * (1 - with_squeeze + with_squeeze * gate)


def build_masked(block: BlockOptions) -> MaskedConv | MaskedBlock:
    """The module of a block of a space."""
    return MaskedConv(block) if block.options.kind == "conv" else MaskedBlock(block)


def weigh_pairs(block: BlockOptions, mix: Mix) -> Tensor:
    """The weight of each pair of input channels and expansion: they are chosen independently."""
    expansions = mix[block.choice("expansion")]
    return (mix[block.before.name][:, None] * expansions[None]).flatten()


def same_channels(block: BlockOptions, mix: Mix) -> Tensor:
    """The weight of those options in which a block has as many output as input channels."""
    before, after = mix[block.before.name], mix[block.after.name]
    if block.before.name == block.after.name:
        return after.sum()  # one choice: they are the same whatever it is
    pairs = [
        before[a] * after[b]
        for a, inputs in enumerate(block.before.counts)
        for b, outputs in enumerate(block.after.counts)
        if inputs == outputs
    ]
    return torch.stack(pairs).sum() if pairs else after.new_zeros(())


def mix_masks(channels: Channels, weights: Tensor) -> Tensor:
    """The mean (c, 1, 1) of the masks of all options: each is 1 for its channels, 0 beyond."""
    numbers = torch.arange(channels.most, device=weights.device)
    counts = torch.tensor(channels.counts, device=weights.device)
    return (weights @ (numbers[None] < counts[:, None]).to(weights))[:, None, None]


def mix_activations(x: Tensor, kinds: Sequence[Activation], weights: Tensor) -> Tensor:
    """The weighted mean of the activations of x."""
    functions = {"relu6": functional.relu6, "relu": functional.relu, "hswish": functional.hardswish}
    return sum_weighted([functions[kind](x) for kind in kinds], weights)


def sum_weighted(parts: Sequence[Tensor], weights: Tensor) -> Tensor:
    """The sum of the parts, each times its weight."""
    if len(parts) == 1:
        return parts[0]
    total = parts[0] * weights[0]
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        total = total + part * weight
    return total


def as_wide(x: Tensor, channels: int) -> Tensor:
    """The first channels of x, or x with channels of zeros behind."""
    missing = channels - x.shape[1]
    return functional.pad(x, (0, 0, 0, 0, 0, missing)) if missing > 0 else x[:, :channels]
