"""Pre-trains a text-to-image model: python -m stereopsis.imagine.pretrain --help."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from diffusers import AutoencoderKL, VQModel

from stereopsis.errors import OptionError
from stereopsis.imagine.captioned import Captioned, read_captioned
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.encode import encode_pictures, key_of
from stereopsis.imagine.models.autoencoder import open_autoencoder
from stereopsis.imagine.models.generator import Generator, SampleConfig
from stereopsis.imagine.models.latent import LatentConfig, build_latent
from stereopsis.imagine.models.layout import Kind
from stereopsis.imagine.models.masked import MaskedConfig, build_masked
from stereopsis.imagine.models.pixel import PixelConfig, build_pixel
from stereopsis.imagine.models.text import open_minilm
from stereopsis.imagine.processes import is_main_process, local_device
from stereopsis.imagine.signed import sign
from stereopsis.imagine.train_config import TrainConfig
from stereopsis.imagine.training import Look, Progress, train_generator
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.train.charts import contact_sheet
from stereopsis.train.command import run_command, tell_steps
from stereopsis.train.mono import check_device

PROMPTS = ("red apple", "dog", "house", "star", "blue car", "rose", "smiling face", "sailboat")
SEEDS = (0, 1, 2, 3)
SAMPLE = SampleConfig(20, 3.0)
LAST_PART = 0.2  # of the steps, in which noise is offset
OFFSET = 0.02  # Emu (2023), section 3
DECISIVE = (
    "batch", "rate", "shape", "warmup", "weight_decay", "clip_norm", "average", "noise_offset",
    "drop_caption", "precision", "seed",
)  # fmt: skip
MODEL, SHEETS, PACK = "model", "sheets", "encoded.npz"
MODELS: dict[Kind, PixelConfig | LatentConfig | MaskedConfig] = {
    "pixel": PixelConfig(),
    "latent": LatentConfig(),
    "masked": MaskedConfig(),
}


@dataclass(frozen=True)
class PretrainRecipe:
    """Which kind of model, of what pictures, trained how; an autoencoder unless it is of pixels."""

    kind: Kind = "latent"
    side: int = 64
    autoencoder: Path | None = None
    train: TrainConfig = TrainConfig(noise_offset=OFFSET)  # noqa: RUF009 - it is frozen
    prompts: Sequence[str] = PROMPTS


def build_generator(recipe: PretrainRecipe) -> Generator:
    """The model with random weights, which the seed determines.

    Raises:
        OptionError: the autoencoder is missing, or of another kind than the model needs, or cannot
            shrink pictures of this side.
        WeightsError: the folder holds no autoencoder.
    """
    reader = open_minilm()
    torch.manual_seed(recipe.train.seed)
    model = MODELS[recipe.kind]
    if isinstance(model, PixelConfig):
        return build_pixel(model, reader, recipe.side)
    if recipe.autoencoder is None:
        raise OptionError(
            f"A {recipe.kind} model needs an autoencoder.",
            "Give the run of python -m stereopsis.imagine.autoencoder with --autoencoder.",
        )
    autoencoder = open_autoencoder(recipe.autoencoder)
    if isinstance(model, MaskedConfig) and isinstance(autoencoder, VQModel):
        return build_masked(model, autoencoder, reader, recipe.side)
    if isinstance(model, LatentConfig) and isinstance(autoencoder, AutoencoderKL):
        return build_latent(model, autoencoder, reader, recipe.side)
    made_with = "--codes 1024" if recipe.kind == "masked" else "--codes 0"
    raise OptionError(
        f"The autoencoder in {recipe.autoencoder} does not go with a {recipe.kind} model.",
        f"Give one that was trained with {made_with}.",
    )


def pretrain(
    recipe: PretrainRecipe,
    pictures: Captioned,
    folder: Path,
    device: str = "cpu",
    progress: Progress = lambda step, figures: None,
) -> Generator:
    """The generator with its averaged weights, also written to `folder`/model.

    Contact sheets of fixed prompts and seeds show how far it is. Started again in the same folder
    it goes on where it was.

    Raises:
        OptionError: the folder holds another pre-training.
        StereopsisError: the autoencoder or the folder cannot be used.
    """
    generator = build_generator(recipe).to(device)
    sign(folder, settings_of(recipe, key_of(generator, pictures)), "pre-training")
    examples = encode_pictures(generator, pictures, folder / PACK)
    look = draw_sheets(generator, recipe.prompts, folder / SHEETS)
    averaged = train_generator(generator, examples, recipe.train, folder, look, progress)
    finished = generator.with_network(averaged)
    if is_main_process():
        finished.save(folder / MODEL)
    return finished


def settings_of(recipe: PretrainRecipe, pictures: str) -> dict[str, Any]:
    """All that a pre-training depends on but what may change when it goes on.

    That is its length, where the last part begins, and what a run that lacks memory needs: the
    pieces of a batch and checkpointing. `pictures` is a digest of them and of the frozen networks.
    `model` is no part of `config`: a folder that lacks it may hold another target of the same
    weights, and is refused.
    """
    train = asdict(recipe.train)
    kept = {name: train[name] for name in DECISIVE}
    return {
        "config": {"kind": recipe.kind, "side": recipe.side, **kept},
        "model": asdict(MODELS[recipe.kind]),
        "pictures": pictures,
    }


def draw_sheets(generator: Generator, prompts: Sequence[str], folder: Path) -> Look:
    """A Look that writes a contact sheet of the prompts, a row each and a column per seed."""

    def look(step: int, network: torch.nn.Module) -> bool:
        sheet = prompt_sheet(generator.with_network(network), prompts)
        write_all({folder / f"{step:07d}.png": sheet})
        return False

    return look


def prompt_sheet(generator: Generator, prompts: Sequence[str]) -> bytes:
    """A PNG file of each prompt's pictures from SEEDS."""
    rows = []
    for prompt in prompts:
        drawn = generator.sample([prompt] * len(SEEDS), SEEDS, SAMPLE)
        rows.append([picture.numpy() for picture in drawn])
    return contact_sheet([f"seed {seed}" for seed in SEEDS], rows, list(prompts))


def main(  # noqa: PLR0913 - typer reads options from the arguments
    kind: Annotated[Kind, typer.Argument(help="latent, pixel or masked.")],
    inputs: Annotated[list[Path], typer.Argument(help="Folders, lists or shards of pictures.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder of the run.")],
    autoencoder: Annotated[
        Path | None, typer.Option(help="The autoencoder's run; none for pixels.")
    ] = None,
    side: Annotated[
        int | None, typer.Option(min=32, help="Pixels of the square pictures: 64, of pixels 32.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1)] = 20_000,
    stop: Annotated[int | None, typer.Option(min=1, help="Stop there, to be continued.")] = None,
    minutes: Annotated[float, typer.Option(help="Stop then, to be continued.")] = math.inf,
    batch: Annotated[int, typer.Option(min=1)] = 64,
    rate: Annotated[float, typer.Option(help="The learning rate.")] = 5e-4,
    caption: Annotated[str, typer.Option(help="The column of captions.")] = "caption",
    look_every: Annotated[int, typer.Option(min=1, help="Steps between contact sheets.")] = 1000,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    threads: Annotated[int, typer.Option(min=1)] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Pre-train a text-to-image model on pictures with captions.

    On several GPUs: accelerate launch -m stereopsis.imagine.pretrain, and the same arguments.
    """
    check_device(device)
    if precision not in ("bf16", "fp32"):
        raise OptionError(f"--precision is {precision}.", "Choose bf16 or fp32.")
    torch.set_num_threads(threads)
    prepare_folder(output)
    side = side or (32 if kind == "pixel" else 64)
    settings = TrainConfig(
        steps=steps, batch=batch, rate=rate, noise_offset=OFFSET, stop=stop, minutes=minutes,
        offset_from=int((1 - LAST_PART) * steps), look_every=look_every, seed=seed,
        precision="bf16" if precision == "bf16" else "fp32",
    )  # fmt: skip
    recipe = PretrainRecipe(kind, side, autoencoder, settings)
    pictures = read_captioned(inputs, side, Columns(caption=caption), needs_caption=False)
    pretrain(recipe, pictures, output, local_device(device), tell_steps("pre-training", steps))


if __name__ == "__main__":
    run_command(main)
