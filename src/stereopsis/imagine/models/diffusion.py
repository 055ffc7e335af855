"""Diffusion: how noise is added to what a network learns from, and taken away to make pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from diffusers import DDIMScheduler, DDPMScheduler
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from stereopsis.imagine.models.ddim import build_sampler, schedule_of, set_times, step_down
from stereopsis.imagine.models.generator import (
    AS_RELEASED,
    Embedded,
    Generator,
    SampleConfig,
    last_steps,
)
from stereopsis.imagine.models.guidance import embed_twice, evaluating, guide
from stereopsis.imagine.models.layout import Save
from stereopsis.imagine.models.text import Reader

MOST_WEIGHT = 25.0  # of an error where there is hardly any noise

Call = Callable[[nn.Module, Tensor, Tensor, Embedded], Tensor]


@dataclass(frozen=True)
class NoiseConfig:
    """The steps from a picture to noise, and what the network tells of a step.

    The defaults are Stable Diffusion's schedule with v as the target (Salimans and Ho 2022).
    """

    steps: int = 1000
    beta_start: float = 0.00085
    beta_end: float = 0.012
    beta_schedule: Literal["linear", "scaled_linear", "squaredcos_cap_v2"] = "scaled_linear"
    target: Literal["epsilon", "v_prediction", "sample"] = "v_prediction"


def build_schedule(config: NoiseConfig) -> DDPMScheduler:
    """The schedule as diffusers has it."""
    return DDPMScheduler(
        config.steps, config.beta_start, config.beta_end, config.beta_schedule,
        prediction_type=config.target, clip_sample=False, timestep_spacing="trailing",
    )  # fmt: skip


@runtime_checkable
class Coder(Protocol):
    """Pictures to what the network works on, and back."""

    shape: tuple[int, int, int]  # of one encoded picture: channels, height, width
    bounded: bool  # whether encoded pictures lie in -1..1, and samples are held there

    def encode(self, pictures: UInt8[Tensor, "n h w 3"]) -> Float[Tensor, "n c y x"]:
        """Encoded pictures, of variance about 1."""
        ...

    def decode(self, encoded: Float[Tensor, "n c y x"]) -> UInt8[Tensor, "n h w 3"]:
        """The pictures."""
        ...

    def networks(self) -> Sequence[nn.Module]:
        """The autoencoder, if there is one."""
        ...


@dataclass(frozen=True)
class Parts:
    """What stands around a denoiser.

    `call` gives the denoiser's prediction from (network, noisy, times, captions), `save` writes a
    network and all else to a folder.
    """

    coder: Coder
    reader: Reader
    schedule: DDPMScheduler
    call: Call
    save: Save


class DiffusionGenerator(Generator):
    """A denoiser with its parts: on latents or on pixels, our own or of another checkpoint."""

    is_noised = True

    def __init__(self, network: nn.Module, side: int, parts: Parts) -> None:
        self.network = network
        self.side = side
        self._parts = parts

    def encode(self, pictures: UInt8[Tensor, "n h w 3"]) -> Tensor:
        """As every Generator does."""
        with torch.no_grad():
            return self._parts.coder.encode(pictures.to(self.device))

    @torch.no_grad()
    def decode(self, encoded: Tensor) -> UInt8[Tensor, "n h w 3"]:
        """As every Generator does."""
        return self._parts.coder.decode(encoded).cpu()

    def embed(self, captions: Sequence[str]) -> Embedded:
        """As every Generator does."""
        return self._parts.reader.embed(captions).to(self.device)

    def loss(
        self,
        network: nn.Module,
        encoded: Tensor,
        embedded: Embedded,
        rng: torch.Generator,
        noise_offset: float = 0.0,
    ) -> Float[Tensor, ""]:
        """The mean squared error of the prediction, at random steps of the schedule.

        An error of a predicted picture weighs as much as that of v which it amounts to: with little
        noise more than with much, up to MOST_WEIGHT, which is ours.
        Source: Li and He, Back to Basics: Let Denoising Generative Models Denoise (2025).
        """
        schedule = self._parts.schedule
        steps = int(schedule.config["num_train_timesteps"])
        times = torch.randint(0, steps, (len(encoded),), generator=rng).to(encoded.device)
        noise = draw_noise(encoded.shape, noise_offset, rng).to(encoded.device)
        noisy = schedule.add_noise(encoded, noise, times)
        target = noise
        if schedule.config["prediction_type"] == "v_prediction":
            target = schedule.get_velocity(encoded, noise, times)
        elif schedule.config["prediction_type"] == "sample":
            target = encoded
        told = self._parts.call(network, noisy, times, embedded)
        off = (told.float() - target).square()
        if schedule.config["prediction_type"] == "sample":
            noise_share = 1 - schedule.alphas_cumprod[times.cpu()].to(off)
            off = off / noise_share.clamp(min=1 / MOST_WEIGHT).reshape(-1, 1, 1, 1)
        return off.mean()

    @torch.no_grad()
    def sample(
        self, captions: Sequence[str], seeds: Sequence[int], config: SampleConfig = AS_RELEASED
    ) -> UInt8[Tensor, "n h w 3"]:
        """As every Generator does, by DDIM: each picture starts from noise of its own seed."""
        sampler = self._sampler()
        times = set_times(sampler, config.steps)
        return self._denoise(self._noise(seeds), sampler, times, captions, config.guidance)

    @torch.no_grad()
    def redraw(
        self,
        pictures: UInt8[Tensor, "n h w 3"],
        captions: Sequence[str],
        seeds: Sequence[int],
        strength: float,
        config: SampleConfig = AS_RELEASED,
    ) -> UInt8[Tensor, "n h w 3"]:
        """As every Generator does: noised to a later step of the sampler, and denoised from it."""
        sampler = self._sampler()
        times = set_times(sampler, config.steps)[config.steps - last_steps(strength, config) :]
        x = self.encode(pictures)
        if times:
            x = sampler.add_noise(x, self._noise(seeds), torch.tensor(times[:1], device=x.device))
        return self._denoise(x, sampler, times, captions, config.guidance)

    def _sampler(self) -> DDIMScheduler:
        return build_sampler(self._parts.schedule.config, self._parts.coder.bounded)

    def _noise(self, seeds: Sequence[int]) -> Float[Tensor, "n c y x"]:
        shape = self._parts.coder.shape
        return torch.cat([_first_noise(shape, seed) for seed in seeds]).to(self.device)

    def _denoise(
        self,
        x: Float[Tensor, "n c y x"],
        sampler: DDIMScheduler,
        times: Sequence[int],
        captions: Sequence[str],
        guidance: float,
    ) -> UInt8[Tensor, "n h w 3"]:
        embedded = embed_twice(self, captions)
        with evaluating(self.network):
            for time, after in zip(times, [*times, None][1:], strict=True):
                twice = torch.full((2 * len(x),), time, device=x.device)
                told = self._parts.call(self.network, torch.cat([x, x]), twice, embedded).float()
                x = step_down(sampler, guide(told, guidance), x, time, after)
        return self.decode(x)

    def save(self, folder: Path, half: bool = False) -> None:
        """As every Generator does."""
        self._parts.save(self.network, folder, half)

    def frozen(self) -> Sequence[nn.Module]:
        """As every Generator does."""
        return [*self._parts.coder.networks(), *self._parts.reader.networks()]

    def settings(self) -> Mapping[str, Any]:
        """As every Generator does: the noise schedule and its target."""
        return schedule_of(self._parts.schedule.config)


def draw_noise(
    shape: Sequence[int], offset: float, rng: torch.Generator
) -> Float[Tensor, "n c y x"]:
    """Noise, plus `offset` times more that is the same all over a channel of a picture.

    Source: Dai et al., Emu (2023), section 3: 0.02 at the end of pre-training, 0.1 in tuning.
    """
    noise = torch.randn(tuple(shape), generator=rng)
    flat = torch.randn((*shape[:2], 1, 1), generator=rng)  # drawn always: offsets compare alike
    return noise + offset * flat


def _first_noise(shape: tuple[int, int, int], seed: int) -> Float[Tensor, "1 c y x"]:
    return torch.randn((1, *shape), generator=torch.Generator().manual_seed(seed))


def call_unet(network: nn.Module, noisy: Tensor, times: Tensor, embedded: Embedded) -> Tensor:
    """What a conditional U-Net of diffusers predicts."""
    told = network(
        noisy,
        times,
        encoder_hidden_states=embedded.states,
        encoder_attention_mask=embedded.mask,
        added_cond_kwargs=dict(embedded.extras) or None,
    )
    prediction: Tensor = told.sample
    return prediction
