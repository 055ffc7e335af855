"""Architecture: what a network is made of, as data that fits on a few lines of text."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

from stereopsis.errors import OptionError

StageKind = Literal["conv", "ir", "skip", "pool"]
Activation = Literal["relu6", "relu", "hswish"]
Squeeze = Literal["hidden", "input"]

LARGEST = 100_000  # channels, kernel, repeats: more is a slip of the pen
MOST_SHOWN = 60  # characters of a line in an error

_NUMBER = r"\d+(?:\.\d+)?"
_STAGE = re.compile(
    rf"(conv|ir|skip|pool)(?:_k(\d+))?(?:_s(\d+))?(?:_e({_NUMBER}))?_c(\d+)(?:_n(\d+))?"
    r"(?:_p(\d+))?(?:_(se|si))?(?:_(re|hs))?",
    re.ASCII,
)
_RESOLUTION = re.compile(r"res_(\d+)", re.ASCII)
_ACTIVATIONS: dict[str | None, Activation] = {None: "relu6", "re": "relu", "hs": "hswish"}
_SQUEEZES: dict[str | None, Squeeze | None] = {None: None, "se": "hidden", "si": "input"}


@dataclass(frozen=True)
class Stage:
    """`repeats` equal blocks in a row, of which only the first strides.

    `conv` is convolution, batch norm, activation. `ir` is an inverted residual block whose hidden
    layer has `expansion` times its input's channels, rounded by round_channels(); `squeeze` puts a
    squeeze-and-excitation there whose bottleneck is a quarter of the hidden or of the block's input
    channels. `skip` passes its input on, through a 1x1 convolution where channels or size change.
    `pool` expands like an `ir`, takes the mean over the picture and mixes it: the end of a
    classifier. `padding` is that of the first block's depthwise convolution; half the kernel if
    not given.
    """

    kind: StageKind
    kernel: int
    stride: int
    channels: int
    expansion: float = 1
    repeats: int = 1
    activation: Activation = "relu6"
    squeeze: Squeeze | None = None
    padding: int | None = None

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise OptionError(f"A kernel of {self.kernel} has no centre.", "Choose an odd size.")
        if self.stride not in (1, 2):
            raise OptionError(f"A stage cannot stride by {self.stride}.", "Choose 1 or 2.")
        if min(self.channels, self.repeats) < 1 or self.expansion <= 0:
            raise OptionError(
                "A stage needs channels and repeats of at least 1, and an expansion above 0.",
                "Raise them.",
            )
        if max(self.channels, self.kernel, self.repeats, self.expansion) > LARGEST:
            raise OptionError(f"A stage has no use for a number above {LARGEST}.", "Lower it.")
        if self.kind in ("conv", "skip") and self.expansion != 1:
            raise OptionError(f"A {self.kind} stage has no expansion.", "Leave it out, or use ir.")
        if self.kind != "ir" and (self.squeeze or self.padding is not None):
            raise OptionError(
                f"A {self.kind} stage has neither se, si nor p.", "Leave them out, or use ir."
            )
        if self.stride == 1 and self.padding not in (None, self.kernel // 2):
            raise OptionError(
                f"A stage that does not stride keeps its size and cannot pad by {self.padding}.",
                "Leave p out.",
            )
        if self.kind in ("skip", "pool") and self.kernel != 1:
            raise OptionError(f"A {self.kind} stage has no kernel.", "Leave it out.")
        if self.kind == "pool" and (self.stride, self.repeats) != (1, 1):
            raise OptionError("A pool stage neither strides nor repeats.", "Leave that out.")


@dataclass(frozen=True)
class Architecture:
    """The stages of a network, from the picture downwards, and the side (px) it is meant for."""

    stages: tuple[Stage, ...]
    resolution: int | None = None

    def __post_init__(self) -> None:
        if not self.stages:
            raise OptionError("An architecture without stages does nothing.", "Add a stage.")
        if any(stage.kind == "pool" for stage in self.stages[:-1]):
            raise OptionError("After a pool stage nothing is left to see.", "Put it last.")
        if self.resolution is not None and not 1 <= self.resolution <= LARGEST:
            raise OptionError(f"There is no picture of {self.resolution} px.", "Name its side.")


def round_channels(channels: float) -> int:
    """The multiple of 8 nearest to this many channels, but never less than 95 % of them.

    Exact for multiples of 8. The rule of the published FBNets, for hidden and squeezed channels.
    """
    if channels % 8 == 0:
        return int(channels)
    rounded = max(8, int(channels / 8 + 0.5) * 8)
    return rounded if rounded >= 0.95 * channels else rounded + 8


def hidden_channels(inputs: int, stage: Stage) -> int:
    """How many channels the blocks of an `ir` or `pool` stage expand `inputs` channels to."""
    return round_channels(inputs * stage.expansion)


def squeezed_channels(inputs: int, stage: Stage) -> int:
    """How many channels a block's squeeze-and-excitation has in the middle."""
    of = inputs if stage.squeeze == "input" else hidden_channels(inputs, stage)
    return round_channels(max(1, of // 4))


def parse_stage(text: str) -> Stage:
    """The stage written as `ir_k3_s2_e6_c24_n2` (kernel, stride, expansion, channels, repeats).

    An expansion may have decimals. After these may stand `p0` (padding), `se` or `si` (squeeze and
    excitation, to a quarter of the hidden or the input channels), and `re` or `hs` (ReLU or
    hard-swish instead of ReLU6), in this order. `skip_c24` and `pool_e6_c1984` have no kernel.

    Raises:
        OptionError: the text does not have this form, or describes an impossible stage.
    """
    match = _STAGE.fullmatch(text)
    if match is None or (match[1] in ("conv", "ir") and not (match[2] and match[3])):
        raise OptionError(
            f'"{_shown(text)}" is not a stage of a network.',
            "Write it like conv_k3_s2_c32, ir_k3_s2_e6_c24_n2_se_hs, skip_c80 or pool_e6_c1984.",
        )
    kind, kernel, stride, expansion, channels, repeats, padding, squeeze, act = match.groups()
    return Stage(
        cast(StageKind, kind),
        int(kernel or 1),
        int(stride or 1),
        int(channels),
        float(expansion or 1),
        int(repeats or 1),
        _ACTIVATIONS[act],
        _SQUEEZES[squeeze],
        None if padding is None else int(padding),
    )


def format_stage(stage: Stage) -> str:
    """The stage as text; parse_stage() reads it back."""
    parts = [str(stage.kind)]
    if stage.kind in ("conv", "ir"):
        parts.append(f"k{stage.kernel}_s{stage.stride}")
    elif stage.stride > 1:
        parts.append(f"s{stage.stride}")
    if stage.kind in ("ir", "pool"):
        parts.append("e" + _shortest(stage.expansion))
    parts.append(f"c{stage.channels}")
    if stage.repeats > 1:
        parts.append(f"n{stage.repeats}")
    if stage.padding is not None:
        parts.append(f"p{stage.padding}")
    parts += [sign for sign, squeeze in _SQUEEZES.items() if sign and squeeze == stage.squeeze]
    parts += [sign for sign, act in _ACTIVATIONS.items() if sign and act == stage.activation]
    return "_".join(parts)


def _shown(text: str) -> str:
    """The text as an error shows it: its beginning, with a name for what cannot be seen."""
    seen = repr(text)[1:-1]
    return seen if len(seen) <= MOST_SHOWN else f"{seen[:MOST_SHOWN]}..."


def _shortest(number: float) -> str:
    """The number without exponent, and without decimals if it is whole."""
    return f"{number:.0f}" if number == int(number) else f"{Decimal(repr(number)):f}"


def parse_architecture(text: str) -> Architecture:
    """The architecture written with one stage per line; empty lines are skipped.

    The first line may be `res_224`: the side in pixels of the pictures that it is meant for.

    Raises:
        OptionError: a line is not a stage, or there is none. It names the line.
    """
    numbered = enumerate(map(str.strip, text.splitlines()), 1)
    lines = [(number, line) for number, line in numbered if line]
    match = _RESOLUTION.fullmatch(lines[0][1]) if lines else None
    resolution = int(match[1]) if match else None
    stages = (_parse_line(number, line) for number, line in lines[1 if match else 0 :])
    return Architecture(tuple(stages), resolution)


def _parse_line(number: int, line: str) -> Stage:
    try:
        return parse_stage(line)
    except OptionError as error:
        raise OptionError(f"Line {number}: {error.problem}", error.mend) from error


def format_architecture(architecture: Architecture) -> str:
    """One line per stage; parse_architecture() reads it back."""
    first = [f"res_{architecture.resolution}"] if architecture.resolution else []
    return "\n".join([*first, *map(format_stage, architecture.stages)])
