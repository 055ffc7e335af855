"""ParallelNet: paths of several resolutions side by side, and a head for each task."""

from collections.abc import Iterable, Mapping, Set

import torch
from torch import Tensor, nn

from stereopsis.nets.arch import Stage
from stereopsis.nets.blocks import (
    ConvNorm,
    InvertedResidual,
    build_block,
    pointwise,
    upsample_twice,
)
from stereopsis.nets.topology import Head, ParallelSpace, Part, live_parts
from stereopsis.nets.unet import IMAGENET_MEAN, IMAGENET_STD


class ParallelTrunk(nn.Module):
    """The parts of a topology, run stage by stage; with all parts of the space, the supernet.

    A block that is off passes its features on, a fusion that is off adds nothing: both are exact.
    Weights have the same names whichever parts are there. `channels` and `taps` are as in Trunk:
    the stem at half resolution comes first, then the paths that have a start.

    Source: Wu et al., FBNetV5 (2021), the supernet of parallel resolutions.
    """

    def __init__(self, space: ParallelSpace, parts: Iterable[Part], inputs: int = 3) -> None:
        super().__init__()
        self.space, self.on = space, frozenset(parts)
        self.stem = build_block(Stage("conv", 3, 2, space.stem), inputs, first=True)
        self.parts = nn.ModuleDict(
            {_name(part): _build_part(space, part) for part in sorted(self.on)}
        )
        self.paths = [part.path for part in space.starts() if part in self.on]
        self.channels = (space.stem, *(space.channels[path] for path in self.paths))
        self.taps = tuple(range(len(self.channels)))

    def forward(self, x: Tensor, on: Set[Part] | None = None) -> list[Tensor]:
        """Pictures (n, 3, h, w) to features (n, c, h / 2, w / 2), (n, c, h / 4, w / 4), ...

        Of the parts that it has only those that are `on` are run; all if not given.
        """
        on = self.on if on is None else self.on & on
        half: Tensor = self.stem(x)
        features: list[Tensor] = []
        for path in self.paths:
            start = self.parts[_name(Part("start", 0, path))]
            features.append(start(features[-1] if features else half))
        for stage in range(1, self.space.stages + 1):
            fused = [self._fuse(stage, path, features, on) for path in self.paths]
            features = [self._run(stage, path, x, on) for path, x in enumerate(fused)]
        return [half, *features]

    def _fuse(self, stage: int, path: int, features: list[Tensor], on: Set[Part]) -> Tensor:
        """The path's features, to which its neighbours' are added."""
        total = features[path]
        if (up := Part("up", stage, path)) in on:
            total = total + upsample_twice(self.parts[_name(up)](features[up.source]))
        if (down := Part("down", stage, path)) in on:
            total = total + self.parts[_name(down)](features[down.source])
        return total

    def _run(self, stage: int, path: int, x: Tensor, on: Set[Part]) -> Tensor:
        """The features after the path's blocks."""
        for index in range(self.space.blocks):
            if (block := Part("block", stage, path, index)) in on:
                x = self.parts[_name(block)](x)
        return x


class ParallelNet(nn.Module):
    """A trunk of parallel paths and a small head for each task; normalises pictures itself."""

    mean: Tensor
    std: Tensor

    def __init__(
        self, space: ParallelSpace, parts: Iterable[Part], heads: Mapping[str, Head]
    ) -> None:
        super().__init__()
        self.trunk = ParallelTrunk(space, parts)
        self.heads = nn.ModuleDict(
            {name: TaskHead(space.width(head.path(space)), head) for name, head in heads.items()}
        )
        self.paths = {name: head.path(space) for name, head in heads.items()}
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD), persistent=False)

    def forward(self, image: Tensor, on: Set[Part] | None = None) -> dict[str, Tensor]:
        """What each task is told of sRGB pictures (n, h, w, 3), 0..255, with these parts `on`.

        Dense tasks get (n, outputs, h / 4, w / 4), tasks of labels (n, outputs).
        """
        x = ((image.float() - self.mean) / self.std).permute(0, 3, 1, 2)
        _, *features = self.trunk(x, on)
        return {name: head(features[self.paths[name]]) for name, head in self.heads.items()}


class TaskHead(nn.Module):
    """One layer to mix a path's channels and one to tell the answer."""

    def __init__(self, width: int, head: Head) -> None:
        super().__init__()
        self.is_dense = head.kind == "dense"
        self.mix = ConvNorm(pointwise(width, width))
        self.answer = nn.Conv2d(width, head.outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, c, h, w) to (n, outputs, h, w), or of their mean to (n, outputs)."""
        mixed: Tensor = self.mix(x)
        if self.is_dense:
            dense: Tensor = self.answer(mixed).float()
            return dense
        labels: Tensor = self.answer(mixed.mean((2, 3), keepdim=True)).float()
        return labels[:, :, 0, 0]


def build_supernet(space: ParallelSpace, heads: Mapping[str, Head]) -> ParallelNet:
    """The network with every part of the space and a head for each task."""
    return ParallelNet(space, space.starts() + space.choices(), heads)


def build_found(space: ParallelSpace, on: Set[Part], heads: Mapping[str, Head]) -> ParallelNet:
    """The network with those of the parts that reach one of the heads, and no others."""
    read = [head.path(space) for head in heads.values()]
    return ParallelNet(space, live_parts(space, on, read), heads)


def _name(part: Part) -> str:
    return f"{part.kind}_{part.stage}_{part.path}_{part.index}"


def _build_part(space: ParallelSpace, part: Part) -> nn.Module:
    inputs = space.width(part.source)
    if part.kind == "up":
        return ConvNorm(pointwise(inputs, space.width(part.path)), linear=True)
    return InvertedResidual(inputs, space.block(part), first=True)
