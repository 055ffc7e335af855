"""Generator: a text-to-image model of any kind, as training, tuning and judging see it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn


@dataclass(frozen=True)
class Embedded:
    """n captions as a network reads them: states of t tokens, and which of them are no padding.

    `extras` are tensors of n rows that some models want besides, by the names they give them.
    """

    states: Float[Tensor, "n t c"]
    mask: Bool[Tensor, "n t"]
    extras: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class SampleConfig:
    """How pictures are drawn: steps of the sampler, and the weight of classifier-free guidance."""

    steps: int = 25
    guidance: float = 3.0


class Generator(ABC):
    """A text-to-image model: a network that is trained, and frozen parts around it."""

    network: nn.Module  # the denoiser or transformer: all that training and tuning change
    side: int  # px of the square pictures that it makes

    @abstractmethod
    def encode(self, pictures: UInt8[Tensor, "n h w 3"]) -> Tensor:
        """The pictures as the network works on them: latents, pixels in -1..1, or code numbers."""

    @abstractmethod
    def embed(self, captions: Sequence[str]) -> Embedded:
        """The captions; "" is the caption that guidance goes away from."""

    @abstractmethod
    def loss(
        self,
        network: nn.Module,
        encoded: Tensor,
        embedded: Embedded,
        rng: torch.Generator,
        noise_offset: float = 0.0,
    ) -> Float[Tensor, ""]:
        """The training loss of a batch; `network` is this generator's, maybe wrapped."""

    @abstractmethod
    def sample(
        self, captions: Sequence[str], seeds: Sequence[int], config: SampleConfig = SampleConfig()
    ) -> UInt8[Tensor, "n h w 3"]:
        """A picture for each caption, which caption and seed alone determine, not its batch."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes all parts in the layout of diffusers, to be opened again."""
