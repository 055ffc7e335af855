"""Pixel diffusion: a U-Net of diffusers on small pictures themselves, as in Imagen's base model."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from diffusers import DDPMScheduler, UNet2DConditionModel
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from stereopsis.imagine.models.diffusion import (
    DiffusionGenerator,
    NoiseConfig,
    Parts,
    build_schedule,
    call_unet,
)
from stereopsis.imagine.models.layout import keep_parts
from stereopsis.imagine.models.pixels import to_pictures, to_signal
from stereopsis.imagine.models.text import Reader
from stereopsis.imagine.models.unet import UNetConfig, build_unet


@dataclass(frozen=True)
class PixelConfig:
    """A pixel diffusion model; the first levels, at full resolution, decide its cost."""

    unet: UNetConfig = field(
        default_factory=lambda: UNetConfig((32, 64, 128, 160), (False, False, True, False))
    )
    noise: NoiseConfig = field(
        default_factory=lambda: NoiseConfig(beta_schedule="squaredcos_cap_v2")
    )


class PixelCoder:
    """Pixels in -1..1; samples are held there by dynamic thresholding."""

    bounded = True

    def __init__(self, side: int) -> None:
        self.shape = (3, side, side)

    def encode(self, pictures: UInt8[Tensor, "n h w 3"]) -> Float[Tensor, "n c y x"]:
        """As a Coder does."""
        return to_signal(pictures)

    def decode(self, encoded: Float[Tensor, "n c y x"]) -> UInt8[Tensor, "n h w 3"]:
        """As a Coder does."""
        return to_pictures(encoded)

    def networks(self) -> Sequence[nn.Module]:
        """None."""
        return []


def build_pixel(config: PixelConfig, reader: Reader, side: int = 32) -> DiffusionGenerator:
    """A pixel diffusion model whose U-Net has random weights."""
    unet = build_unet(config.unet, side, 3)
    return assemble_pixel(unet, build_schedule(config.noise), reader, side)


def assemble_pixel(
    unet: UNet2DConditionModel, schedule: DDPMScheduler, reader: Reader, side: int
) -> DiffusionGenerator:
    """The generator that these parts are."""
    save = keep_parts("pixel", side, {"scheduler": schedule})
    return DiffusionGenerator(
        unet, side, Parts(PixelCoder(side), reader, schedule, call_unet, save)
    )
