"""Generator: a text-to-image model of any kind, as training, tuning and judging see it."""

import copy
import hashlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from stereopsis.errors import OptionError
from stereopsis.imagine.digest import LENGTH, digest_of


@dataclass(frozen=True)
class Embedded:
    """n captions as a network reads them: states of t tokens, and which of them are no padding.

    `extras` are tensors of n rows that some models want besides, by the names they give them.
    """

    states: Float[Tensor, "n t c"]
    mask: Bool[Tensor, "n t"]
    extras: Mapping[str, Tensor] = field(default_factory=dict)

    def to(self, device: torch.device) -> "Embedded":
        """The same on another device; numbers as float32."""
        extras = {name: value.to(device) for name, value in self.extras.items()}
        return Embedded(self.states.to(device).float(), self.mask.to(device), extras)

    def row(self, i: int) -> "Embedded":
        """Only caption i."""
        extras = {name: value[i : i + 1] for name, value in self.extras.items()}
        return Embedded(self.states[i : i + 1], self.mask[i : i + 1], extras)


def join(parts: Sequence[Embedded]) -> Embedded:
    """The captions of all parts, in order; shorter ones are padded."""
    longest = max(part.states.shape[1] for part in parts)
    states, masks = [], []
    for part in parts:
        missing = longest - part.states.shape[1]
        states.append(nn.functional.pad(part.states, (0, 0, 0, missing)))
        masks.append(nn.functional.pad(part.mask, (0, missing)))
    extras = {name: torch.cat([part.extras[name] for part in parts]) for name in parts[0].extras}
    return Embedded(torch.cat(states), torch.cat(masks), extras)


MOST_STEPS = 1000  # of most schedules; a model of a shorter one refuses what exceeds it


@dataclass(frozen=True)
class SampleConfig:
    """How pictures are drawn: steps of the sampler, and the weight of classifier-free guidance."""

    steps: int = 25
    guidance: float = 3.0

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS or not math.isfinite(self.guidance):
            raise OptionError(
                f"Pictures are asked for in {self.steps} steps with a guidance of "
                f"{self.guidance:g}.",
                f"Choose 1 to {MOST_STEPS} steps, and a finite guidance such as 3.",
            )


AS_RELEASED = SampleConfig()


def last_steps(strength: float, config: SampleConfig) -> int:
    """How many steps of the sampler make up the last share `strength` of its way.

    Raises:
        OptionError: the strength is not between 0 and 1.
    """
    if not 0 <= strength <= 1:
        raise OptionError(
            f"Pictures are to be drawn again with strength {strength:g}.", "Choose 0 to 1."
        )
    return round(strength * config.steps)


AT_ONCE = 64  # pictures that are encoded and decoded together


class Generator(ABC):
    """A text-to-image model: a network that is trained, and frozen parts around it."""

    network: nn.Module  # the denoiser or transformer: all that training and tuning change
    side: int  # px of the square pictures that it makes
    is_noised: bool  # whether training adds noise, which may be offset

    @abstractmethod
    def encode(self, pictures: UInt8[Tensor, "n h w 3"]) -> Tensor:
        """The pictures, `side` px square, as the network works on them.

        Latents, pixels in -1..1, or code numbers.
        """

    @abstractmethod
    def decode(self, encoded: Tensor) -> UInt8[Tensor, "n h w 3"]:
        """The pictures that encoded ones stand for, on the CPU."""

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
        """The training loss of a batch; `network` is this generator's, maybe wrapped.

        `rng` lives on the CPU, so that a step draws the same on every device.
        """

    @abstractmethod
    def sample(
        self, captions: Sequence[str], seeds: Sequence[int], config: SampleConfig = AS_RELEASED
    ) -> UInt8[Tensor, "n h w 3"]:
        """A picture for each caption, which caption and seed alone determine, not its batch."""

    @abstractmethod
    def redraw(
        self,
        pictures: UInt8[Tensor, "n h w 3"],
        captions: Sequence[str],
        seeds: Sequence[int],
        strength: float,
        config: SampleConfig = AS_RELEASED,
    ) -> UInt8[Tensor, "n h w 3"]:
        """The pictures, `side` px square, drawn again over the last `strength` of the way to them.

        At 0 they are only encoded and decoded; at 1 they are all but forgotten. `config.steps` are
        those of the whole way.

        Raises:
            OptionError: the strength is not between 0 and 1.

        Source: Meng et al., SDEdit (2022), section 3.
        """

    @abstractmethod
    def save(self, folder: Path, half: bool = False) -> None:
        """Writes all parts in the layout of diffusers, to be opened again; half: as float16."""

    @abstractmethod
    def frozen(self) -> Sequence[nn.Module]:
        """The networks around the trained one: autoencoder and text encoders."""

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """What its scheduler says, as plain values: no weight, but pictures depend on it."""

    @property
    def digest(self) -> str:
        """A few letters that tell it from others, by all weights, its scheduler and its side."""
        weights = digest_of(self.network, *self.frozen())
        told = json.dumps([weights, self.side, self.settings()], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:LENGTH]

    def as_drawn(self, pictures: UInt8[np.ndarray, "n s s 3"]) -> UInt8[np.ndarray, "n s s 3"]:
        """The pictures as this model would draw them at its best: encoded and decoded."""
        batches = torch.split(torch.from_numpy(pictures), AT_ONCE)
        return torch.cat([self.decode(self.encode(batch)) for batch in batches]).numpy()

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def to(self, device: torch.device | str) -> "Generator":
        """This generator, with all its networks moved to the device."""
        for module in (self.network, *self.frozen()):
            module.to(device)
        return self

    def with_network(self, network: nn.Module) -> "Generator":
        """The same generator around another network of the same kind, such as an average."""
        other = copy.copy(self)
        other.network = network
        return other
