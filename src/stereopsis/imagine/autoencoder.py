"""Trains an autoencoder for small pictures: python -m stereopsis.imagine.autoencoder --help."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from diffusers import VQModel
from torch import Tensor, nn

from stereopsis.imagine.autoencoder_loss import LossConfig, Pair, build_judge, revive_codes
from stereopsis.imagine.captioned import (
    Captioned,
    read_captioned,
    split_captioned,
    without_learned,
)
from stereopsis.imagine.digest import LENGTH
from stereopsis.imagine.examples import draws_at, rows_of_batch, shuffled
from stereopsis.imagine.models.autoencoder import (
    FOLDERS,
    Autoencoder,
    AutoencoderConfig,
    build_autoencoder,
    check_side,
)
from stereopsis.imagine.models.fourier import frequencies_of, lift
from stereopsis.imagine.models.layout import write_network
from stereopsis.imagine.models.pixels import to_signal
from stereopsis.imagine.reconstruction import (
    BATCH,
    as_markdown,
    method_of,
    of_how_many,
    rivals,
    sheet_rows,
    table,
)
from stereopsis.imagine.signed import sign
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.train.charts import contact_sheet
from stereopsis.train.command import run_command, tell_steps
from stereopsis.train.features import build_eye
from stereopsis.train.loop import LoopConfig, Progress, saved_step, train
from stereopsis.train.mono import check_device

REVIVE_EVERY = 100  # steps, in the first half
SHEET = 12  # pictures on the contact sheet
MEASURED = 512  # pictures by which latents are scaled


@dataclass(frozen=True)
class AutoencoderRecipe:
    """The released setting; the network must be able to shrink pictures of that side."""

    network: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(average=0.999))
    side: int = 64
    batch: int = 16
    rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        check_side(self.side, self.network.channels)


def train_autoencoder(
    pictures: Captioned,
    recipe: AutoencoderRecipe,
    folder: Path,
    device: str = "cpu",
    progress: Progress = lambda step, figures: None,
) -> Autoencoder:
    """An autoencoder of the pictures, whose latents have variance 1 by its scaling factor.

    Raises:
        DataError: the folder holds a run of another network, or a damaged one.
    """
    torch.manual_seed(recipe.seed)
    pair = Pair(build_autoencoder(recipe.network, recipe.side), build_judge()).to(device)
    optimizer = torch.optim.AdamW(
        pair.parameters(), recipe.rate, betas=(0.8, 0.98), weight_decay=0.01
    )
    eye = build_eye().to(device)
    judge_from = recipe.loss.judge_from * recipe.loop.steps

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        rng = draws_at(step, recipe.seed)
        rows = rows_of_batch(step * recipe.batch, recipe.batch, len(pictures), recipe.seed)
        signal = to_signal(torch.from_numpy(pictures.pictures[rows])).to(device)
        mirrored = torch.rand(len(rows), 1, 1, 1, generator=rng).to(device) < 0.5
        signal = torch.where(mirrored, signal.flip(3), signal)
        assert isinstance(module, Pair)
        if recipe.network.codes and step % REVIVE_EVERY == 0 and step < recipe.loop.steps / 2:
            revive_codes(module.autoencoder, signal, rng)
        with torch.autocast(device, torch.bfloat16):
            return module.losses(signal, eye, recipe.loss, step >= judge_from, rng)

    averaged = train(pair, optimizer, objective, recipe.loop, folder, progress)
    assert isinstance(averaged, Pair)
    some = shuffled(len(pictures), recipe.seed, 0)[:MEASURED]  # a folder's first may be alike
    scale_latents(averaged.autoencoder, pictures.pictures[some])
    return averaged.autoencoder


@torch.no_grad()
def scale_latents(autoencoder: Autoencoder, pixels: np.ndarray) -> None:
    """Sets the scaling factor that gives the latents of these pictures a deviation of 1."""
    if isinstance(autoencoder, VQModel):
        return
    device = next(autoencoder.parameters()).device
    signal = lift(to_signal(torch.from_numpy(pixels)).to(device), _frequencies(autoencoder))
    parts = [signal[i : i + BATCH] for i in range(0, len(signal), BATCH)]
    latents = torch.cat([autoencoder.encode(part).latent_dist.mode() for part in parts])
    autoencoder.register_to_config(scaling_factor=float(1 / latents.std()))


def main(  # noqa: PLR0913 - typer reads options from the arguments
    inputs: Annotated[list[Path], typer.Argument(help="Folders, lists or shards of pictures.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder of the run.")],
    channels: Annotated[int, typer.Option(min=1, help="Of the latent.")] = 8,
    frequencies: Annotated[int, typer.Option(min=0, help="Of the Fourier input; 0: none.")] = 4,
    codes: Annotated[int, typer.Option(min=0, help="Codebook of a masked model; 0: none.")] = 0,
    side: Annotated[int, typer.Option(min=16, help="Pixels of the square pictures.")] = 64,
    levels: Annotated[
        int, typer.Option(min=2, max=4, help="Resolutions; each halves the one before.")
    ] = 4,
    steps: Annotated[int, typer.Option(min=2)] = 10_000,
    minutes: Annotated[float, typer.Option(help="Stop then, to be continued.")] = math.inf,
    batch: Annotated[int, typer.Option(min=1)] = 16,
    held_out: Annotated[
        list[Path] | None, typer.Option(help="Pictures to test with, else one in 20.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train an autoencoder, and say how well it gives held-out pictures back.

    Exit code 3: the minutes are used up; the same command goes on.
    """
    check_device(device)
    torch.set_num_threads(threads)
    prepare_folder(output)
    widths = AutoencoderConfig.channels[-levels:]  # small pictures start further down
    network = AutoencoderConfig(channels, frequencies, codes, widths)
    loop = LoopConfig(steps=steps, minutes=minutes, average=0.999)
    recipe = AutoencoderRecipe(network, loop=loop, side=side, batch=batch, seed=seed)
    learned_from = read_captioned(inputs, side, needs_caption=False, at_least=2)
    if held_out:
        given = read_captioned(held_out, side, needs_caption=False)
    else:
        learned_from, given = split_captioned(learned_from)
    tested = without_learned(given, learned_from.hashes)
    dropped = len(given) - len(tested)
    typer.echo(of_how_many(len(tested), dropped), err=True)
    sign(output, settings_of(recipe, learned_from), "autoencoder")
    found = train_autoencoder(
        learned_from, recipe, output, device, tell_steps("autoencoder", steps)
    ).to("cpu")
    if (saved_step(output) or 0) < steps:
        typer.echo("The minutes are used up. Run the same command again to go on.", err=True)
        raise typer.Exit(3)
    write_network(found, output / FOLDERS[type(found).__name__])
    write_all(report(found, learned_from, tested, dropped, recipe, output))


def settings_of(recipe: AutoencoderRecipe, pictures: Captioned) -> dict[str, Any]:
    """All that a training of an autoencoder depends on but its length, which may change."""
    config = {
        **asdict(recipe.network), **asdict(recipe.loss), "side": recipe.side,
        "batch": recipe.batch, "rate": recipe.rate, "seed": recipe.seed,
    }  # fmt: skip
    digest = hashlib.sha256(pictures.pictures.tobytes()).hexdigest()[:LENGTH]
    return {"config": config, "pictures": digest}


def report(
    found: Autoencoder,
    learned_from: Captioned,
    tested: Captioned,
    dropped: int,
    recipe: AutoencoderRecipe,
    folder: Path,
) -> dict[Path, bytes]:
    """The table of the autoencoder beside its rivals, its settings and a contact sheet.

    `dropped` counts the held-out pictures that were learned from, too.
    """
    methods = {"autoencoder": method_of(found), **rivals(learned_from.pictures)}
    rows = table(tested.pictures, methods)
    few = tested.pictures[:SHEET]
    sheet = contact_sheet(
        ["given", *methods], sheet_rows(few, list(methods.values())), _cut(tested.captions[:SHEET])
    )
    settings = {
        "network": asdict(recipe.network), "seed": recipe.seed, "side": recipe.side,
        "steps": saved_step(folder),
    }  # fmt: skip
    figures = {name: asdict(row) for name, row in rows.items()}
    told = {
        "settings": settings, "tested": len(tested), "dropped": dropped, "likeness": figures,
    }  # fmt: skip
    text = f"{as_markdown(rows)}\n{of_how_many(len(tested), dropped)}\n"
    return {
        folder / "table.md": text.encode(),
        folder / "report.json": json.dumps(told, indent=2).encode(),
        folder / "sheet.png": sheet,
    }


def _frequencies(autoencoder: Autoencoder) -> int:
    return frequencies_of(autoencoder.config["in_channels"])


def _cut(captions: Sequence[str]) -> list[str]:
    return [caption[:60] for caption in captions]


if __name__ == "__main__":
    run_command(main)
