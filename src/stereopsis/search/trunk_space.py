"""TrunkSpace: the architectures that a search may choose from, as a few lines of text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Activation, Architecture, Squeeze, Stage, StageKind
from stereopsis.search.space import Choice, Option, Space

_LIST = r"[\d.]+(?:[:,][\d.]+)*"
_STAGE = re.compile(
    rf"(conv|ir)_k({_LIST})_s(\d)(?:_e({_LIST}))?_c({_LIST})(?:_n(\d+)(?::(\d+))?)?"
    r"(?:_(se|si)(\?)?)?(?:_((?:re|hs)(?:,(?:re|hs))*))?",
    re.ASCII,
)
_ACTIVATIONS: dict[str, Activation] = {"re": "relu", "hs": "hswish"}
_SQUEEZES: dict[str, Squeeze] = {"se": "hidden", "si": "input"}
PARTS = ("kernel", "expansion", "squeeze", "activation")  # of a block, each chosen for itself
MOST_OPTIONS = 1000  # that a list may have


@dataclass(frozen=True)
class StageOptions:
    """The stages among which a search chooses one: options for all that a Stage says.

    All blocks of a stage have the same channels; kernel, expansion, squeeze and activation are
    chosen for each block. `least` to `most` blocks are kept.
    """

    kind: StageKind
    kernels: tuple[int, ...]
    stride: int
    channels: tuple[int, ...]
    expansions: tuple[float, ...] = (1,)
    least: int = 1
    most: int = 1
    squeezes: tuple[Squeeze | None, ...] = (None,)
    activations: tuple[Activation, ...] = ("relu6",)

    def __post_init__(self) -> None:
        for kernel in self.kernels:  # whatever is wrong with a stage is wrong with its options
            for channels in self.channels:
                for expansion in self.expansions:
                    Stage(self.kind, kernel, self.stride, channels, expansion)
        if not 1 <= self.least <= self.most:
            raise OptionError(
                f"A stage cannot have {self.least} to {self.most} blocks.", "Write it like n1:3."
            )
        if self.kind == "conv" and (len(self.kernels) > 1 or self.most > 1):
            raise OptionError(
                "A conv stage has one kernel and one block.", "Use ir to choose among several."
            )


@dataclass(frozen=True)
class TrunkSpace:
    """Options for each stage, and the sides (px) of the pictures that the trunk may be shown."""

    stages: tuple[StageOptions, ...]
    resolutions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.stages:
            raise OptionError("A space without stages has no networks.", "Add a stage.")

    def choices(self) -> list[Choice]:
        """All choices, also those with one option only."""
        resolution = [Choice("resolution", self.resolutions)] if self.resolutions else []
        of_stages = (each for i, stage in enumerate(self.stages) for each in _choices(i, stage))
        return [*resolution, *of_stages]

    def space(self) -> Space:
        """The choices that leave something to choose.

        Raises:
            OptionError: there are none.
        """
        choices = tuple(choice for choice in self.choices() if len(choice.options) > 1)
        if not choices:
            raise OptionError("The space has only one network.", "Leave something to choose.")
        return Space(choices)

    def complete(self, options: Mapping[str, Option]) -> dict[str, Option]:
        """These options of space(), and the only option of each choice that leaves no other.

        Raises:
            OptionError: an option is missing, or not one of the space's.
        """
        for choice in self.choices():
            if len(choice.options) > 1 and options.get(choice.name) not in choice.options:
                raise OptionError(
                    f"The choice {choice.name} has no option {options.get(choice.name)!r}.",
                    f"Take one of {list(choice.options)}.",
                )
        return {c.name: options.get(c.name, c.options[0]) for c in self.choices()}

    def kept_blocks(self, options: Mapping[str, Option]) -> list[tuple[int, int]]:
        """Stage and number in the stage of the blocks that are not skipped, in their order."""
        full = self.complete(options)
        return [
            (i, j)
            for i, stage in enumerate(self.stages)
            for j in range(stage.most)
            if not full[f"{i}.{j}.skip"]
        ]

    def derive(self, options: Mapping[str, Option]) -> Architecture:
        """The architecture that takes these options of space().

        Raises:
            OptionError: an option is missing, or not one of the space's.
        """
        full = self.complete(options)
        stages: list[Stage] = []
        for i, j in self.kept_blocks(options):
            block = self._block(i, j, full)
            last = stages[-1] if stages else None
            if last and block == replace(last, stride=1, repeats=1):
                stages[-1] = replace(last, repeats=last.repeats + 1)
            else:
                stages.append(block)
        side = full.get("resolution")
        return Architecture(tuple(stages), side if isinstance(side, int) else None)

    def _block(self, i: int, j: int, options: Mapping[str, Option]) -> Stage:
        stage = self.stages[i]
        taken: dict[str, Any] = {part: options[f"{i}.{j}.{part}"] for part in PARTS}
        taken["channels"] = options[f"{i}.channels"]
        return Stage(stage.kind, stride=stage.stride if j == 0 else 1, **taken)

    def locate(self, architecture: Architecture) -> dict[str, Option]:
        """The options of space() by which derive() gives this architecture.

        Raises:
            OptionError: it is none of the space's.
        """
        blocks = [
            replace(stage, stride=stage.stride if j == 0 else 1, repeats=1)
            for stage in architecture.stages
            for j in range(stage.repeats)
        ]
        found = self._locate(0, blocks)
        if found is None or architecture.resolution not in (self.resolutions or (None,)):
            raise OptionError(
                "The architecture is not in the space.",
                "Add its options to those of the space's stages, or its resolution.",
            )
        if architecture.resolution is not None:
            found["resolution"] = architecture.resolution
        return {c.name: found.get(c.name, c.options[0]) for c in self.space().choices}

    def canonical(self, options: Mapping[str, Option]) -> dict[str, Option]:
        """The same options for all that give the same architecture, which they give, too.

        What is chosen for blocks that are skipped, or which of them are, makes no difference.

        Raises:
            OptionError: as derive() does.
        """
        return self.locate(self.derive(options))

    def _locate(self, i: int, blocks: Sequence[Stage]) -> dict[str, Option] | None:
        """Options of stage `i` and of those that follow it which give these blocks, if any do."""
        if i == len(self.stages):
            return None if blocks else {}
        stage = self.stages[i]
        for count in range(stage.least, min(stage.most, len(blocks)) + 1):
            kept = list(enumerate(blocks[:count]))
            taken: dict[str, Option] = {f"{i}.channels": blocks[0].channels}
            taken |= {f"{i}.{j}.skip": j >= count for j in range(stage.most)}
            taken |= {f"{i}.{j}.{part}": getattr(b, part) for j, b in kept for part in PARTS}
            known = all(taken.get(c.name, c.options[0]) in c.options for c in _choices(i, stage))
            if known and all(self._block(i, j, taken) == block for j, block in kept):
                rest = self._locate(i + 1, blocks[count:])
                if rest is not None:
                    return {**taken, **rest}
        return None

    def largest(self) -> Architecture:
        """The architecture with most of everything."""
        return self.derive({c.name: _ranked(c)[-1] for c in self.choices()})

    def smallest(self) -> Architecture:
        """The architecture with least of everything."""
        return self.derive(self.smallest_options())

    def smallest_options(self) -> dict[str, Option]:
        """Least of everything."""
        return {choice.name: _ranked(choice)[0] for choice in self.choices()}


def parse_space(text: str) -> TrunkSpace:
    """The space written with one stage per line, like an architecture with lists for numbers.

    `ir_k3,5_s2_e2:6:1_c16:32:8_n2:4_se?_re,hs`: kernels 3 and 5, expansions 2 to 6 in steps of 1,
    channels 16 to 32 in steps of 8, 2 to 4 blocks, with or without squeeze-and-excitation, ReLU or
    hard-swish. The first line may list resolutions: `res_96:160:32`.

    Raises:
        OptionError: a line does not have this form, or describes an impossible stage.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    resolutions: tuple[int, ...] = ()
    if lines and lines[0].startswith("res_"):
        resolutions = _whole(_numbers(lines.pop(0).removeprefix("res_")))
    return TrunkSpace(tuple(map(_parse_stage, lines)), resolutions)


def _parse_stage(text: str) -> StageOptions:
    match = _STAGE.fullmatch(text)
    if match is None:
        raise OptionError(
            f'"{text}" is not a stage of a space.',
            "Write it like conv_k3_s2_c16 or ir_k3,5_s2_e2:6:1_c16:32:8_n2:4_se?_re,hs.",
        )
    kind, kernels, stride, expansions, channels, least, most, squeeze, maybe, acts = match.groups()
    squeezes = (_SQUEEZES[squeeze],) if squeeze else (None,)
    return StageOptions(
        "conv" if kind == "conv" else "ir",
        _whole(_numbers(kernels)),
        int(stride),
        _whole(_numbers(channels)),
        _numbers(expansions or "1"),
        int(least or 1),
        int(most or least or 1),
        (None, *squeezes) if maybe else squeezes,
        tuple(_ACTIVATIONS[act] for act in acts.split(",")) if acts else ("relu6",),
    )


def _choices(i: int, stage: StageOptions) -> Iterator[Choice]:
    yield Choice(f"{i}.channels", stage.channels)
    for j in range(stage.most):
        yield Choice(f"{i}.{j}.kernel", stage.kernels)
        yield Choice(f"{i}.{j}.expansion", stage.expansions)
        yield Choice(f"{i}.{j}.squeeze", stage.squeezes)
        yield Choice(f"{i}.{j}.activation", stage.activations)
        yield Choice(f"{i}.{j}.skip", (False, True) if j >= stage.least else (False,))


def _ranked(choice: Choice) -> list[Option]:
    """The options, cheapest first."""
    if choice.name.endswith("skip"):
        return [*choice.options[::-1]]
    if choice.name.endswith(("squeeze", "activation")):
        return [*choice.options]  # None comes first
    return sorted(choice.options, key=lambda number: float(number or 0))


def _numbers(text: str) -> tuple[float, ...]:
    """The numbers of a list "3,5" or of a range "16:32:8", both ends included."""
    try:
        if not re.fullmatch(_LIST, text, re.ASCII):  # float() reads nan and digits of any script
            raise ValueError(text)
        if ":" not in text:
            return tuple(float(number) for number in text.split(","))
        low, high, step = (float(number) for number in text.split(":"))
        count = (high - low) / step
    except (ValueError, ZeroDivisionError):
        count = -1.0
    if not 0 <= count < MOST_OPTIONS:
        raise OptionError(f'"{text}" is not a list of numbers.', "Write 16,24,32 or 16:32:8.")
    return tuple(round(low + i * step, 9) for i in range(int(count + 1e-9) + 1))


def _whole(numbers: tuple[float, ...]) -> tuple[int, ...]:
    if any(number != int(number) for number in numbers):
        raise OptionError(f"{numbers} are not all whole.", "Only expansions have decimals.")
    return tuple(int(number) for number in numbers)
