"""Opens a generator of ours, or adapts any checkpoint of diffusers of a known kind."""

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
from stereopsis.imagine.models.latent import assemble_latent
from stereopsis.imagine.models.layout import CLASSES, INDEX, read_index
from stereopsis.imagine.models.masked import assemble_masked
from stereopsis.imagine.models.pipelines import adapt_pipeline, first_line
from stereopsis.imagine.models.pixel import assemble_pixel
from stereopsis.imagine.models.text import Reader, open_minilm

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
    if not folder.is_dir():
        folder = _fetch(str(name))
    index = read_index(folder)
    if index["_class_name"] not in CLASSES:
        return adapt_pipeline(folder).to(device)
    return _open_ours(folder, index, reader or open_minilm()).to(device)


def _open_ours(folder: Path, index: dict[str, Any], reader: Reader) -> Generator:
    kind = CLASSES[index["_class_name"]]
    try:
        side = int(index["side"])
        if kind == "masked":
            return assemble_masked(
                UVit2DModel.from_pretrained(folder / "transformer"),
                VQModel.from_pretrained(folder / "vqvae"),
                AmusedScheduler.from_pretrained(folder / "scheduler"),
                reader,
                side,
            )
        unet = UNet2DConditionModel.from_pretrained(folder / "unet")
        schedule = DDPMScheduler.from_pretrained(folder / "scheduler")
        if kind == "pixel":
            return assemble_pixel(unet, schedule, reader, side)
        autoencoder = AutoencoderKL.from_pretrained(folder / "vae")
        return assemble_latent(unet, autoencoder, schedule, reader, side)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise WeightsError(
            f"The generator in {folder} is damaged ({first_line(error)}).",
            "Copy the whole folder again from where it came.",
        ) from error


def _fetch(name: str) -> Path:
    """The folder of a model on the hub, downloaded once.

    Raises:
        WeightsError: there is none of that name, or the hub cannot be reached.
    """
    if name.count("/") != 1 or name.startswith(("/", ".")):
        raise WeightsError(f"There is no folder {name}.", _MEND)
    try:
        index = read_index(Path(hf_hub_download(name, INDEX)).parent)
        parts = [part for part, value in index.items() if isinstance(value, list)]
        kinds = ["*.json", "*.txt", "*.model", "*.safetensors"]
        patterns = [INDEX, *(f"{part}/{kind}" for part in parts for kind in kinds)]
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"The model {name} cannot be had from the Hugging Face hub ({first_line(error)}).",
            "Check the ID and the connection, or name a folder.",
        ) from error
