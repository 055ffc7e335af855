"""Data: batches drawn from packs of training frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from torch import Tensor

from stereopsis.errors import DataError, OptionError
from stereopsis.train.augment import photograph, random_crop, take_crop
from stereopsis.train.pack import Frame

RENDERED_STRENGTH = 1.6  # renderings vary less by themselves than photographs do
MOST_DRAWS = 50  # per frame of a batch, before the packs are found useless
FEWEST_KNOWN = 0.3  # share of a crop that must have known depth


@dataclass(frozen=True)
class Batch:
    """n pictures with the inverse depth of their valid pixels; `exact` where it was rendered."""

    image: UInt8[Tensor, "n h w 3"]
    inverse_depth: Float32[Tensor, "n h w"]
    valid: Bool[Tensor, "n h w"]
    exact: Bool[Tensor, " n"]

    def to(self, device: str) -> "Batch":
        """The batch on another device."""
        return Batch(
            self.image.to(device),
            self.inverse_depth.to(device),
            self.valid.to(device),
            self.exact.to(device),
        )


class Drawable(Protocol):
    """Frames to draw from: a pack, or worlds rendered as they are needed."""

    def __len__(self) -> int: ...

    def draw(self, rng: np.random.Generator) -> Frame:
        """Any frame."""


@dataclass(frozen=True)
class Source:
    """A pack, or whatever frames are drawn from, and how often, compared with other sources."""

    pack: Drawable
    share: float


def draw_batch(
    sources: Sequence[Source],
    size: tuple[int, int],
    count: int,
    rng: np.random.Generator,
    photographed: bool = True,
) -> Batch:
    """`count` frames of this (height, width), drawn from the sources by share and augmented.

    They are cropped and mirrored at random, and `photographed` by other cameras.

    Raises:
        OptionError: there is no source, one without frames or with a negative share, or every
            share is 0.
        DataError: a frame is damaged, or hardly any has known depth.
    """
    is_odd = any(not len(source.pack) or source.share < 0 for source in sources)
    if is_odd or not sum(source.share for source in sources) > 0:
        raise OptionError(
            "Training needs packs with frames in them, with shares from 0 and not all 0.",
            "Name packs made by stereopsis.train.worlds or stereopsis.train.label.",
        )
    shares = np.array([source.share for source in sources])
    frames: list[Frame] = []
    for _ in range(MOST_DRAWS * count):
        pack = sources[rng.choice(len(sources), p=shares / shares.sum())].pack
        frame = pack.draw(rng)
        frame = take_crop(frame, random_crop(frame, size[1] / size[0], rng), *size)
        if frame.valid.mean() >= FEWEST_KNOWN:
            frames.append(frame)
        if len(frames) == count:
            return _as_batch([_photographed(f, rng) if photographed else f for f in frames])
    raise DataError(
        f"Fewer than one in {MOST_DRAWS} frames has known depth.", "Make the packs again."
    )


def _photographed(frame: Frame, rng: np.random.Generator) -> Frame:
    strength = RENDERED_STRENGTH if frame.exact else 1.0
    return replace(frame, image=photograph(frame.image, strength, rng))


def _as_batch(frames: list[Frame]) -> Batch:
    return Batch(
        torch.from_numpy(np.stack([frame.image for frame in frames])),
        torch.from_numpy(np.stack([frame.inverse_depth for frame in frames])),
        torch.from_numpy(np.stack([frame.valid for frame in frames])),
        torch.tensor([frame.exact for frame in frames]),
    )
