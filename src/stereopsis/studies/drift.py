"""How level rows are after the eyes have turned: ours, OpenCV's uncalibrated way, and nothing.

python -m stereopsis.studies.drift --pairs DIR -o DIR
"""

import io
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import track
from rich.table import Table

from stereopsis.depth.drift import RowProblem, fit_drift
from stereopsis.depth.match import find_matches
from stereopsis.depth.rectify import rectify
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.scene.stereo import StereoPair
from stereopsis.studies.drift_data import TruePair, moved, read_glasses, read_true_pairs
from stereopsis.studies.drift_trials import (
    METHODS,
    SEEDS,
    SIGMAS_DEG,
    Summary,
    Trial,
    sift_matches,
    summarise,
    try_scene,
)
from stereopsis.train.charts import Png
from stereopsis.train.command import run_command
from stereopsis.train.report_json import report_json

THREADS = 2
SPLITS = 20
LEAST_RIVAL_MATCHES = 30  # fewer features by another method judge nothing

Rows = dict[str, dict[str, Summary]]  # by method and drift


@dataclass(frozen=True)
class Glasses:
    """Vertical offsets (px) on real glasses: of half of the matches, fitted to the other half.

    `other_before` and `other_after` are medians over SIFT matches that took no part in the fit;
    None where there are too few.
    """

    matches: int
    before_px: float
    after_px: float
    other_matches: int
    other_before_px: float | None
    other_after_px: float | None
    turn_deg: float
    yaw_deg: float


def judge_glasses(pair: StereoPair) -> Glasses | None:
    """Offsets before and after; None where there are too few matches to halve."""
    left, right = pair.left.camera, pair.right.camera
    matches = find_matches(pair.left.pixels, pair.right.pixels)
    if len(matches) < 4 * 8:
        return None
    rng, after = np.random.default_rng(0), []
    for _ in range(SPLITS):
        order = rng.permutation(len(matches))
        fitted, held_out = np.array_split(order, 2)
        drift = fit_drift(matches.picked(fitted), left, right)
        problem = RowProblem.of(matches.picked(held_out), left, right)
        after.append(_median_size(problem.offsets(drift.parameters)))
    whole = rectify(pair)
    ours, theirs = sift_matches(pair.left.pixels, pair.right.pixels)
    enough = len(ours) >= LEAST_RIVAL_MATCHES
    level = moved(whole.homography_right, theirs) - moved(whole.homography_left, ours)
    return Glasses(
        matches=len(matches),
        before_px=_median_size(matches.right[:, 1] - matches.left[:, 1]),
        after_px=round(float(np.mean(after)), 3),
        other_matches=len(ours),
        other_before_px=_median_size((theirs - ours)[:, 1]) if enough else None,
        other_after_px=_median_size(level[:, 1]) if enough else None,
        turn_deg=round(whole.verdict.turn_deg, 3),
        yaw_deg=round(whole.verdict.yaw_deg, 3),
    )


def measure_speed(true: TruePair, repeats: int = 15) -> dict[str, float]:
    """Milliseconds of matching, of fitting and of the whole, the best of some runs."""
    camera = true.pair.left.camera
    pair = true.pair
    matches = find_matches(pair.left.pixels, pair.right.pixels)
    stages: dict[str, Callable[[], object]] = {
        "match": lambda: find_matches(pair.left.pixels, pair.right.pixels),
        "fit": lambda: fit_drift(matches, pair.left.camera, pair.right.camera),
        "rectify": lambda: rectify(pair),
    }
    best = dict.fromkeys(stages, np.inf)
    for _ in range(repeats):
        for name, stage in stages.items():
            start = time.perf_counter()
            stage()
            best[name] = min(best[name], 1e3 * (time.perf_counter() - start))
    size = {"threads": THREADS, "width": camera.width, "height": camera.height}
    return size | {f"{name}_ms": round(ms, 1) for name, ms in best.items()}


def tabulate(trials: list[Trial]) -> Rows:
    """A summary per method and drift; `repeat` is the last of the methods."""
    return {
        method: {
            f"{sigma:g}": summarise(
                [t for t in trials if t.method == method and t.sigma_deg == sigma]
            )
            for sigma in SIGMAS_DEG
        }
        for method in (*METHODS, "repeat")
    }


def draw_chart(table: Rows) -> Png:
    """Median (lines) and 90th percentile (dashed) of the vertical error over the drift."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for number, (method, row) in enumerate(table.items()):
        shown = {float(sigma): s for sigma, s in row.items() if s.median > 0}
        color = f"C{number}"
        axes.plot(list(shown), [s.median for s in shown.values()], "o-", color=color, label=method)
        axes.plot(list(shown), [s.p90 for s in shown.values()], "--", color=color)
    axes.set_yscale("log")
    axes.set_xlabel("standard deviation of the drift about each axis, degrees")
    axes.set_ylabel("true vertical error, px")
    figure.legend(fontsize="small", loc="outside upper center", ncols=len(table))
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()


def _median_size(offsets: np.ndarray) -> float:
    return round(float(np.median(np.abs(offsets))), 3)


def _show(table: Rows, glasses: dict[str, Glasses | None]) -> None:
    console = Console(highlight=False)
    shown = Table("median / p90, px", *(f"{sigma:g}°" for sigma in SIGMAS_DEG))
    for method, row in table.items():
        shown.add_row(method, *(f"{s.median:.3f} / {s.p90:.3f}" for s in row.values()))
    console.print(shown)
    for name, found in glasses.items():
        console.print(name, "too few matches" if found is None else asdict(found))


def main(
    pairs: Annotated[Path, typer.Option(help="Folder with <set>/<name>/ of stereo pairs.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
) -> None:
    """Turn the right eye of true pairs and measure what is left of it; then real glasses."""
    cv2.setNumThreads(THREADS)
    scenes = read_true_pairs(pairs)
    prepare_folder(out)
    rounds = [(scene, seed) for scene in scenes for seed in range(SEEDS)]
    trials = [trial for each in track(rounds, "turning") for trial in try_scene(*each)]
    table = tabulate(trials)
    glasses = {name: judge_glasses(pair) for name, pair in read_glasses(pairs).items()}
    widest = max(scenes, key=lambda scene: scene.pair.left.camera.width)
    report = {
        "scenes": [scene.name for scene in scenes],
        "vertical_error_px": {m: {s: asdict(x) for s, x in r.items()} for m, r in table.items()},
        "glasses": {name: asdict(found) if found else None for name, found in glasses.items()},
        "speed": measure_speed(widest),
    }
    write_all(
        {out / "drift.json": report_json(report).encode(), out / "drift.png": draw_chart(table)}
    )
    _show(table, glasses)


if __name__ == "__main__":
    run_command(main)
