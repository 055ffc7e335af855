"""Judges stereo networks against measured disparity and against rivals that must be beaten.

python -m stereopsis.train.evaluate_pairs --truth DIR -o DIR [--network FILE]...
"""

import csv
import io
import statistics
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from stereopsis.outputs import prepare_folder, write_all
from stereopsis.runtime.weights import find_weights
from stereopsis.scene.arrays import InverseDepth, Mask
from stereopsis.train.bootstrap import Difference, paired_difference
from stereopsis.train.charts import Png, bar_chart, contact_sheet
from stereopsis.train.command import run_command
from stereopsis.train.distinct import check_distinct
from stereopsis.train.pair_methods import Method, collect_methods
from stereopsis.train.pair_truth import PairTruth, read_pair_truths
from stereopsis.train.report_json import report_json

THREADS = 2
RIVAL = "sgbm-3way"
METRICS = ("epe", "bad1", "bad2", "bad4", "bad2_seen", "bad2_hidden", "ms")
SHEET_ROWS = 13
HARD = ("PianoL", "MotorcycleE", "ArtL")


@dataclass(frozen=True)
class Row:
    """The scores of one method on one pair; those that cannot be measured are left out."""

    method: str
    set: str
    name: str
    scene: str
    scores: dict[str, float]


def score_pair(found: InverseDepth, truth: PairTruth) -> dict[str, float]:
    """Mean error (px) and percentages of pixels off by more than 1, 2 and 4 px.

    Over all pixels with truth, hidden ones included; and of those off by 2 px apart, of what the
    other eye sees and what it does not.
    """
    off = np.abs(found - truth.disparity)

    def bad(px: float, where: Mask) -> float:
        return float(100 * (off[where] > px).mean())

    scores = {"epe": float(off[truth.valid].mean())}
    scores |= {f"bad{px}": bad(px, truth.valid) for px in (1, 2, 4)}
    if truth.seen is not None and truth.seen.any():
        scores["bad2_seen"] = bad(2, truth.seen)
        hidden = truth.valid & ~truth.seen
        if hidden.any():
            scores["bad2_hidden"] = bad(2, hidden)
    return scores


def score_all(methods: dict[str, Method], truths: Iterable[PairTruth]) -> list[Row]:
    """The scores of each method on each pair; `ms` is the faster of two runs."""
    rows = []
    for truth in truths:
        for name, method in methods.items():
            times = []
            for _ in range(2):
                start = time.perf_counter()
                found = method(truth)
                times.append(1e3 * (time.perf_counter() - start))
            scores = score_pair(found, truth) | {"ms": min(times)}
            rows.append(Row(name, truth.set, truth.name, truth.scene, scores))
    return rows


def mean_scores(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """The mean over pairs of each metric, by method."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        for metric, value in row.scores.items():
            found.setdefault(row.method, {}).setdefault(metric, []).append(value)
    return {
        method: {metric: statistics.mean(values) for metric, values in metrics.items()}
        for method, metrics in found.items()
    }


def differences(rows: list[Row], ours: str) -> dict[str, Difference]:
    """Our bad2 minus each other method's, over scenes."""
    scores: dict[str, list[float]] = {}
    for row in rows:
        scores.setdefault(row.method, []).append(row.scores["bad2"])
    scenes = [row.scene for row in rows if row.method == ours]
    mine = np.array(scores[ours])
    return {
        method: paired_difference(mine, np.array(values), scenes)
        for method, values in scores.items()
        if method != ours
    }


def to_json(rows: list[Row], networks: Iterable[str]) -> str:
    """Means over all pairs and per set, the hard pairs, and differences in bad2."""
    sets = sorted({row.set for row in rows})
    report = {
        "pairs": len({(row.set, row.name) for row in rows}),
        "scenes": len({row.scene for row in rows}),
        "threads": THREADS,
        "mean": mean_scores(rows),
        "sets": {name: mean_scores(row for row in rows if row.set == name) for name in sets},
        "hard": {name: mean_scores(row for row in rows if row.name == name) for name in HARD},
        "differences_in_bad2": {
            ours: {other: asdict(gap) for other, gap in differences(rows, ours).items()}
            for ours in networks
        },
    }
    return report_json(report)


def to_csv(rows: list[Row]) -> str:
    """One line per method and pair; what cannot be measured is left empty."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["method", "set", "name", "scene", *METRICS])
    for row in rows:
        cells = [f"{row.scores[m]:.6g}" if m in row.scores else "" for m in METRICS]
        table.writerow([row.method, row.set, row.name, row.scene, *cells])
    return text.getvalue()


def draw_sheets(methods: dict[str, Method], truths: list[PairTruth]) -> list[Png]:
    """Picture, truth and each method's disparity in the colours of the truth's range."""
    sheets = []
    for start in range(0, len(truths), SHEET_ROWS):
        part = truths[start : start + SHEET_ROWS]
        cells = [
            [t.left, t.disparity, *(_bounded(m(t), t) for m in methods.values())] for t in part
        ]
        names = [f"{t.set}/{t.name}" for t in part]
        sheets.append(contact_sheet(["picture", "truth", *methods], cells, names))
    return sheets


def _bounded(disparity: InverseDepth, truth: PairTruth) -> InverseDepth:
    known = truth.disparity[truth.valid]
    return np.asarray(np.clip(disparity, known.min(), known.max()), np.float32)


def _show(rows: list[Row], networks: Iterable[str]) -> None:
    console = Console(highlight=False)
    table = Table("mean over pairs", *METRICS)
    for method, scores in mean_scores(rows).items():
        table.add_row(method, *(f"{scores[m]:.2f}" if m in scores else "" for m in METRICS))
    console.print(table)
    for ours in networks:
        for other, gap in differences(rows, ours).items():
            text = (
                f"bad2 of {ours} minus {other}: {gap.mean:+.2f} [{gap.low:+.2f}, {gap.high:+.2f}]"
            )
            console.print(f"{text} over {gap.scenes} scenes")


def main(
    truth: Annotated[Path, typer.Option(help="Folder with stereo/ sets.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    network: Annotated[
        list[Path] | None, typer.Option(help="Stereo .onnx files, else the embedded ones.")
    ] = None,
) -> None:
    """Score stereo networks against measured disparity, a constant, the mono network and SGBM."""
    cv2.setNumThreads(THREADS)
    paths = network or [find_weights("stereo"), find_weights("stereo-int8")]
    check_distinct("networks", [path.stem for path in paths])
    networks = {path.stem: path for path in paths}
    truths = read_pair_truths(truth)
    prepare_folder(out)
    methods = collect_methods(networks, THREADS)
    rows = score_all(methods, track(truths, "evaluating"))
    files = {"scores.csv": to_csv(rows).encode(), "scores.json": to_json(rows, networks).encode()}
    values = {
        method: {
            f"{row.set}/{row.name}": row.scores["bad2"] for row in rows if row.method == method
        }
        for method in methods
        if method not in ("constant", "mono")
    }
    files["bad2.png"] = bar_chart("pixels off by more than 2 px, %", values)
    looked_at = {name: method for name, method in methods.items() if name != "constant"}
    for number, sheet in enumerate(draw_sheets(looked_at, truths)):
        files[f"pairs_{number}.png"] = sheet
    write_all({out / name: data for name, data in files.items()})
    _show(rows, networks)


if __name__ == "__main__":
    run_command(main)
