"""The conditional U-Net of diffusers, sized for latents and small pictures."""

from dataclasses import dataclass

from diffusers import UNet2DConditionModel

from stereopsis.imagine.models.text import MINILM_WIDTH


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
