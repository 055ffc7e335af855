"""Puts a trained stereo network into the package: files, manifests, parity of each with the run."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from stereopsis.nets.stereo import StereoConfig, StereoDepth
from stereopsis.outputs import prepare_folder
from stereopsis.runtime.formats import StereoFormat
from stereopsis.runtime.manifest import Manifest, Port
from stereopsis.train.command import run_command
from stereopsis.train.export import export_network
from stereopsis.train.pack import read_pack
from stereopsis.train.pairs import PairSource, draw_pairs
from stereopsis.train.quantise import Calibration
from stereopsis.train.release import describe_sources, read_scores
from stereopsis.train.released import load_checkpoint
from stereopsis.train.worlds.stock import read_photos

PIXELS = 720 * 640  # the largest area that is matched at once
EXAMPLE_SIZES = ((224, 320), (288, 384), (96, 352))  # (height, width)
CALIBRATION_PAIRS = 12  # twice as many pictures of each eye
CALIBRATION_SIZE = (256, 352)
PHOTOS = 100
AFTER_TRUNK = ("guess", "sure", "describe.", "see.", "choose.", "believe.", "correct.")
# Tolerance of the files against the run; what 8 bits cost is judged by train.evaluate_pairs.
QUALITY = {"stereo": 0.02, "stereo-int8": 0.4}

LEFT = Port("left", "uint8", ("n", "h", "w", 3), "sRGB, 0..255, rectified")
RIGHT = Port("right", "uint8", ("n", "h", "w", 3), "sRGB, 0..255, rectified")
GUESS = Port("guess", "float32", ("n", "h", "w"), "a classical matcher's disparity, px")
SURE = Port("sure", "float32", ("n", "h", "w"), "1 where the guess counts, else 0")
DISPARITY = Port(
    "disparity",
    "float32",
    ("n", "h", "w"),
    "px; what the left eye sees at x the right eye sees at x - disparity",
)
ERROR = Port("error", "float32", ("n", "h", "w"), "to be expected of the disparity, px")


def stereo_manifest(
    name: str, commit: str, trained_on: Iterable[str], metrics: Mapping[str, float]
) -> Manifest:
    """The manifest of a stereo network but for the hash, which export_network() fills in."""
    config = StereoConfig()
    return Manifest(
        name=name,
        edition="3",
        inputs=(LEFT, RIGHT, GUESS, SURE),
        outputs=(DISPARITY, ERROR),
        multiple=32,
        stereo=StereoFormat(config.least_px, config.most_px, PIXELS),
        sha256="",
        commit=commit,
        recipe="runs/stereo.sh",
        trained_on=tuple(trained_on),
        metrics=dict(metrics),
        licence="Apache-2.0",
    )


def example_pairs(
    source: PairSource, sizes: Sequence[tuple[int, int]]
) -> list[tuple[np.ndarray, ...]]:
    """Two pairs of each (height, width), as the network takes them: it shall take any number."""
    config = StereoConfig()
    examples = []
    for index, size in enumerate(sizes):
        batch = draw_pairs(source, size, 2, np.random.default_rng(index), config.limits)
        tensors = batch.left, batch.right, batch.guess, batch.sure
        examples.append(tuple(tensor.numpy() for tensor in tensors))
    return examples


def main(  # noqa: PLR0913 - typer reads options from the arguments
    checkpoint: Annotated[Path, typer.Argument(help="A run's checkpoint.pt.")],
    packs: Annotated[list[Path], typer.Argument(help="The packs that it was trained on.")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where the networks go.")],
    photos: Annotated[Path, typer.Option(help="The photos that it was trained on.")],
    commit: Annotated[str, typer.Option(help="The commit that trained it.")],
    scores: Annotated[Path | None, typer.Option(help="scores.json of evaluate_pairs.")] = None,
    notes: Annotated[
        list[str] | None, typer.Option("--note", help="More to say about the training data.")
    ] = None,
) -> None:
    """Export a run's averaged weights with their manifests, after checking that both agree."""
    prepare_folder(folder)
    found = read_scores(scores) if scores else {}
    network = StereoDepth(StereoConfig())
    load_checkpoint(network, checkpoint)
    opened = [read_pack(path) for path in packs]
    pictures = read_photos(photos, PHOTOS, np.random.default_rng(0))
    source = PairSource(opened, pictures, cards=0.3)
    examples = example_pairs(source, EXAMPLE_SIZES)
    typical = example_pairs(source, [CALIBRATION_SIZE] * CALIBRATION_PAIRS)
    trained_on = (*describe_sources(opened), *(notes or ()))
    for name, tolerance in QUALITY.items():
        scored = {m: value for m, value in found.get(name, {}).items() if m != "ms"}
        calibration = Calibration(typical, AFTER_TRUNK) if name.endswith("int8") else None
        manifest = stereo_manifest(name, commit, trained_on, scored)
        path = export_network(network, manifest, folder, examples, tolerance, calibration)
        typer.echo(path)


if __name__ == "__main__":
    run_command(main)
