"""The recipe of the embedded mono depth network, from ImageNet weights or an earlier run."""

import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from torch import Tensor, nn

from stereopsis.errors import OptionError
from stereopsis.nets.mono import SINCE_EDITION_2, MonoDepth
from stereopsis.nets.trunk import load_imagenet
from stereopsis.nets.unet import UNetConfig
from stereopsis.outputs import prepare_folder
from stereopsis.train.command import run_command, tell_steps
from stereopsis.train.data import Batch, Drawable, Source, draw_batch
from stereopsis.train.loop import (
    CHECKPOINT,
    CURVE,
    CURVE_PICTURE,
    LoopConfig,
    Progress,
    saved_step,
    train,
)
from stereopsis.train.losses import (
    gradient_difference,
    normalise,
    normalise_target,
    ordinal,
    surprise,
    trimmed_l1,
)
from stereopsis.train.pack import Pack, read_pack
from stereopsis.train.released import load_checkpoint, load_released
from stereopsis.train.worlds.__main__ import build_stock
from stereopsis.train.worlds.stream import WorldStream

Size = tuple[int, int]  # (height, width)


IMAGENET = "an encoder trained on ImageNet"


@dataclass(frozen=True)
class MonoRecipe:
    """The released setting.

    `exact_share` of each batch is rendered, the rest are photographs with guessed depth, of which
    only the `kept` share of pixels that agrees best is followed. Batches take one of `sizes` in
    turn, and one of `late_sizes` in the last `late_share` of all steps. `photographed` pictures
    look as if other cameras had taken them. runs/recipe.sh tries the choices one by one.
    """

    network: UNetConfig = field(default_factory=UNetConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    batch: int = 12
    learning_rate: float = 6e-4
    trunk_rate: float = 0.4  # of the learning rate, for the pretrained encoder
    weight_decay: float = 0.02
    exact_share: float = 0.7
    kept: float = 0.8
    gradient_weight: float = 1.0
    ordinal_weight: float = 0.5
    surprise_weight: float = 0.1
    sizes: tuple[Size, ...] = ((192, 256), (192, 256), (256, 192), (192, 256), (224, 224))
    late_sizes: tuple[Size, ...] = ((256, 320), (288, 384), (320, 256), (256, 352))
    late_share: float = 0.25
    photographed: bool = True
    seed: int = 0


def train_mono(
    sources: Sequence[Source],
    folder: Path,
    recipe: MonoRecipe,
    start: Path | None = None,
    device: str = "cpu",
    progress: Progress = lambda step, figures: None,
) -> MonoDepth:
    """The averaged network after training on these sources; `folder` keeps the run.

    Training goes on where the run in the folder stopped: as if it never had, unless a source makes
    its frames as they are drawn. A new run starts from the weights in
    `start` (a checkpoint's averaged weights, or a released .onnx), or from an encoder trained on
    ImageNet.

    Raises:
        DataError: a frame is damaged, or the folder holds the run of another network.
        WeightsError: `start` does not fit the network.
    """
    torch.manual_seed(recipe.seed)
    network = MonoDepth(recipe.network)
    if start is None:
        load_imagenet(network.trunk)
    elif start.suffix == ".onnx":
        rng = np.random.default_rng(recipe.seed)
        images = draw_batch(sources, recipe.sizes[0], 32, rng).image
        load_released(network, start, images, may_lack=SINCE_EDITION_2)
    else:
        load_checkpoint(network, start, may_lack=SINCE_EDITION_2)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        rng = np.random.default_rng((recipe.seed, step))
        size = size_at(step, recipe)
        batch = draw_batch(sources, size, recipe.batch, rng, recipe.photographed).to(device)
        with torch.autocast(device, torch.bfloat16):
            prediction, error = module(batch.image)
        pairs = torch.Generator().manual_seed(int(rng.integers(2**62)))
        return mono_loss(prediction, error, batch, recipe, pairs)

    averaged = train(
        network,
        build_optimizer(network, recipe),
        objective,
        recipe.loop,
        folder,
        progress,
    )
    assert isinstance(averaged, MonoDepth)
    return averaged


def mono_loss(
    prediction: Tensor,
    error: Tensor,
    batch: Batch,
    recipe: MonoRecipe,
    generator: torch.Generator,
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, and its data term on exact and on guessed depth apart."""
    target = normalise_target(batch.inverse_depth, batch.valid)
    guess = normalise(prediction, batch.valid)
    kept = torch.where(batch.exact, 1.0, recipe.kept)
    data = trimmed_l1(guess, target, batch.valid, kept)
    loss = (
        data
        + recipe.gradient_weight * gradient_difference(guess, target, batch.valid)
        + recipe.ordinal_weight * ordinal(guess, target, batch.valid, generator)
        + recipe.surprise_weight * surprise(error, guess, target, batch.valid)
    )
    terms = {"exact": data[batch.exact], "guessed": data[~batch.exact]}
    figures = {name: term.mean().item() for name, term in terms.items() if len(term)}
    return loss.mean(), figures


def weigh_sources(
    packs: Sequence[Pack], exact_share: float, fresh: Drawable | None = None
) -> tuple[Source, ...]:
    """Sources from which all frames of a kind are drawn equally often.

    Rendered packs and `fresh` worlds, made while one trains, together have `exact_share`, half of
    it each; where a kind is absent, the others have its share.
    """
    rendered = [pack for pack in packs if pack.exact.all()]
    photos = [pack for pack in packs if not pack.exact.all()]
    packed_share = exact_share if fresh is None else exact_share / 2
    sources = [*_shared_out(rendered, packed_share), *_shared_out(photos, 1 - exact_share)]
    if fresh is not None:
        sources.append(Source(fresh, exact_share - (packed_share if rendered else 0)))
    return tuple(sources)


def _shared_out(packs: Sequence[Pack], share: float) -> list[Source]:
    frames = sum(len(pack) for pack in packs)
    return [Source(pack, share * len(pack) / max(frames, 1)) for pack in packs]


def size_at(step: int, recipe: MonoRecipe) -> Size:
    """The (height, width) of a step's batch."""
    is_late = step >= (1 - recipe.late_share) * recipe.loop.steps
    sizes = recipe.late_sizes if is_late else recipe.sizes
    return sizes[step % len(sizes)]


def build_optimizer(network: MonoDepth, recipe: MonoRecipe) -> torch.optim.Optimizer:
    """AdamW that treats the pretrained encoder more gently than the rest."""
    trunk = list(network.trunk.parameters())
    known = {id(parameter) for parameter in trunk}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in known]
    return torch.optim.AdamW(
        [
            {"params": trunk, "lr": recipe.learning_rate * recipe.trunk_rate},
            {"params": rest, "lr": recipe.learning_rate},
        ],
        weight_decay=recipe.weight_decay,
    )


def check_device(device: str) -> None:
    """Refuses devices on which this machine cannot train.

    Raises:
        OptionError: it is neither cpu nor cuda, or cuda without a GPU that PyTorch can use.
    """
    if device not in ("cpu", "cuda"):
        raise OptionError(f"There is no device {device}.", "Train on cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise OptionError(
            "PyTorch finds no GPU for cuda on this machine.",
            "Train on the processor with --device cpu, or install a PyTorch that suits the GPU.",
        )


def describe_start(folder: Path, start: str, steps: int) -> str:
    """Where the run in the folder begins, at `start`, or goes on.

    Raises:
        DataError: the folder holds a run that is damaged.
    """
    step = saved_step(folder)
    if step is None:
        return f"starting from {start}"
    left = "" if step < steps else ", after which nothing is left to do"
    return f"going on from step {step} of {steps}{left}"


def describe_end(folder: Path, steps: int) -> str:
    """What the run has written, and how to go on if time was up before its last step."""
    step = saved_step(folder)
    written = f"{folder / CHECKPOINT}: the run at step {step} of {steps}"
    curve = f"{folder / CURVE} and {CURVE_PICTURE}: its learning curve"
    more = "" if step is None or step >= steps else "\nrun the same command again to go on"
    return f"{written}\n{curve}{more}"


def main(  # noqa: PLR0913 - typer reads options from the arguments
    packs: Annotated[list[Path], typer.Argument(help="Packs of training frames.")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where the run is kept.")],
    start: Annotated[
        Path | None, typer.Option(help="A checkpoint or released .onnx to start from.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the whole run.")] = LoopConfig.steps,
    learning_rate: Annotated[float, typer.Option()] = MonoRecipe.learning_rate,
    minutes: Annotated[
        float, typer.Option(help="Stop after this long; run again to go on.")
    ] = math.inf,
    photos: Annotated[
        Path | None, typer.Option(help="Photos to paint fresh worlds with, rendered meanwhile.")
    ] = None,
    supertuxkart: Annotated[
        Path | None, typer.Option(help="SuperTuxKart's data folder, for fresh worlds.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads that render fresh worlds.")] = 1,
    threads: Annotated[int, typer.Option(help="Processor threads, 0 for all.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Train the mono depth network on packs, or go on with the run in the output folder."""
    check_device(device)
    prepare_folder(folder)
    if threads:
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
    recipe = MonoRecipe(loop=LoopConfig(steps=steps, minutes=minutes), learning_rate=learning_rate)

    with ExitStack() as stack:
        fresh = None
        if photos is not None:
            seed = int(time.time())  # a run that goes on shall not see the same worlds again
            typer.echo(f"fresh worlds have seed {seed}", err=True)
            stock = build_stock(seed, photos, supertuxkart)
            fresh = stack.enter_context(WorldStream(stock, seed, workers))
        opened = [read_pack(path) for path in packs]
        sources = weigh_sources(opened, recipe.exact_share, fresh)
        typer.echo(describe_start(folder, start.name if start else IMAGENET, steps), err=True)
        train_mono(sources, folder, recipe, start, device, tell_steps("training", steps))
    typer.echo(describe_end(folder, steps), err=True)


if __name__ == "__main__":
    run_command(main)
