"""Latent diffusion: a U-Net of diffusers on the latents of an autoencoder, told captions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from stereopsis.imagine.models.autoencoder import check_side
from stereopsis.imagine.models.diffusion import (
    DiffusionGenerator,
    NoiseConfig,
    Parts,
    build_schedule,
    call_unet,
)
from stereopsis.imagine.models.fourier import frequencies_of, lift
from stereopsis.imagine.models.layout import keep_parts
from stereopsis.imagine.models.pixels import to_pictures, to_signal
from stereopsis.imagine.models.text import Reader
from stereopsis.imagine.models.unet import UNetConfig, build_unet


@dataclass(frozen=True)
class LatentConfig:
    """A latent diffusion model."""

    unet: UNetConfig = field(default_factory=UNetConfig)
    noise: NoiseConfig = field(default_factory=NoiseConfig)


class LatentCoder:
    """An AutoencoderKL; pictures are lifted first if it wants more than three channels."""

    bounded = False

    def __init__(self, autoencoder: AutoencoderKL, side: int) -> None:
        self._autoencoder = autoencoder.eval().requires_grad_(False)
        settings = autoencoder.config
        self._frequencies = frequencies_of(settings["in_channels"])
        self._scale = float(settings["scaling_factor"])
        self._shift = float(settings.get("shift_factor") or 0.0)
        shrink = 2 ** (len(settings["block_out_channels"]) - 1)
        self.shape = (int(settings["latent_channels"]), side // shrink, side // shrink)

    def encode(self, pictures: UInt8[Tensor, "n h w 3"]) -> Float[Tensor, "n c y x"]:
        """As a Coder does: the mean of the latent's distribution."""
        signal = lift(to_signal(pictures), self._frequencies)
        latent: Tensor = self._autoencoder.encode(signal).latent_dist.mode()
        return (latent - self._shift) * self._scale

    def decode(self, encoded: Float[Tensor, "n c y x"]) -> UInt8[Tensor, "n h w 3"]:
        """As a Coder does."""
        latent = encoded / self._scale + self._shift
        return to_pictures(self._autoencoder.decode(latent).sample)

    def networks(self) -> Sequence[nn.Module]:
        """As a Coder does."""
        return [self._autoencoder]


def build_latent(
    config: LatentConfig, autoencoder: AutoencoderKL, reader: Reader, side: int = 64
) -> DiffusionGenerator:
    """A latent diffusion model whose U-Net has random weights.

    Raises:
        OptionError: the autoencoder cannot shrink pictures of this side.
    """
    check_side(side, autoencoder.config["block_out_channels"])
    channels, height, _ = LatentCoder(autoencoder, side).shape
    unet = build_unet(config.unet, height, channels)
    return assemble_latent(unet, autoencoder, build_schedule(config.noise), reader, side)


def assemble_latent(
    unet: UNet2DConditionModel,
    autoencoder: AutoencoderKL,
    schedule: DDPMScheduler,
    reader: Reader,
    side: int,
) -> DiffusionGenerator:
    """The generator that these parts are."""
    save = keep_parts("latent", side, {"vae": autoencoder, "scheduler": schedule})
    coder = LatentCoder(autoencoder, side)
    return DiffusionGenerator(unet, side, Parts(coder, reader, schedule, call_unet, save))
