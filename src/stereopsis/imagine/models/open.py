"""Opens a generator of ours, or adapts any checkpoint of diffusers of a known kind."""

import logging
import os
from pathlib import Path
from typing import Any

from diffusers import (
    AmusedScheduler,
    AutoencoderKL,
    DDPMScheduler,
    UNet2DConditionModel,
    UVit2DModel,
    VQModel,
)
from huggingface_hub import hf_hub_download, snapshot_download

from stereopsis.errors import WeightsError
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.models.hub import is_offline
from stereopsis.imagine.models.latent import assemble_latent
from stereopsis.imagine.models.layout import CLASSES, INDEX, read_index
from stereopsis.imagine.models.masked import assemble_masked
from stereopsis.imagine.models.parts import DAMAGE, check_parts, first_line, listed_parts, open_part
from stereopsis.imagine.models.pipelines import adapt_pipeline
from stereopsis.imagine.models.pixel import assemble_pixel
from stereopsis.imagine.models.text import Reader, open_minilm

VARIANTS = (
    "*.*.safetensors"  # the same weights in another precision, such as model.fp16.safetensors
)

_MEND = "Name a folder in the layout of diffusers, or a model's ID on the Hugging Face hub."


def open_generator(
    name: str | Path, reader: Reader | None = None, device: str = "cpu"
) -> Generator:
    """The generator in a folder or, where there is no such folder, on the Hugging Face hub.

    Ours read captions with `reader`, by default MiniLM; others with encoders of their own.

    Raises:
        WeightsError: nothing is there, it is damaged, or of a kind that cannot be used.
        MissingExtraError: MiniLM is not installed.
    """
    folder = Path(name)
    if not os.path.isdir(folder):
        folder = _fetch(str(name))
    index = read_index(folder)
    if index["_class_name"] not in CLASSES:
        return adapt_pipeline(folder).to(device)
    return _open_ours(folder, index, reader or open_minilm()).to(device)


def _open_ours(folder: Path, index: dict[str, Any], reader: Reader) -> Generator:
    kind = CLASSES[index["_class_name"]]
    check_parts(folder, index)
    try:
        side = int(index["side"])
        if kind == "masked":
            return assemble_masked(
                open_part(UVit2DModel, folder, "transformer"),
                open_part(VQModel, folder, "vqvae"),
                open_part(AmusedScheduler, folder, "scheduler"),
                reader,
                side,
            )
        unet = open_part(UNet2DConditionModel, folder, "unet")
        schedule = open_part(DDPMScheduler, folder, "scheduler")
        if kind == "pixel":
            return assemble_pixel(unet, schedule, reader, side)
        autoencoder = open_part(AutoencoderKL, folder, "vae")
        return assemble_latent(unet, autoencoder, schedule, reader, side)
    except DAMAGE as error:
        raise WeightsError(
            f"The generator in {folder} is damaged ({first_line(error)}).",
            "Copy the whole folder again from where it came.",
        ) from error


def _fetch(name: str) -> Path:
    """The folder of a model on the hub, downloaded once; then it needs no connection.

    Raises:
        WeightsError: there is none of that name, or the hub cannot be reached.
    """
    if name.count("/") != 1 or name.startswith(("/", ".")):
        raise WeightsError(f"There is no folder {name}.", _MEND)
    # Of a lost connection, the sentence below is enough.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    offline = is_offline(name)
    try:
        index = read_index(Path(hf_hub_download(name, INDEX, local_files_only=offline)).parent)
        kinds = ["*.json", "*.txt", "*.model", "*.safetensors"]
        patterns = [INDEX, *(f"{part}/{kind}" for part in listed_parts(index) for kind in kinds)]
        found = snapshot_download(
            name, allow_patterns=patterns, ignore_patterns=VARIANTS, local_files_only=offline
        )
        return Path(found)
    except (OSError, ValueError) as error:
        why = "it does not answer" if offline else first_line(error)
        raise WeightsError(
            f"The model {name} cannot be had from the Hugging Face hub ({why}).",
            "Check the ID and the connection, or name a folder.",
        ) from error
