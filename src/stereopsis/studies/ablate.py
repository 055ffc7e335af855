"""Backs the recipe's choices by short runs: python -m stereopsis.studies.ablate --help."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer

from stereopsis.depth.mono import resample
from stereopsis.nets.mono import MonoDepth
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.studies.ablation_table import FIGURES, Results, draw_bars, read_results, to_markdown
from stereopsis.studies.ablation_trials import Labels, Trial, list_trials
from stereopsis.studies.same_study import digest
from stereopsis.train.command import run_command
from stereopsis.train.metrics import Scores, score
from stereopsis.train.mono import train_mono, weigh_sources
from stereopsis.train.pack import Pack, read_pack
from stereopsis.train.rivals import Method
from stereopsis.train.truth import Truth, read_truths

SHOWN_PIXELS = 256 * 192  # of a picture when a trial is judged
HELD_OUT = 50  # rendered frames that judge


@dataclass(frozen=True)
class Material:
    """Packs to train on, and pictures with truth to judge by, rendered and measured."""

    worlds: tuple[Path, ...]
    labels: dict[Labels, tuple[Path, ...]]
    rendered: list[Truth]
    measured: list[Truth]

    def packs(self, trial: Trial) -> list[Path]:
        """What the trial is trained on."""
        return [*self.worlds, *self.labels[trial.labels]]

    def mark(self, trial: Trial) -> str:
        """A few letters that tell the trial, with all that decides its figures, from others."""
        packs = [path.read_bytes() for path in self.packs(trial)]
        judges = [
            array
            for truth in (*self.rendered, *self.measured)
            for array in (truth.image, truth.inverse_depth, truth.valid)
        ]
        return digest([repr(trial).encode(), *packs, *judges])


def run_trial(trial: Trial, material: Material, folder: Path) -> Results:
    """The row of the table for this trial: its figures on both kinds of truth.

    A run that stopped goes on where it was; `folder` keeps it.
    """
    packs = [read_pack(path) for path in material.packs(trial)]
    sources = weigh_sources(packs, trial.recipe.exact_share)
    network = train_mono(sources, folder, trial.recipe)
    row = {"choice": trial.choice, "name": trial.name}
    for kind, truths in (("rendered", material.rendered), ("measured", material.measured)):
        means = mean_figures(as_method(network), truths)
        row |= {f"{kind} {name}": f"{means[name]:.4f}" for name in FIGURES}
    return row


def mean_figures(method: Method, truths: Sequence[Truth]) -> dict[str, float]:
    """The mean of each score over these pictures."""
    scores: list[Scores] = [score(method(t.image), t.inverse_depth, t.valid) for t in truths]
    return {name: float(np.mean([asdict(s)[name] for s in scores])) for name in asdict(scores[0])}


def as_method(network: MonoDepth) -> Method:
    """The network as it is judged: at SHOWN_PIXELS, averaged with the mirror image."""
    network.eval()

    def guess(image: ColorImage) -> InverseDepth:
        zoom = (SHOWN_PIXELS / (image.shape[0] * image.shape[1])) ** 0.5
        width, height = (max(2, round(side * zoom / 32)) * 32 for side in image.shape[1::-1])
        small = resample(image, (width, height))
        with torch.inference_mode():
            answers, _ = network(torch.from_numpy(np.stack([small, small[:, ::-1]])))
        return np.asarray(0.5 * (answers[0] + answers[1].flip(-1)), np.float32)

    return guess


def held_out(pack: Pack, count: int = HELD_OUT) -> list[Truth]:
    """Frames of a rendered pack as truth; what is infinitely far counts as unknown."""
    truths = []
    for index in range(min(count, len(pack))):
        frame = pack[index]
        valid = frame.valid & (frame.inverse_depth > 0)
        if valid.any():
            inverse_depth = np.where(valid, frame.inverse_depth, 0).astype(np.float32)
            truths.append(Truth("worlds", str(index), frame.image, inverse_depth, valid))
    return truths


def write_results(path: Path, rows: Sequence[Results]) -> None:
    """Writes the table of results.

    Raises:
        OutputError: it cannot be written. The table is as it was then.
    """
    columns = dict.fromkeys(name for each in rows for name in each)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_all({path: text.getvalue().encode()})


def main(  # noqa: PLR0913 - typer reads options from the arguments
    worlds: Annotated[list[Path], typer.Option(help="Packs of rendered worlds to train on.")],
    labels: Annotated[list[Path], typer.Option(help="Packs of stereopsis.train.relabel.")],
    teacher_labels: Annotated[list[Path], typer.Option(help="Packs of stereopsis.train.label.")],
    judges: Annotated[Path, typer.Option(help="A rendered pack that no trial is trained on.")],
    truth: Annotated[Path, typer.Option(help="Folder with stereo/ and depth/ sets.")],
    runs: Annotated[Path, typer.Option(help="Folder in which the runs are kept.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for the table.")],
    threads: Annotated[int, typer.Option(help="Processor threads.")] = 1,
) -> None:
    """Train once for each choice of the recipe; trials that are in the table are not run again.

    A trial by another recipe, of other packs or judged by other pictures is another one; what the
    table holds of such trials, or without a mark, is dropped when the first row is added.
    """
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    material = Material(
        tuple(worlds),
        {"relabelled": tuple(labels), "teacher": tuple(teacher_labels)},
        held_out(read_pack(judges)),
        read_truths(truth),
    )
    table = out / "trials.csv"
    prepare_folder(out)
    marks = {material.mark(trial): trial for trial in list_trials()}
    done = [row for row in read_results(table) if row.get("mark") in marks]
    for mark, trial in marks.items():
        if any(row["mark"] == mark for row in done):
            continue
        typer.echo(f"{trial.choice}: {trial.name}", err=True)
        folder = runs / f"{trial.choice}_{trial.name}_{mark}".replace(" ", "_").replace(",", "")
        done.append(run_trial(trial, material, folder) | {"mark": mark})
        write_results(table, done)
        write_all(
            {out / "trials.md": to_markdown(done).encode(), out / "trials.png": draw_bars(done)}
        )


if __name__ == "__main__":
    run_command(main)
