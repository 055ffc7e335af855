"""Training of the inpainting network: python -m stereopsis.train.inpaint --help."""

import math
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor, nn

from stereopsis.nets.inpaint import COLOR_SCALE, InpaintConfig, InpaintNet
from stereopsis.outputs import prepare_folder
from stereopsis.train.ahead import Ahead
from stereopsis.train.command import run_command, tell_steps
from stereopsis.train.hole_file import HoleFiles, open_holes
from stereopsis.train.holes import Holes
from stereopsis.train.loop import LoopConfig, Progress, train
from stereopsis.train.mono import check_device, describe_end, describe_start
from stereopsis.train.released import load_checkpoint

READERS = 2  # threads that read patches
SMALLEST_OFF = 2 / COLOR_SCALE  # of a patch's colours: under two grey levels all are as good


@dataclass(frozen=True)
class InpaintRecipe:
    """Our setting; `parallax_weight` is that of a pixel of parallax beside 10 dB of colour."""

    network: InpaintConfig = field(default_factory=InpaintConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    batch: int = 48  # patches
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    parallax_weight: float = 0.2
    seed: int = 0


def train_inpaint(
    patches: HoleFiles,
    folder: Path,
    recipe: InpaintRecipe,
    start: Path | None = None,
    device: str = "cpu",
    progress: Progress = lambda step, figures: None,
) -> InpaintNet:
    """The averaged network after training on these holes; `folder` keeps the run, to go on with.

    Raises:
        DataError: the folder holds another run.
        WeightsError: `start` is not the checkpoint of such a network.
    """
    torch.manual_seed(recipe.seed)
    network = InpaintNet(recipe.network)
    if start is not None:
        load_checkpoint(network, start)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    ahead = Ahead(lambda step: draw_holes(patches, recipe, step), READERS)

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        holes = ahead.batch(step).to(device)
        with torch.autocast(device, torch.bfloat16):
            color, parallax = module(holes.color, holes.parallax, holes.hole, holes.known)
        return inpaint_loss(color, parallax, holes, recipe)

    optimizer = torch.optim.AdamW(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    try:
        averaged = train(network, optimizer, objective, recipe.loop, folder, progress)
    finally:
        ahead.close()
    assert isinstance(averaged, InpaintNet)
    return averaged


def draw_holes(patches: HoleFiles, recipe: InpaintRecipe, step: int) -> Holes:
    """The batch of a step, which nothing but the seed and the step decides: half of it mirrored.

    Colours have their channels in another order in five of six batches.
    """
    rng = np.random.default_rng((recipe.seed, step))
    rows = rng.integers(len(patches), size=recipe.batch)
    holes = patches.pick(rows.tolist())
    return change_colors(mirror(holes, recipe.batch // 2), rng.permutation(3).tolist())


def mirror(holes: Holes, first: int) -> Holes:
    """The holes, the `first` so many of them with left and right exchanged."""
    whole = (getattr(holes, each.name) for each in fields(Holes))
    return Holes(*(torch.cat([each[:first].flip(2), each[first:]]) for each in whole))


def change_colors(holes: Holes, order: list[int]) -> Holes:
    """The holes with their colours' channels in this order."""
    return replace(holes, color=holes.color[..., order], true_color=holes.true_color[..., order])


def inpaint_loss(
    color: Tensor, parallax: Tensor, holes: Holes, recipe: InpaintRecipe
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, and how far network and guess are off in its holes, in dB and px.

    Errors of colours count by the PSNR of their patch: what no one can guess there, a poster
    behind a chair, would outweigh all others by its squared error. Within a patch they are squared:
    the median of what may be in a hole is near the guess, the mean is not. Parallax far off is that
    of another surface, and counts no more than it is off.
    """
    judged = ((holes.hole > 0) & holes.judged).float()
    found = psnr(color, holes.true_color, judged)
    guessed = psnr(holes.color, holes.true_color, judged)
    depth_off = mean_over((parallax - holes.true_parallax).abs(), judged)
    loss = recipe.parallax_weight * depth_off - found / 10
    figures = {
        "psnr": found.item(),
        "guess_psnr": guessed.item(),
        "parallax_off": depth_off.item(),
        "guess_parallax_off": mean_over(
            (holes.parallax - holes.true_parallax).abs(), judged
        ).item(),
    }
    return loss, figures


def psnr(color: Tensor, true: Tensor, judged: Tensor) -> Tensor:
    """The mean peak signal-to-noise ratio of patches (n, h, w, 3), dB, by how much is judged."""
    off = ((color - true) / COLOR_SCALE).square().mean(-1)
    area = judged.sum((1, 2))
    mean = (off * judged).sum((1, 2)) / area.clamp(min=1)
    ratios = 10 * torch.log10(4 / (mean + SMALLEST_OFF**2))
    return (ratios * area).sum() / area.sum().clamp(min=1)


def mean_over(values: Tensor, where: Tensor) -> Tensor:
    """The mean of the values, weighed; 0 if all weights are."""
    return (values * where).sum() / where.sum().clamp(min=1)


def main(  # noqa: PLR0913 - typer reads options from the arguments
    holes: Annotated[list[Path], typer.Argument(help="Files of stereopsis.train.cut_holes.")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where the run is kept.")],
    start: Annotated[Path | None, typer.Option(help="A checkpoint to start from.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the whole run.")] = LoopConfig.steps,
    batch: Annotated[int, typer.Option(min=1, help="Patches of a step.")] = InpaintRecipe.batch,
    learning_rate: Annotated[float, typer.Option()] = InpaintRecipe.learning_rate,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = InpaintRecipe.seed,
    minutes: Annotated[
        float, typer.Option(help="Stop after this long; run again to go on.")
    ] = math.inf,
    threads: Annotated[int, typer.Option(help="Processor threads, 0 for all.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Train the inpainting network on holes, or go on with the run in the output folder."""
    check_device(device)
    prepare_folder(folder)
    if threads:
        torch.set_num_threads(threads)
    recipe = InpaintRecipe(
        loop=LoopConfig(steps=steps, minutes=minutes), batch=batch, learning_rate=learning_rate,
        seed=seed,
    )  # fmt: skip
    patches = open_holes(holes)
    typer.echo(describe_start(folder, start.name if start else "the guess", steps), err=True)
    train_inpaint(patches, folder, recipe, start, device, tell_steps("training", steps))
    typer.echo(describe_end(folder, steps), err=True)


if __name__ == "__main__":
    run_command(main)
