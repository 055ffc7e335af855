"""Judges depth networks against measured truth and against rivals that must be beaten.

python -m stereopsis.train.evaluate --truth DIR [--photos DIR] [--teacher FILE] [--network FILE]...
"""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from stereopsis.errors import OptionError
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.train.bootstrap import Difference, paired_difference
from stereopsis.train.charts import Png, bar_chart, contact_sheet
from stereopsis.train.command import run_command
from stereopsis.train.label import list_photos, read_small
from stereopsis.train.metrics import Scores, score
from stereopsis.train.rivals import Method, constant, ramp, refined, released
from stereopsis.train.teacher import Teacher
from stereopsis.train.truth import Truth, read_truths

METRICS = [field.name for field in fields(Scores)]
PHOTO_SIDE = 768
SHEET_ROWS = 13


@dataclass(frozen=True)
class Row:
    """The scores of one method on one picture."""

    method: str
    set: str
    name: str
    scene: str
    scores: Scores


def evaluate(methods: dict[str, Method], truths: Iterable[Truth]) -> list[Row]:
    """Every method on every picture."""
    return [
        Row(name, t.set, t.name, t.scene, score(method(t.image), t.inverse_depth, t.valid))
        for t in truths
        for name, method in methods.items()
    ]


def mean_scores(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """Per method the mean of each metric over these rows."""
    collected: dict[str, list[Scores]] = {}
    for row in rows:
        collected.setdefault(row.method, []).append(row.scores)
    return {
        method: {m: float(np.mean([getattr(s, m) for s in scores])) for m in METRICS}
        for method, scores in collected.items()
    }


def mean_scores_per_set(rows: list[Row]) -> dict[str, dict[str, dict[str, float]]]:
    """For each set of pictures, what mean_scores says of it."""
    return {
        s: mean_scores(r for r in rows if r.set == s) for s in dict.fromkeys(r.set for r in rows)
    }


def differences(rows: list[Row], ours: str) -> dict[str, dict[str, Difference]]:
    """This method minus each other one, per metric, tested over scenes."""
    by_method: dict[str, list[Row]] = {}
    for row in rows:
        by_method.setdefault(row.method, []).append(row)
    mine = by_method[ours]
    return {
        other: {m: _difference(mine, theirs, m) for m in METRICS}
        for other, theirs in by_method.items()
        if other != ours
    }


def to_csv(rows: list[Row]) -> str:
    """One line per method and picture."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["method", "set", "name", "scene", *METRICS])
    for row in rows:
        numbers = [f"{getattr(row.scores, m):.6g}" for m in METRICS]
        table.writerow([row.method, row.set, row.name, row.scene, *numbers])
    return text.getvalue()


def to_json(rows: list[Row], compared: list[str]) -> str:
    """Means over all pictures and per set, and the differences of the compared methods."""
    report = {
        "pictures": len({(row.set, row.name) for row in rows}),
        "scenes": len({row.scene for row in rows}),
        "mean": mean_scores(rows),
        "sets": mean_scores_per_set(rows),
        "differences": {
            ours: {
                o: {m: asdict(d) for m, d in ds.items()}
                for o, ds in differences(rows, ours).items()
            }
            for ours in compared
        },
    }
    return json.dumps(report, indent=2) + "\n"


def draw_charts(rows: list[Row]) -> dict[str, Png]:
    """One bar chart per metric, over the sets and all pictures."""
    overall, per_set = mean_scores(rows), mean_scores_per_set(rows)
    charts = {}
    for metric in METRICS:
        values = {
            method: {s: means[method][metric] for s, means in per_set.items()}
            | {"all": of_all[metric]}
            for method, of_all in overall.items()
        }
        charts[metric] = bar_chart(metric, values)
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


def draw_photo_sheet(methods: dict[str, Method], photos: dict[str, ColorImage]) -> Png:
    """Photos without truth: picture and each method side by side."""
    cells = [[photo, *_guesses(methods, photo)] for photo in photos.values()]
    return contact_sheet(["photo", *methods], cells, list(photos))


def _guesses(methods: dict[str, Method], image: ColorImage) -> list[InverseDepth]:
    """What each method says, at the picture's size."""
    size = (image.shape[1], image.shape[0])
    return [cv2.resize(m(image), size, interpolation=cv2.INTER_LINEAR) for m in methods.values()]


def _difference(mine: list[Row], theirs: list[Row], metric: str) -> Difference:
    a, b = (np.array([getattr(row.scores, metric) for row in rows]) for rows in (mine, theirs))
    return paired_difference(a, b, [row.scene for row in mine])


def _read_photos(folder: Path) -> dict[str, ColorImage]:
    images = {p.name: read_small(p, PHOTO_SIDE) for p in sorted(list_photos([folder]))}
    return {name: image for name, image in images.items() if image is not None}


def _collect_methods(teacher: Path | None, networks: list[Path]) -> dict[str, Method]:
    methods: dict[str, Method] = {"constant": constant, "ramp": ramp}
    if teacher is not None:
        methods["teacher"] = Teacher(teacher)
        methods["teacher+refine"] = refined(methods["teacher"])
    for path in networks:
        if path.stem in methods:
            raise OptionError(f"Two methods are called {path.stem}.", "Rename one of the files.")
        methods[path.stem] = released(path)
        methods[f"{path.stem}+refine"] = refined(methods[path.stem])
    return methods


def _show(rows: list[Row], compared: list[str]) -> None:
    """Prints the means, and how each of our networks differs from the others."""
    means = mean_scores(rows)
    console = Console(highlight=False)
    table = Table(Column(no_wrap=True), *means)
    for metric in METRICS:
        table.add_row(metric, *(f"{means[method][metric]:.3f}" for method in means))
    console.print(table)
    for ours in compared:
        found = differences(rows, ours)
        table = Table(
            Column(f"{ours} minus", no_wrap=True), *found, title="mean over scenes, 95 % interval"
        )
        for metric in METRICS:
            pairs = [found[other][metric] for other in found]
            table.add_row(metric, *(f"{d.mean:+.3f}\n[{d.low:+.3f}, {d.high:+.3f}]" for d in pairs))
        console.print(table)


def main(
    truth: Annotated[Path, typer.Option(help="Folder with stereo/ and depth/ sets.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    photos: Annotated[Path | None, typer.Option(help="Photos to look at, without truth.")] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="ONNX network: RGB to log inverse depth.")
    ] = None,
    network: Annotated[list[Path] | None, typer.Option(help="Our .onnx files.")] = None,
) -> None:
    """Score networks against measured depth, a constant, a ramp and a teacher."""
    networks = network or []
    methods = _collect_methods(teacher, networks)
    compared = [path.stem for path in networks]
    truths = read_truths(truth)
    rows = evaluate(methods, track(truths, "evaluating"))
    looked_at = {name: m for name, m in methods.items() if name not in ("constant", "ramp")}
    out.mkdir(parents=True, exist_ok=True)
    (out / "scores.csv").write_text(to_csv(rows), encoding="utf-8")
    (out / "scores.json").write_text(to_json(rows, compared), encoding="utf-8")
    for metric, chart in draw_charts(rows).items():
        (out / f"{metric}.png").write_bytes(chart)
    for number, sheet in enumerate(draw_truth_sheets(looked_at, truths)):
        (out / f"truth_{number}.png").write_bytes(sheet)
    if photos is not None:
        (out / "photos.png").write_bytes(draw_photo_sheet(looked_at, _read_photos(photos)))
    _show(rows, compared)


if __name__ == "__main__":
    run_command(main)
