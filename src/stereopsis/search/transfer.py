"""A topology found on the proxy set as the trunk of the depth network."""

from collections.abc import Set
from dataclasses import dataclass, replace

from stereopsis.nets.arch import Architecture, Stage
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.parallel import ParallelTrunk
from stereopsis.nets.topology import ParallelSpace, Part
from stereopsis.nets.unet import UNetConfig

MOST_REPEATS = 12  # of the blocks of a chain


@dataclass(frozen=True)
class Decoder:
    """What follows the trunk: the decoder's channels, coarsest first, and those of the summary."""

    widths: tuple[int, ...] = (32, 24, 16, 16, 8)
    context: int = 32


def build_parallel_mono(space: ParallelSpace, on: Set[Part], decoder: Decoder) -> MonoDepth:
    """The depth network whose encoder is a topology: it takes each path where it ends.

    All paths are started, since the decoder reads all; parts that the topology lacks are not there.
    """
    network = build_chain_mono(space, 1, decoder)  # the same features, so the same decoder
    network.trunk = ParallelTrunk(space, on | set(space.starts()))  # type: ignore[assignment]
    return network


def build_chain_mono(space: ParallelSpace, repeats: int, decoder: Decoder) -> MonoDepth:
    """The depth network with a plain trunk of the space's channels and blocks, in a chain."""
    return MonoDepth(UNetConfig(chain(space, repeats), decoder.widths, decoder.context))


def chain(space: ParallelSpace, repeats: int) -> Architecture:
    """One resolution after another, each of so many blocks."""
    stages = [replace(space.block(start), repeats=repeats) for start in space.starts()]
    return Architecture((Stage("conv", 3, 2, space.stem), *stages))
