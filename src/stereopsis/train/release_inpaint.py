"""Puts a trained inpainting network into the package: file, manifest, parity with the run.

python -m stereopsis.train.release_inpaint RUN/checkpoint.pt HOLES... -o FOLDER --commit HASH
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from stereopsis.errors import DataError
from stereopsis.lift.paint import INPUTS, OUTPUTS
from stereopsis.nets.inpaint import InpaintNet
from stereopsis.outputs import prepare_folder
from stereopsis.runtime.manifest import Manifest
from stereopsis.scene.input_file import read_input
from stereopsis.train.command import run_command
from stereopsis.train.export import export_network
from stereopsis.train.hole_file import HoleFiles, open_holes
from stereopsis.train.released import load_checkpoint

EXAMPLE_SIDES = (128, 96)  # of the patches on which run and file must agree
EXAMPLES = 8


def inpaint_manifest(
    commit: str, trained_on: Iterable[str], metrics: Mapping[str, float]
) -> Manifest:
    """The manifest of the inpainting network but for the hash, which export_network() fills in."""
    return Manifest(
        name="inpaint",
        edition="1",
        inputs=INPUTS,
        outputs=OUTPUTS,
        multiple=32,
        commit=commit,
        recipe="runs/inpaint.sh",
        trained_on=tuple(trained_on),
        metrics=dict(metrics),
        licence="Apache-2.0",
    )


def example_holes(patches: HoleFiles) -> list[tuple[np.ndarray, ...]]:
    """Patches as the network takes them, of several sizes."""
    holes = patches.pick(range(min(EXAMPLES, len(patches))))
    tensors = holes.color, holes.parallax, holes.hole, holes.known
    return [
        tuple(np.ascontiguousarray(each.numpy()[:, :side, :side]) for each in tensors)
        for side in EXAMPLE_SIDES
    ]


def read_means(path: Path, name: str) -> dict[str, float]:
    """The mean scores of this method in a holes.json, to four digits.

    Raises:
        DataError: the file cannot be read, or does not tell them.
    """
    try:
        scores = json.loads(read_input(path, DataError))["mean"][name]
        return {metric: round(float(value), 4) for metric, value in scores.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path.name} holds no scores of {name}.", "Give the holes.json of runs/holes.sh."
        ) from error


def main(
    checkpoint: Annotated[Path, typer.Argument(help="A run's checkpoint.pt.")],
    holes: Annotated[list[Path], typer.Argument(help="Files of holes that it was trained on.")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where the network goes.")],
    commit: Annotated[str, typer.Option(help="The commit that trained it.")],
    trained_on: Annotated[
        list[str], typer.Option(help="What the holes were cut from; may be given again.")
    ],
    scores: Annotated[Path | None, typer.Option(help="holes.json of runs/holes.sh.")] = None,
) -> None:
    """Export a run's averaged weights with their manifest, after checking that both agree."""
    prepare_folder(folder)
    found = read_means(scores, checkpoint.parent.name) if scores else {}
    network = InpaintNet()
    load_checkpoint(network, checkpoint)
    patches = open_holes(holes)
    manifest = inpaint_manifest(commit, trained_on, found)
    typer.echo(export_network(network, manifest, folder, example_holes(patches)))


if __name__ == "__main__":
    run_command(main)
