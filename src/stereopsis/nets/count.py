"""What an architecture costs, counted from its lines alone; needs no PyTorch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture, Stage, hidden_channels, squeezed_channels

Size = tuple[int, int]  # (height, width)

MOST_PARAMS = 200_000_000  # ten times those of the largest published FBNet
MOST_CHANNELS = 16_384  # of a layer
ROOMY: Size = (1 << 20, 1 << 20)  # for kernels and strides of any network


@dataclass(frozen=True)
class Cost:
    """Weights, and multiply-adds of convolutions and linear layers, which the field calls FLOPs."""

    params: int
    flops: int


@dataclass(frozen=True)
class Layer:
    """A convolution or linear layer (`kernel` 1 on one pixel) of a network run at some size.

    `size` is that of its output. Where a mean over the whole picture comes first,
    `pooled_elements` is how many numbers that takes in.
    """

    inputs: int
    outputs: int
    kernel: int
    groups: int
    size: Size
    has_bias: bool = False
    has_norm: bool = False
    pooled_elements: int = 0

    @property
    def weights(self) -> int:
        """Its weights, without biases and norms."""
        return self.outputs * (self.inputs // self.groups) * self.kernel**2

    @property
    def params(self) -> int:
        """All that training fits of it and of the batch norm behind it."""
        return self.weights + self.outputs * (self.has_bias + 2 * self.has_norm)

    @property
    def flops(self) -> int:
        """Its multiply-adds."""
        return self.weights * self.size[0] * self.size[1]


def list_layers(architecture: Architecture, size: Size, inputs: int = 3) -> Iterator[Layer]:
    """The layers of the stages in the order in which a picture of this size passes them.

    Raises:
        OptionError: the picture is too small for all the strides.
    """
    for stage in architecture.stages:
        for i in range(stage.repeats):
            after = block_size(stage, size, first=i == 0)
            yield from _block_layers(stage, inputs, size, after)
            inputs, size = stage.channels, after


def check_buildable(architecture: Architecture, inputs: int = 3) -> None:
    """Nothing, if the stages can be built in the memory of an ordinary machine.

    Raises:
        OptionError: they have more than MOST_PARAMS, or a layer of more than MOST_CHANNELS.
    """
    params = 0
    for layer in list_layers(architecture, ROOMY, inputs):
        params += layer.params
        if layer.outputs > MOST_CHANNELS or params > MOST_PARAMS:
            raise OptionError(
                "The network is too large to be built: it has more than "
                f"{MOST_PARAMS / 1e6:g} million parameters, or a layer of more than "
                f"{MOST_CHANNELS:,} channels.",
                "Lower its channels, expansions or number of blocks.",
            )


def classifier_layers(architecture: Architecture, classes: int, size: Size) -> Iterator[Layer]:
    """The layers of the published classifiers: a stem with a bias, the stages, a linear head."""
    stem, *rest = list_layers(architecture, size)
    yield replace(stem, has_bias=True)
    yield from rest
    last = rest[-1] if rest else stem
    elements = last.outputs * last.size[0] * last.size[1]
    yield Layer(last.outputs, classes, 1, 1, (1, 1), has_bias=True, pooled_elements=elements)


def block_size(stage: Stage, size: Size, *, first: bool) -> Size:
    """The size of a block's features when those before it have this size.

    Raises:
        OptionError: the kernel does not fit into them.
    """
    if stage.kind == "pool":
        return 1, 1
    padding = stage.padding if first and stage.padding is not None else stage.kernel // 2
    stride = stage.stride if first else 1
    height, width = ((side + 2 * padding - stage.kernel) // stride + 1 for side in size)
    if min(height, width) < 1:
        raise OptionError(
            f"A kernel of {stage.kernel} does not fit into features of {size[1]} x {size[0]} px.",
            "Use a larger picture or fewer strides.",
        )
    return height, width


def _block_layers(stage: Stage, inputs: int, before: Size, after: Size) -> Iterator[Layer]:
    """The layers of a block that turns features of one size into those of another."""
    if stage.kind == "conv":
        yield Layer(inputs, stage.channels, stage.kernel, 1, after, has_norm=True)
    elif stage.kind == "skip":
        if before != after or inputs != stage.channels:
            yield Layer(inputs, stage.channels, 1, 1, after, has_norm=True)
    else:
        yield from _expanded_layers(stage, inputs, before, after)


def _expanded_layers(stage: Stage, inputs: int, before: Size, after: Size) -> Iterator[Layer]:
    hidden = hidden_channels(inputs, stage)
    if hidden != inputs:
        yield Layer(inputs, hidden, 1, 1, before, has_norm=True)
    if stage.kind == "pool":
        elements = hidden * before[0] * before[1]
        yield Layer(hidden, stage.channels, 1, 1, after, pooled_elements=elements)
        return
    yield Layer(hidden, hidden, stage.kernel, hidden, after, has_norm=True)
    if stage.squeeze:
        narrow, elements = squeezed_channels(inputs, stage), hidden * after[0] * after[1]
        yield Layer(hidden, narrow, 1, 1, (1, 1), has_bias=True, pooled_elements=elements)
        yield Layer(narrow, hidden, 1, 1, (1, 1), has_bias=True)
    yield Layer(hidden, stage.channels, 1, 1, after, has_norm=True)
