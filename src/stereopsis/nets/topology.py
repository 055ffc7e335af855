"""Topology: which parts of a network of parallel resolutions are there, as data without PyTorch."""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Literal

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Stage

Kind = Literal["start", "block", "up", "down"]
HeadKind = Literal["dense", "labels"]

_STAGE = re.compile(r"b([01.]+)_u([01]*)_d([01]*)")


@dataclass(frozen=True, order=True)
class Part:
    """A part of the network that writes to a path.

    A `start` makes the path, at half the size, from the next finer one. Stages follow: in each,
    `up` adds the next coarser path and `down` the next finer one, then the path's blocks run, of
    which this may be the `index`-th.
    """

    kind: Kind
    stage: int
    path: int
    index: int = 0

    @property
    def source(self) -> int:
        """The path that it reads; -1 is the stem."""
        return self.path + {"start": -1, "block": 0, "up": 1, "down": -1}[self.kind]


@dataclass(frozen=True)
class ParallelSpace:
    """A stem at 1/2, paths at 1/4, 1/8, ... of these `channels`, and stages in which they run.

    Each path of a stage has `blocks` inverted residuals, and takes from its neighbours first. All
    of these may be on or off: 2^len(choices()) topologies.

    Source: Wu et al., FBNetV5 (2021), the supernet. Here a chain of strided blocks starts the
    paths, and blocks are all of one kind.
    """

    stem: int = 16
    channels: tuple[int, ...] = (16, 24, 48, 96)
    stages: int = 3
    blocks: int = 2
    expansion: float = 3
    kernel: int = 3

    def __post_init__(self) -> None:
        if not self.channels or min(self.stages, self.blocks) < 1:
            raise OptionError(
                "A network of parallel paths needs a path, a stage and a block.", "Add what lacks."
            )
        for channels in (self.stem, *self.channels):  # says what is wrong with the numbers
            Stage("ir", self.kernel, 1, channels, self.expansion)

    @property
    def paths(self) -> range:
        """The paths, finest first."""
        return range(len(self.channels))

    def starts(self) -> tuple[Part, ...]:
        """The parts that nothing chooses: a path's start is there if the path is read."""
        return tuple(Part("start", 0, path) for path in self.paths)

    def choices(self) -> tuple[Part, ...]:
        """The parts that may be on or off, in the order of masks: stage by stage."""
        found: list[Part] = []
        for stage in range(1, self.stages + 1):
            paths = self.paths
            found += [Part("block", stage, p, i) for p in paths for i in range(self.blocks)]
            found += [Part("up", stage, path) for path in paths[:-1]]
            found += [Part("down", stage, path) for path in paths[1:]]
        return tuple(found)

    def block(self, part: Part) -> Stage:
        """The inverted residual that a part is; an `up` has none."""
        assert part.kind != "up"
        stride = 1 if part.kind == "block" else 2
        expansion = 1 if part.kind == "down" else self.expansion
        return Stage("ir", self.kernel, stride, self.channels[part.path], expansion)

    def width(self, path: int) -> int:
        """The channels of a path; of the stem for -1."""
        return self.stem if path < 0 else self.channels[path]


@dataclass(frozen=True)
class Head:
    """What a task reads: `dense` the finest path, pixel by pixel; `labels` the coarsest's mean."""

    kind: HeadKind
    outputs: int

    def path(self, space: ParallelSpace) -> int:
        """The path that it reads."""
        return space.paths[0 if self.kind == "dense" else -1]


def live_parts(space: ParallelSpace, on: Set[Part], read: Iterable[int]) -> frozenset[Part]:
    """The parts among those on from which anything reaches the end of the paths that are read.

    With them come the starts of all paths that are needed.
    """
    needed, live = set(read), set[Part]()
    for stage in range(space.stages, 0, -1):
        here = {part for part in on if part.stage == stage and part.path in needed}
        live |= here
        needed |= {part.source for part in here}
    return frozenset(live) | frozenset(space.starts()[: max(needed) + 1])


def parts_on(space: ParallelSpace, mask: Iterable[bool]) -> frozenset[Part]:
    """The parts that a mask over space.choices() switches on."""
    chosen = zip(space.choices(), mask, strict=True)
    return frozenset(part for part, is_on in chosen if is_on)


def format_topology(space: ParallelSpace, on: Set[Part]) -> str:
    """A line for each stage, like b11.10.00.01_u101_d010; parse_topology() reads it back.

    It holds the blocks of each path, finest first, and into which path there is an `up` (all but
    the coarsest) and a `down` (all but the finest).
    """
    lines = []
    for stage in range(1, space.stages + 1):
        here = [part for part in space.choices() if part.stage == stage]
        paths = [
            "".join(_bit(part in on) for part in here if part.kind == "block" and part.path == path)
            for path in space.paths
        ]
        up, down = (
            "".join(_bit(part in on) for part in here if part.kind == kind)
            for kind in ("up", "down")
        )
        lines.append(f"b{'.'.join(paths)}_u{up}_d{down}")
    return "\n".join(lines)


def parse_topology(space: ParallelSpace, text: str) -> frozenset[Part]:
    """The parts that are on in a topology that format_topology() wrote.

    Raises:
        OptionError: the text has another form, or is a topology of another space.
    """
    matches = [_STAGE.fullmatch(line) for line in text.split()]
    bits = "".join(
        match[1].replace(".", "") + match[2] + match[3] for match in matches if match is not None
    )
    if None not in matches and len(bits) == len(space.choices()):
        on = parts_on(space, (bit == "1" for bit in bits))
        if format_topology(space, on).split() == text.split():
            return on
    raise OptionError(
        f'"{text}" is not a topology of {space.stages} stages with {len(space.paths)} paths of '
        f"{space.blocks} blocks.",
        "Write a line for each stage, like " + format_topology(space, set()).split()[0] + ".",
    )


def _bit(is_on: bool) -> str:
    return "1" if is_on else "0"
