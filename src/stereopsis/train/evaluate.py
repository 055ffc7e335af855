"""Judges depth networks against measured truth and against rivals that must be beaten.

python -m stereopsis.train.evaluate --truth DIR -o DIR [--network FILE]... [--previous FILE]
    [--teacher FILE] [--photos DIR [--notes FILE]]
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from stereopsis.depth.model import open_depth_model
from stereopsis.errors import OptionError
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo
from stereopsis.scene.photo_file import read_photo
from stereopsis.train.calibration import LEFT_OUT, Calibration, calibrate
from stereopsis.train.charts import Png, bar_chart, contact_sheet, curve_chart
from stereopsis.train.command import run_command
from stereopsis.train.distinct import check_distinct
from stereopsis.train.label import list_photos
from stereopsis.train.photo_sheet import draw_photo_sheet, read_notes
from stereopsis.train.report_json import report_json
from stereopsis.train.rivals import (
    Method,
    constant,
    guesses,
    guided,
    nearest,
    ramp,
    refined,
    released,
    remembering,
)
from stereopsis.train.score_table import (
    METRICS,
    Row,
    differences,
    mean_scores,
    mean_scores_per_set,
    score_methods,
    to_csv,
)
from stereopsis.train.speed import THREADS, Speed, measure_speed
from stereopsis.train.teacher import Teacher
from stereopsis.train.truth import Truth, read_truths

SHEET_ROWS = 13
BLIND = ("constant", "ramp")
PREVIOUS = "previous"


@dataclass(frozen=True)
class Evaluation:
    """All that is measured of the `compared` networks and their rivals."""

    rows: list[Row]
    compared: list[str]
    calibrations: dict[str, list[Calibration]]  # one per picture, of networks that tell errors
    speeds: dict[str, Speed]


def to_json(found: Evaluation) -> str:
    """Means over all pictures and per set, differences, calibration and speed."""
    means = {"mean": mean_scores(found.rows), "sets": mean_scores_per_set(found.rows)}
    report = {
        "pictures": len({(row.set, row.name) for row in found.rows}),
        "scenes": len({row.scene for row in found.rows}),
        **means,
        "differences": {
            ours: {
                other: {metric: asdict(gap) for metric, gap in gaps.items()}
                for other, gaps in differences(found.rows, ours).items()
            }
            for ours in found.compared
        },
        "calibration": {name: mean_calibration(c) for name, c in found.calibrations.items()},
        "speed": {
            "threads": THREADS,
            **{name: asdict(speed) for name, speed in found.speeds.items()},
        },
    }
    return report_json(report)


def mean_calibration(found: list[Calibration]) -> dict[str, float]:
    """The mean over pictures of what a network knows of its errors."""
    names = ("rank_correlation", "ause", "ause_at_random", "expected_over_actual")
    return {name: float(np.mean([getattr(c, name) for c in found])) for name in names}


def calibrate_all(
    guess: Callable[[ColorImage], DepthMap], truths: list[Truth]
) -> list[Calibration]:
    """The calibration on each picture; empty if the network does not tell its errors."""
    found = []
    for truth in truths:
        depth = guess(truth.image)
        if depth.uncertainty is None:
            return []
        size = truth.inverse_depth.shape[::-1]
        maps = [
            np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_LINEAR))
            for each in (depth.inverse_depth, depth.uncertainty)
        ]
        found.append(calibrate(maps[0], maps[1], truth.inverse_depth, truth.valid))
    return found


def draw_charts(found: Evaluation) -> dict[str, Png]:
    """One bar chart per metric over the sets and all pictures, and the sparsification curves."""
    overall, per_set = mean_scores(found.rows), mean_scores_per_set(found.rows)
    charts = {}
    for metric in METRICS:
        values = {
            method: {s: means[method][metric] for s, means in per_set.items()}
            | {"all": of_all[metric]}
            for method, of_all in overall.items()
        }
        charts[metric] = bar_chart(metric, values)
    for name, each in found.calibrations.items():
        curves = {
            name: (LEFT_OUT, np.mean([c.curve for c in each], axis=0)),
            "oracle": (LEFT_OUT, np.mean([c.oracle for c in each], axis=0)),
            "random": (LEFT_OUT, np.ones_like(LEFT_OUT)),
        }
        labels = ("share of the most uncertain pixels left out", "mean error of the rest")
        charts[f"sparsification_{name}"] = curve_chart("does it know its errors?", labels, curves)
    return charts


def draw_truth_sheets(methods: dict[str, Method], truths: list[Truth]) -> list[Png]:
    """Picture, truth and each method side by side, so many pictures to a sheet."""
    columns = ["picture", "truth", *methods]
    sheets = []
    for start in range(0, len(truths), SHEET_ROWS):
        part = truths[start : start + SHEET_ROWS]
        cells = [[t.image, t.inverse_depth, *_guesses(methods, t.image)] for t in part]
        sheets.append(contact_sheet(columns, cells, [f"{t.set}/{t.name}" for t in part]))
    return sheets


def _guesses(methods: dict[str, Method], image: ColorImage) -> list[InverseDepth]:
    """What each method says, at the picture's size."""
    size = (image.shape[1], image.shape[0])
    return [cv2.resize(m(image), size, interpolation=cv2.INTER_LINEAR) for m in methods.values()]


def _collect_methods(teacher: Path | None, networks: dict[str, Path]) -> dict[str, Method]:
    methods: dict[str, Method] = {"constant": constant, "ramp": ramp}
    if teacher is not None:
        methods["teacher"] = remembering(Teacher(teacher))
        methods["teacher+refine"] = refined(methods["teacher"])
    for number, (name, path) in enumerate(networks.items()):
        methods[name] = remembering(released(path))
        if number == 0:  # what else could be done about the edges of the network that matters
            methods[f"{name}+nearest"] = nearest(methods[name])
            methods[f"{name}+guided"] = guided(methods[name])
        methods[f"{name}+refine"] = refined(methods[name])
    return methods


def _named(networks: list[Path], previous: Path | None) -> dict[str, Path]:
    check_distinct("methods", [*BLIND, "teacher", PREVIOUS, *(path.stem for path in networks)])
    named = {path.stem: path for path in networks}
    return named if previous is None else {**named, PREVIOUS: previous}


def _show(found: Evaluation) -> None:
    """Prints the means, how each network differs from the others, calibration and speed."""
    console = Console(highlight=False)
    means = mean_scores(found.rows)
    table = Table(Column("mean over pictures", no_wrap=True), *METRICS)
    for method, scores in means.items():
        table.add_row(method, *(f"{scores[metric]:.3f}" for metric in METRICS))
    console.print(table)
    for ours in found.compared:
        table = Table(
            Column(f"{ours} minus", no_wrap=True), *METRICS, title="mean over scenes, 95 % interval"
        )
        for other, gaps in differences(found.rows, ours).items():
            cells = (gaps.get(metric) for metric in METRICS)
            shown = (f"{d.mean:+.3f}\n[{d.low:+.3f}, {d.high:+.3f}]" if d else "" for d in cells)
            table.add_row(other, *shown)
        console.print(table)
    for name, calibrations in found.calibrations.items():
        parts = (f"{k} {v:.3f}" for k, v in mean_calibration(calibrations).items())
        console.print(f"{name} knows its errors: {', '.join(parts)}")
    teacher = found.speeds.get("teacher")
    for name, speed in found.speeds.items():
        ratio = f", {speed.ms / teacher.ms:.2f} of the teacher's time" if teacher else ""
        size = f"{speed.width} x {speed.height} on {THREADS} threads"
        console.print(f"{name}: {speed.ms:.1f} ms at {size}{ratio}, {speed.megabytes:.2f} MB")


def _draw_pictures(
    found: Evaluation, methods: dict[str, Method], truths: list[Truth]
) -> dict[str, Png]:
    """Charts, and sheets of the pictures with truth, by their files' names."""
    looked_at = {n: m for n, m in methods.items() if n not in BLIND and not n.endswith("+nearest")}
    charts = {f"{name}.png": chart for name, chart in draw_charts(found).items()}
    sheets = enumerate(draw_truth_sheets(looked_at, truths))
    return charts | {f"truth_{number}.png": sheet for number, sheet in sheets}


def _read_all(truth: Path, methods: Iterable[str]) -> list[Truth]:
    """The truths, if there is something to judge by them."""
    truths = read_truths(truth)
    if set(methods) <= set(BLIND):
        raise OptionError("There is no network to judge.", "Give one with --network.")
    return truths


def _read_shown(folder: Path) -> dict[str, Photo]:
    """The photos by their paths below the folder: names may repeat in its subfolders."""
    paths = sorted(list_photos([folder]))
    return {path.relative_to(folder).as_posix(): read_photo(path) for path in paths}


def main(  # noqa: PLR0913 - each is an option of the command line
    truth: Annotated[Path, typer.Option(help="Folder with stereo/ and depth/ sets.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    network: Annotated[list[Path] | None, typer.Option(help="Our .onnx files.")] = None,
    previous: Annotated[Path | None, typer.Option(help="Our .onnx of the last edition.")] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="ONNX network: RGB to log inverse depth.")
    ] = None,
    photos: Annotated[Path | None, typer.Option(help="Photos to look at, without truth.")] = None,
    notes: Annotated[Path | None, typer.Option(help="JSON: what is wrong with each photo.")] = None,
) -> None:
    """Score networks against measured depth, a constant, a ramp and a teacher."""
    named = _named(network or [], previous)
    methods = _collect_methods(teacher, named)
    truths = _read_all(truth, methods)
    said = read_notes(notes) if notes is not None else {}
    shown = _read_shown(photos) if photos else {}
    prepare_folder(out)
    rows = score_methods(methods, track(truths, "evaluating"))
    calibrations = {name: calibrate_all(guesses(path), truths) for name, path in named.items()}
    told = {name: each for name, each in calibrations.items() if each}
    compared = [name for name in named if name != PREVIOUS]
    found = Evaluation(rows, compared, told, measure_speed(named, teacher))
    files = {"scores.csv": to_csv(rows).encode(), "scores.json": to_json(found).encode()}
    files |= _draw_pictures(found, methods, truths)
    if shown and named:
        judged = open_depth_model(next(iter(named.values())))
        files["photos.png"] = draw_photo_sheet(shown, judged, said)
    write_all({out / name: data for name, data in files.items()})
    _show(found)


if __name__ == "__main__":
    run_command(main)
