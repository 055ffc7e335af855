"""Autoencoders of diffusers for small pictures: latents of a normal distribution, or codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from diffusers import AutoencoderKL, VQModel
from jaxtyping import Float
from torch import Tensor

from stereopsis.errors import OptionError, WeightsError
from stereopsis.imagine.models.parts import open_part

Autoencoder: TypeAlias = AutoencoderKL | VQModel
FOLDERS = {"AutoencoderKL": "vae", "VQModel": "vqvae"}  # of a run, by class


@dataclass(frozen=True)
class AutoencoderConfig:
    """Channels at each resolution, half of the one before, and of the latent.

    `frequencies` is the number of the Fourier lifting before the encoder; 0 is none. With `codes`
    it is a codebook of so many vectors of `latent_channels` numbers. The defaults make 2.8 M
    parameters; the first level, at full resolution, decides the cost.
    """

    latent_channels: int = 8
    frequencies: int = 4
    codes: int = 0
    channels: tuple[int, ...] = (24, 32, 64, 128)
    blocks: int = 1
    groups: int = 8


def build_autoencoder(config: AutoencoderConfig, side: int) -> Autoencoder:
    """An autoencoder with random weights; it shrinks pictures 2^(levels - 1) times."""
    levels = len(config.channels)
    settings = dict(
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=config.channels,
        layers_per_block=config.blocks,
        latent_channels=config.latent_channels,
        norm_num_groups=config.groups,
        sample_size=side,
        scaling_factor=1.0,
    )
    if config.codes:
        # Without a lifting: diffusers' masked pipelines hand plain pictures to it.
        return VQModel(
            in_channels=3,
            num_vq_embeddings=config.codes,
            vq_embed_dim=config.latent_channels,
            lookup_from_codebook=True,
            **settings,
        )
    return AutoencoderKL(in_channels=3 + 6 * config.frequencies, **settings)


def check_side(side: int, channels: Sequence[int]) -> None:
    """Nothing, if an autoencoder of these levels gives pictures of this side back in their size.

    Raises:
        OptionError: it does not.
    """
    shrink = 2 ** (len(channels) - 1)
    if side % shrink:
        raise OptionError(
            f"The autoencoder cannot shrink pictures of {side} px by {shrink}.",
            f"Choose a side that is a multiple of {shrink} px.",
        )


def decode_quantised(
    autoencoder: VQModel, quantised: Float[Tensor, "n c y x"]
) -> Float[Tensor, "n 3 h w"]:
    """The pictures, in 0..1, of latents that are codes of the codebook."""
    spatial = autoencoder.config["norm_type"] == "spatial"
    given = autoencoder.post_quant_conv(quantised)
    decoded: Tensor = autoencoder.decoder(given, quantised if spatial else None)
    return decoded


def open_autoencoder(folder: Path) -> Autoencoder:
    """The autoencoder that a run's folder holds.

    Raises:
        WeightsError: it holds none.
    """
    kinds: dict[str, Any] = {"AutoencoderKL": AutoencoderKL, "VQModel": VQModel}
    for kind, name in FOLDERS.items():
        if (folder / name / "config.json").is_file():
            try:
                return open_part(kinds[kind], folder, name)
            except (OSError, ValueError, RuntimeError) as error:
                first = str(error).strip().partition("\n")[0]
                raise WeightsError(
                    f"The autoencoder in {folder} cannot be opened ({first}).",
                    "Train it again with python -m stereopsis.imagine.autoencoder.",
                ) from error
    raise WeightsError(
        f"{folder} holds no finished autoencoder.",
        "Name the folder of a run of python -m stereopsis.imagine.autoencoder.",
    )
