"""The recipe of the embedded stereo network, from the mono network's weights or an earlier run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from jaxtyping import Bool, Float
from torch import Tensor, nn

from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.stereo import StereoConfig, StereoDepth, pick
from stereopsis.nets.trunk import load_imagenet
from stereopsis.outputs import prepare_folder
from stereopsis.runtime.manifest import manifest_path, read_manifest
from stereopsis.train.ahead import Ahead
from stereopsis.train.command import run_command, tell_steps
from stereopsis.train.loop import LoopConfig, Progress, train
from stereopsis.train.mono import IMAGENET, check_device, describe_end, describe_start
from stereopsis.train.pack import Pack, read_pack
from stereopsis.train.pairs import PairBatch, PairSource, draw_pairs
from stereopsis.train.released import load_checkpoint, load_released
from stereopsis.train.worlds.stock import read_photos

Size = tuple[int, int]  # (height, width)
PHOTOS = 600  # that cards are made of
FOLDED = ("counts",)  # into other constants of a released file; they start anew
LIKE_TRAINING, TYPICAL = (256, 320), 16  # (height, width), and how many norms are measured on

Maps = Float[Tensor, "n h w"]
Masks = Bool[Tensor, "n h w"]


@dataclass(frozen=True)
class StereoRecipe:
    """The released setting.

    `cards` is the share of pairs that are cards, the rest are rendered worlds. `weights` are those
    of the losses at 1/8, 1/4, 1/2 and the whole. Batches take one of `sizes` in turn. The first
    `frozen` stages of the trunk, those down to 1/4, keep their weights: halves the time of a step.
    """

    network: StereoConfig = field(default_factory=StereoConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    batch: int = 4
    learning_rate: float = 1e-3
    unet_rate: float = 0.4  # of the learning rate, for what the mono network knew already
    weight_decay: float = 0.01
    frozen: int = 3
    cards: float = 0.5
    weights: tuple[float, float, float, float] = (0.3, 0.4, 0.6, 1.0)
    surprise_weight: float = 0.1
    sizes: tuple[Size, ...] = ((224, 320), (192, 384), (256, 288))
    seed: int = 0


def train_stereo(
    source: PairSource,
    folder: Path,
    recipe: StereoRecipe,
    start: Path | None = None,
    device: str = "cpu",
    progress: Progress = lambda step, figures: None,
) -> StereoDepth:
    """The averaged network after training on these pairs; `folder` keeps the run.

    Training goes on where the run in the folder stopped, as if it never had. A new run starts from
    `start`: a released mono.onnx or stereo.onnx, or the checkpoint of another run of this network;
    without it from an encoder trained on ImageNet.

    Raises:
        DataError: a frame is damaged or without second eye, or the folder holds another run.
        WeightsError: `start` does not fit the network.
    """
    torch.manual_seed(recipe.seed)
    network = StereoDepth(recipe.network)
    begin(network, start, source, recipe.seed)
    for stage in network.trunk.stages[: recipe.frozen]:
        stage.requires_grad_(False)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    limits = recipe.network.limits

    def make(step: int) -> PairBatch:
        rng = np.random.default_rng((recipe.seed, step))
        return draw_pairs(source, recipe.sizes[step % len(recipe.sizes)], recipe.batch, rng, limits)

    ahead = Ahead(make)

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        assert isinstance(module, StereoDepth)
        batch = ahead.batch(step).to(device)
        with torch.autocast(device, torch.bfloat16):
            *found, error = module.levels(batch.left, batch.right, batch.guess, batch.sure)
        return stereo_loss(found, error, batch, recipe)

    try:
        averaged = train(
            network, build_optimizer(network, recipe), objective, recipe.loop, folder, progress
        )
    finally:
        ahead.close()
    assert isinstance(averaged, StereoDepth)
    return averaged


def begin(network: StereoDepth, start: Path | None, source: PairSource, seed: int) -> None:
    """Gives the network its first weights: see train_stereo()."""
    rng = np.random.default_rng(seed)
    if start is None:
        load_imagenet(network.trunk)
    elif start.suffix == ".onnx" and read_manifest(manifest_path(start)).stereo is not None:
        batch = draw_pairs(source, LIKE_TRAINING, TYPICAL, rng, network.config.limits)
        inputs = batch.left, batch.right, batch.guess, batch.sure
        load_released(network, start, *inputs, may_lack=FOLDED)
    elif start.suffix == ".onnx":
        mono = MonoDepth(network.config.unet)
        images = [source.draw(LIKE_TRAINING, rng).left for _ in range(TYPICAL)]
        load_released(mono, start, torch.from_numpy(np.stack(images)))
        known = network.state_dict().keys()
        shared = {name: value for name, value in mono.state_dict().items() if name in known}
        network.load_state_dict(shared, strict=False)
    else:
        load_checkpoint(network, start)


def stereo_loss(
    found: Sequence[Tensor], error: Tensor, batch: PairBatch, recipe: StereoRecipe
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, and of the whole map the mean error and the share off by 2 px."""
    loss = torch.zeros((), device=error.device)
    for weight, disparity in zip(recipe.weights, found, strict=True):
        stride = batch.disparity.shape[-1] // disparity.shape[-1]
        truth, valid = (pick(each, stride) for each in (batch.disparity, batch.valid))
        loss = loss + weight * mean_over(softened((disparity.float() - truth).abs()), valid)
    off = (found[-1].detach() - batch.disparity).abs()
    surprise = off / error + torch.log(error)
    loss = loss + recipe.surprise_weight * mean_over(surprise, batch.valid)
    guess_off = (batch.guess - batch.disparity).abs()
    figures = {
        "epe": mean_over(off, batch.valid).item(),
        "bad2": 100 * mean_over((off > 2).float(), batch.valid).item(),
        "guess_bad2": 100 * mean_over((guess_off > 2).float(), batch.valid).item(),
    }
    return loss, figures


def softened(off_px: Maps) -> Maps:
    """The price of errors: it rises most between half a pixel and three, where it matters."""
    return 0.5 * torch.log1p(off_px**2) + 0.1 * off_px


def mean_over(values: Maps, valid: Masks) -> Tensor:
    """The mean over valid pixels, 0 if there are none."""
    return torch.where(valid, values, 0).sum() / valid.sum().clamp(min=1)


def build_optimizer(network: StereoDepth, recipe: StereoRecipe) -> torch.optim.Optimizer:
    """AdamW that treats what the mono network knew more gently than what is new."""
    parts = ("trunk.", "bottom.", "context.", "mix.", "fusions.")
    trained = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    old = [p for name, p in trained if name.startswith(parts)]
    new = [p for name, p in trained if not name.startswith(parts)]
    return torch.optim.AdamW(
        [
            {"params": old, "lr": recipe.learning_rate * recipe.unet_rate},
            {"params": new, "lr": recipe.learning_rate},
        ],
        weight_decay=recipe.weight_decay,
    )


def main(  # noqa: PLR0913 - typer reads options from the arguments
    packs: Annotated[list[Path], typer.Argument(help="Packs of frames with a second eye.")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where the run is kept.")],
    photos: Annotated[Path, typer.Option(help="Folder of photos to make cards of.")],
    start: Annotated[
        Path | None,
        typer.Option(help="A released .onnx (mono, stereo), or a checkpoint, to start from."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the whole run.")] = LoopConfig.steps,
    learning_rate: Annotated[float, typer.Option()] = StereoRecipe.learning_rate,
    seed: Annotated[
        int, typer.Option(help="Of the draws: a run that goes on from another needs its own.")
    ] = StereoRecipe.seed,
    minutes: Annotated[
        float, typer.Option(help="Stop after this long; run again to go on.")
    ] = math.inf,
    threads: Annotated[int, typer.Option(help="Processor threads, 0 for all.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Train the stereo network on packs and cards, or go on with the run in the output folder."""
    check_device(device)
    prepare_folder(folder)
    cv2.setNumThreads(1)
    if threads:
        torch.set_num_threads(threads)
    recipe = StereoRecipe(
        loop=LoopConfig(steps=steps, minutes=minutes), learning_rate=learning_rate, seed=seed
    )

    opened: list[Pack] = [read_pack(path) for path in packs]
    source = PairSource(
        opened, read_photos(photos, PHOTOS, np.random.default_rng(recipe.seed)), recipe.cards
    )
    typer.echo(describe_start(folder, start.name if start else IMAGENET, steps), err=True)
    train_stereo(source, folder, recipe, start, device, tell_steps("training", steps))
    typer.echo(describe_end(folder, steps), err=True)


if __name__ == "__main__":
    run_command(main)
