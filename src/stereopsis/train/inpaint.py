"""Training of the inpainting network: python -m stereopsis.train.inpaint --help."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor, nn

from stereopsis.nets.inpaint import COLOR_SCALE, PARALLAX_SCALE, InpaintConfig, InpaintNet
from stereopsis.nets.trunk import Trunk
from stereopsis.outputs import prepare_folder
from stereopsis.train.ahead import Ahead
from stereopsis.train.command import run_command, tell_steps
from stereopsis.train.features import build_eye, feature_distance
from stereopsis.train.hole_file import HoleFiles, open_holes
from stereopsis.train.holes import Holes
from stereopsis.train.loop import LoopConfig, Progress, train
from stereopsis.train.mono import check_device, describe_end, describe_start
from stereopsis.train.released import load_checkpoint

READERS = 4  # threads that read patches
Penalty = Callable[[Tensor], Tensor]  # of errors, one by one


@dataclass(frozen=True)
class InpaintRecipe:
    """Our setting. The weights are those of the losses; colours weigh 1.

    One patch in `feature_share` is compared by features, too, which costs as much as the network.
    """

    network: InpaintConfig = field(default_factory=InpaintConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    batch: int = 24  # patches
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    parallax_weight: float = 0.5
    gradient_weight: float = 0.5
    feature_weight: float = 0.25
    feature_share: int = 3
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
    eye = build_eye().to(device)
    ahead = Ahead(lambda step: draw_holes(patches, recipe, step), READERS)

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        holes = ahead.batch(step).to(device)
        with torch.autocast(device, torch.bfloat16):
            color, parallax = module(holes.color, holes.parallax, holes.hole, holes.known)
        return inpaint_loss(color, parallax, holes, eye, recipe)

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
    color: Tensor, parallax: Tensor, holes: Holes, eye: Trunk, recipe: InpaintRecipe
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, and how far network and guess are off in its holes (dB, px, features).

    Errors of colours are squared: the median of what may be in a hole is near the guess, the mean
    is not. Parallax far off is that of another surface, and counts no more than it is off.
    """
    judged = ((holes.hole > 0) & holes.judged).float()
    off = (color - holes.true_color) / COLOR_SCALE
    depth_off = ((parallax - holes.true_parallax) / PARALLAX_SCALE)[..., None]
    features = feature_loss(color, holes, judged, eye, recipe.feature_share)
    loss = (
        difference(off, judged, recipe, torch.square)
        + recipe.parallax_weight * difference(depth_off, judged, recipe, torch.abs)
        + recipe.feature_weight * features
    )
    guess_off = (holes.color - holes.true_color) / COLOR_SCALE
    guessed_depth_off = (holes.parallax - holes.true_parallax).abs()
    with torch.no_grad():
        guessed = feature_loss(holes.color, holes, judged, eye, recipe.feature_share)
    figures = {
        "psnr": psnr(off.detach(), judged),
        "guess_psnr": psnr(guess_off, judged),
        "parallax_off": PARALLAX_SCALE * mean_over(depth_off[..., 0].abs(), judged).item(),
        "guess_parallax_off": mean_over(guessed_depth_off, judged).item(),
        "features_off": features.item(),
        "guess_features_off": guessed.item(),
    }
    return loss, figures


def feature_loss(color: Tensor, holes: Holes, judged: Tensor, eye: Trunk, share: int) -> Tensor:
    """The feature distance where judged, of one in `share` patches."""
    true, where = holes.true_color[::share], judged[::share]
    painted = torch.where(where[..., None] > 0, color[::share], true)
    return feature_distance(painted, true, eye, where)


def difference(off: Tensor, judged: Tensor, recipe: InpaintRecipe, penalty: Penalty) -> Tensor:
    """The mean penalty of errors (n, h, w, c) where judged, and that of their gradient, weighed."""
    level = mean_over(penalty(off).mean(-1), judged)
    return level + recipe.gradient_weight * gradient_off(off, judged, penalty)


def gradient_off(off: Tensor, judged: Tensor, penalty: Penalty) -> Tensor:
    """The mean penalty of differences of judged neighbours' errors, across plus down."""
    total = off.new_zeros(())
    for axis in (1, 2):
        pairs = judged.shape[axis] - 1
        both = judged.narrow(axis, 0, pairs) * judged.narrow(axis, 1, pairs)
        total = total + mean_over(penalty(off.diff(dim=axis)).mean(-1), both)
    return total


def psnr(off: Tensor, judged: Tensor) -> float:
    """The peak signal-to-noise ratio, dB, of errors (n, h, w, c) where the whole range is 2."""
    mean = mean_over(off.square().mean(-1), judged).item()
    return 10 * math.log10(4 / max(mean, 1e-10))


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
        loop=LoopConfig(steps=steps, minutes=minutes),
        batch=batch,
        learning_rate=learning_rate,
        seed=seed,
    )
    patches = open_holes(holes)
    typer.echo(describe_start(folder, start.name if start else "the guess", steps), err=True)
    train_inpaint(patches, folder, recipe, start, device, tell_steps("training", steps))
    typer.echo(describe_end(folder, steps), err=True)


if __name__ == "__main__":
    run_command(main)
