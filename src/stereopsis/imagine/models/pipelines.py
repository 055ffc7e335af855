"""Adapts other checkpoints of diffusers: Stable Diffusion, SDXL, PixArt and aMUSEd."""

import json
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from diffusers import (
    AmusedScheduler,
    AutoencoderKL,
    DDPMScheduler,
    PixArtTransformer2DModel,
    UNet2DConditionModel,
    UVit2DModel,
    VQModel,
)
from torch import nn
from transformers import (
    CLIPTextModel,
    CLIPTextModelWithProjection,
    T5EncoderModel,
)

from stereopsis.errors import WeightsError
from stereopsis.imagine.models.diffusion import Call, DiffusionGenerator, Parts
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.models.latent import LatentCoder
from stereopsis.imagine.models.layout import INDEX, Save, read_index, write_network
from stereopsis.imagine.models.masked import MaskedGenerator, MaskedParts, call_uvit
from stereopsis.imagine.models.parts import (
    DAMAGE,
    check_parts,
    first_line,
    listed_parts,
    open_part,
    open_tokenizer,
)
from stereopsis.imagine.models.pipeline_calls import call_pixart, call_plain, call_sized
from stereopsis.imagine.models.pipeline_text import (
    ClipReader,
    PooledClipReader,
    T5Reader,
    TwoClipsReader,
)
from stereopsis.imagine.models.text import Reader

TARGETS = ("epsilon", "v_prediction", "sample")
# What some U-Nets want besides a caption: a picture's features, as StableUnCLIP does, or the weight
# of guidance, as latent consistency models do.
MORE = ("class_embed_type", "num_class_embeds", "time_cond_proj_dim")
KNOWN = "Stable Diffusion 1 or 2, SDXL, PixArt, aMUSEd or one of our own"


def adapt_pipeline(folder: Path) -> Generator:
    """The checkpoint in the folder as a Generator.

    Raises:
        WeightsError: it is damaged, or of a kind that cannot be used.
    """
    index = read_index(folder)
    adapt = _kind_of(folder, index)
    check_parts(folder, index)
    try:
        return adapt(folder, index)
    except DAMAGE as error:
        raise WeightsError(
            f"The checkpoint in {folder} cannot be opened ({first_line(error)}).",
            "Copy the whole folder again from where it came.",
        ) from error


def _kind_of(
    folder: Path, index: Mapping[str, Any]
) -> Callable[[Path, Mapping[str, Any]], Generator]:
    """How to adapt a checkpoint that lists these parts."""
    match listed_parts(index):
        case {"transformer": "UVit2DModel", "vqvae": _, "text_encoder": _}:
            return _adapt_amused
        case {
            "transformer": "PixArtTransformer2DModel",
            "vae": _,
            "text_encoder": "T5EncoderModel",
        }:
            return _adapt_pixart
        case {"unet": "UNet2DConditionModel", "vae": _, "text_encoder": _, "text_encoder_2": _}:
            return _adapt_sdxl
        case {"unet": "UNet2DConditionModel", "vae": _, "text_encoder": "CLIPTextModel"}:
            return _adapt_stable_diffusion
    raise WeightsError(
        f"The checkpoint in {folder} is a {index['_class_name']}, which cannot be used here.",
        f"Name a checkpoint of {KNOWN}.",
    )


def _adapt_stable_diffusion(folder: Path, index: Mapping[str, Any]) -> Generator:
    tokenizer = open_tokenizer(folder, "tokenizer")
    encoder = open_part(CLIPTextModel, folder, "text_encoder")
    unet = _unet(folder, None)
    return _adapt_unet(folder, index, unet, ClipReader(tokenizer, encoder), lambda side: call_plain)


def _adapt_sdxl(folder: Path, index: Mapping[str, Any]) -> Generator:
    reader = TwoClipsReader(
        (
            open_tokenizer(folder, "tokenizer"),
            open_tokenizer(folder, "tokenizer_2"),
        ),
        (
            open_part(CLIPTextModel, folder, "text_encoder"),
            open_part(CLIPTextModelWithProjection, folder, "text_encoder_2"),
        ),
        empty_is_zero=bool(index.get("force_zeros_for_empty_prompt", True)),
    )
    unet = _unet(folder, "text_time")
    return _adapt_unet(folder, index, unet, reader, lambda side: partial(call_sized, side=side))


def _unet(folder: Path, addition: str | None) -> UNet2DConditionModel:
    """The U-Net, which is told a caption and what diffusers calls this addition to it.

    Raises:
        WeightsError: it needs something else.
    """
    unet = open_part(UNet2DConditionModel, folder, "unet")
    needed = [name for name in MORE if unet.config[name] is not None]
    if unet.config["addition_embed_type"] not in (None, addition):
        needed.append("addition_embed_type")
    if needed:
        raise WeightsError(
            f"The U-Net in {folder} needs more than a caption ({', '.join(needed)}).",
            f"Name a text-to-image checkpoint of {KNOWN}.",
        )
    return unet


def _adapt_unet(
    folder: Path,
    index: Mapping[str, Any],
    unet: UNet2DConditionModel,
    reader: Reader,
    call_for: Callable[[int], Call],
) -> Generator:
    autoencoder = open_part(AutoencoderKL, folder, "vae")
    side = _side(unet, autoencoder)
    takes, gets = unet.config["in_channels"], autoencoder.config["latent_channels"]
    if takes != gets:
        raise WeightsError(
            f"The U-Net in {folder} takes {takes} channels, its autoencoder makes {gets}: "
            "it needs more than a caption.",
            f"Name a text-to-image checkpoint of {KNOWN}.",
        )
    parts = Parts(
        LatentCoder(autoencoder, side), reader, _schedule(folder), call_for(side),
        _copy_around(folder, index, "unet"),
    )  # fmt: skip
    return DiffusionGenerator(unet, side, parts)


def _adapt_pixart(folder: Path, index: Mapping[str, Any]) -> Generator:
    transformer = open_part(PixArtTransformer2DModel, folder, "transformer")
    autoencoder = open_part(AutoencoderKL, folder, "vae")
    encoder = open_part(T5EncoderModel, folder, "text_encoder")
    length = 300 if "Sigma" in index["_class_name"] else 120  # as their pipelines have it
    side = _side(transformer, autoencoder)
    channels = int(transformer.config["in_channels"])
    sized = bool(transformer.use_additional_conditions)
    parts = Parts(
        LatentCoder(autoencoder, side),
        T5Reader(open_tokenizer(folder, "tokenizer"), encoder, length),
        _schedule(folder),
        partial(call_pixart, side=side if sized else None, channels=channels),
        _copy_around(folder, index, "transformer"),
    )
    return DiffusionGenerator(transformer, side, parts)


def _adapt_amused(folder: Path, index: Mapping[str, Any]) -> Generator:
    network = open_part(UVit2DModel, folder, "transformer")
    autoencoder = open_part(VQModel, folder, "vqvae")
    encoder = open_part(CLIPTextModelWithProjection, folder, "text_encoder")
    scheduler = open_part(AmusedScheduler, folder, "scheduler")
    side = _side(network, autoencoder)
    parts = MaskedParts(
        autoencoder,
        PooledClipReader(open_tokenizer(folder, "tokenizer"), encoder),
        int(scheduler.config["mask_token_id"]),
        partial(call_uvit, side=side),
        _copy_around(folder, index, "transformer"),
    )
    return MaskedGenerator(network, side, parts)


def _schedule(folder: Path) -> DDPMScheduler:
    """The noise that the checkpoint was trained with, whatever sampler it names.

    Raises:
        WeightsError: it was trained in another way.
    """
    path = folder / "scheduler" / "scheduler_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    target = config.get("prediction_type", "epsilon")
    if "beta_start" not in config or target not in TARGETS:
        raise WeightsError(
            f"The checkpoint in {folder} was not trained by adding noise in steps "
            f"({config.get('_class_name', 'no scheduler')}, {target}).",
            f"Name a checkpoint of {KNOWN}.",
        )
    ends_in_noise = bool(config.get("rescale_betas_zero_snr", False))
    if ends_in_noise and target == "epsilon":  # noise alone, told of noise alone, shows nothing
        raise WeightsError(
            f"The scheduler in {folder} ends in pure noise and asks for the noise (epsilon), from "
            "which no picture can be begun.",
            "Give it the target of the training, often v_prediction, as its prediction_type.",
        )
    return DDPMScheduler(
        num_train_timesteps=config.get("num_train_timesteps", 1000),
        beta_start=config["beta_start"],
        beta_end=config["beta_end"],
        beta_schedule=config.get("beta_schedule", "linear"),
        trained_betas=config.get("trained_betas"),
        prediction_type=target,
        clip_sample=False,
        rescale_betas_zero_snr=ends_in_noise,
    )


def _side(network: Any, autoencoder: Any) -> int:
    """The pixels of the pictures that the network was made for."""
    shrink: int = 2 ** (len(autoencoder.config["block_out_channels"]) - 1)
    return int(network.config["sample_size"]) * shrink


def _copy_around(source: Path, index: Mapping[str, Any], trained: str) -> Save:
    """What writes the network, and all other parts as they were in the folder `source`."""

    def save(network: nn.Module, folder: Path, half: bool) -> None:
        for part in source.iterdir():  # whatever else lies there is no part, such as results
            if part.is_dir() and part.name in listed_parts(index) and part.name != trained:
                shutil.copytree(part, folder / part.name, dirs_exist_ok=True)
        write_network(network, folder / trained, half)
        shutil.copyfile(source / INDEX, folder / INDEX)

    return save
