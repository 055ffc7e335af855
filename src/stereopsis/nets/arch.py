"""Architecture: what a trunk is made of, as data that fits on a few lines of text."""

import re
from dataclasses import dataclass
from typing import Literal

from stereopsis.errors import OptionError

StageKind = Literal["conv", "ir"]

_STAGE = re.compile(r"(conv|ir)_k(\d+)_s(\d+)(?:_e(\d+))?_c(\d+)(?:_n(\d+))?")


@dataclass(frozen=True)
class Stage:
    """`repeats` equal blocks in a row, of which only the first strides.

    `conv` is convolution, batch norm, activation; `ir` is an inverted residual block whose hidden
    layer has `expansion` times its input's channels.
    """

    kind: StageKind
    kernel: int
    stride: int
    channels: int
    expansion: int = 1
    repeats: int = 1

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise OptionError(f"A kernel of {self.kernel} has no centre.", "Choose an odd size.")
        if self.stride not in (1, 2):
            raise OptionError(f"A stage cannot stride by {self.stride}.", "Choose 1 or 2.")
        if min(self.channels, self.expansion, self.repeats) < 1:
            raise OptionError(
                "A stage needs channels, expansion and repeats of at least 1.", "Raise them."
            )
        if self.kind == "conv" and self.expansion != 1:
            raise OptionError("A conv stage has no expansion.", "Leave it out, or use ir.")


@dataclass(frozen=True)
class Architecture:
    """The stages of a trunk, from the picture downwards."""

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if not self.stages:
            raise OptionError("An architecture without stages does nothing.", "Add a stage.")


def parse_stage(text: str) -> Stage:
    """The stage written as `ir_k3_s2_e6_c24_n2` (kernel, stride, expansion, channels, repeats).

    Raises:
        OptionError: the text does not have this form, or describes an impossible stage.
    """
    match = _STAGE.fullmatch(text)
    if match is None:
        raise OptionError(
            f'"{text}" is not a stage of a network.',
            "Write it like conv_k3_s2_c32 or ir_k3_s2_e6_c24_n2.",
        )
    kind: StageKind = "conv" if match[1] == "conv" else "ir"
    kernel, stride, expansion, channels, repeats = (int(group or 1) for group in match.groups()[1:])
    return Stage(kind, kernel, stride, channels, expansion, repeats)


def format_stage(stage: Stage) -> str:
    """The stage as text; parse_stage() reads it back."""
    expansion = f"_e{stage.expansion}" if stage.kind == "ir" else ""
    repeats = f"_n{stage.repeats}" if stage.repeats > 1 else ""
    return f"{stage.kind}_k{stage.kernel}_s{stage.stride}{expansion}_c{stage.channels}{repeats}"


def parse_architecture(text: str) -> Architecture:
    """The architecture written with one stage per line; empty lines are skipped.

    Raises:
        OptionError: a line is not a stage, or there is none.
    """
    lines = (line.strip() for line in text.splitlines())
    return Architecture(tuple(parse_stage(line) for line in lines if line))


def format_architecture(architecture: Architecture) -> str:
    """One line per stage; parse_architecture() reads it back."""
    return "\n".join(format_stage(stage) for stage in architecture.stages)
