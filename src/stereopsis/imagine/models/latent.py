"""Latent diffusion: a U-Net of diffusers on the latents of an autoencoder, told captions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from stereopsis.imagine.models.diffusion import (
    DiffusionGenerator,
    NoiseConfig,
    Parts,
    build_schedule,
    call_unet,
)
from stereopsis.imagine.models.fourier import frequencies_of, lift
from stereopsis.imagine.models.layout import write_folder
from stereopsis.imagine.models.pixels import to_pictures, to_signal
from stereopsis.imagine.models.text import MINILM_WIDTH, Reader


@dataclass(frozen=True)
class UNetConfig:
    """Channels at each resolution, half of the one before, and where captions are read.

    The defaults make 8 M parameters, most of them where the resolution is low, so that one core of
    a processor trains on more than a hundred latents of 8 x 8 a second.
    """

    channels: tuple[int, ...] = (96, 128, 160)
    attends: tuple[bool, ...] = (False, True, False)  # the lowest has attention in any case
    blocks: int = 1  # residual blocks at each resolution
    cross_width: int = 256  # of the captions' states as the U-Net reads them
    head_width: int = 32
    groups: int = 32


def build_unet(
    config: UNetConfig, side: int, signal_channels: int, text_width: int = MINILM_WIDTH
) -> UNet2DConditionModel:
    """A U-Net with random weights for signals of `signal_channels` x side x side."""
    down = ["CrossAttnDownBlock2D" if each else "DownBlock2D" for each in config.attends]
    up = ["CrossAttnUpBlock2D" if each else "UpBlock2D" for each in config.attends]
    return UNet2DConditionModel(
        sample_size=side,
        in_channels=signal_channels,
        out_channels=signal_channels,
        block_out_channels=config.channels,
        down_block_types=tuple(down),
        up_block_types=tuple(reversed(up)),
        layers_per_block=config.blocks,
        cross_attention_dim=config.cross_width,
        attention_head_dim=tuple(channels // config.head_width for channels in config.channels),
        norm_num_groups=config.groups,
        encoder_hid_dim=text_width,
        encoder_hid_dim_type="text_proj",
    )


@dataclass(frozen=True)
class LatentConfig:
    """A latent diffusion model."""

    unet: UNetConfig = UNetConfig()
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
    """A latent diffusion model whose U-Net has random weights."""
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

    def save(network: nn.Module, folder: Path, half: bool) -> None:
        parts = {"unet": network, "vae": autoencoder, "scheduler": schedule}
        write_folder(folder, "latent", side, parts, half)

    coder = LatentCoder(autoencoder, side)
    return DiffusionGenerator(unet, side, Parts(coder, reader, schedule, call_unet, save))
