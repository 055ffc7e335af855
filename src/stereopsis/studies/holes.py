"""Is what the inpainting network paints nearer to the truth than what classical fills do?

python -m stereopsis.studies.holes PACK... -o DIR [--network FILE]...
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from stereopsis.errors import DataError
from stereopsis.lift.inpaint import inpaint
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.scene.layers import LayeredImage
from stereopsis.studies.fills import DIFFUSION, Method, classical_methods, network_methods
from stereopsis.train.bootstrap import Difference, paired_difference
from stereopsis.train.charts import Png, bar_chart, contact_sheet
from stereopsis.train.command import run_command
from stereopsis.train.distinct import check_distinct
from stereopsis.train.holes import Truth, lift, true_layers
from stereopsis.train.pack import Frame, Pack, read_pack
from stereopsis.train.report_json import report_json

PARALLAX = 0.1  # of the longer side: holes as wide in pixels as in a photo lifted at full size
SAME_PX = 6.0
FEWEST = 200  # judged hidden pixels that a frame must have
SHEET_ROWS = 8


@dataclass(frozen=True)
class Row:
    """The scores of one method on one frame."""

    method: str
    frame: str
    scores: dict[str, float]


def score(found: LayeredImage, truth: Truth, parallax_px: float) -> dict[str, float]:
    """Of the hidden pixels whose truth is known: PSNR of colours, dB, and parallax off, px."""
    judged = truth.judged & found.hidden
    off = found.color[judged].astype(np.float64) - truth.color[judged]
    depth_off = np.abs(found.inverse_depth[judged] - truth.inverse_depth[judged])
    return {
        "psnr": 10 * math.log10(255**2 / max(float((off**2).mean()), 1e-6)),
        "color_off": float(np.abs(off).mean()),
        "parallax_off_px": float(parallax_px * depth_off.mean()),
    }


def score_frames(
    methods: Mapping[str, Method], frames: Mapping[str, Frame]
) -> tuple[list[Row], dict[str, list[np.ndarray]]]:
    """The scores of each method on each frame that hides enough, and pictures of some.

    Raises:
        DataError: no frame does.
    """
    rows: list[Row] = []
    pictures: dict[str, list[np.ndarray]] = {}
    for name, frame in track(frames.items(), "judging"):
        lifted = lift(frame, PARALLAX)
        guessed = inpaint(lifted.layers, lifted.parallax_px)
        truth = true_layers(lifted, guessed, frame, SAME_PX)
        if (truth.judged & guessed.hidden).sum() < FEWEST:
            continue
        found = {method: fill(lifted, guessed) for method, fill in methods.items()}
        rows += [
            Row(method, name, score(each, truth, lifted.parallax_px))
            for method, each in found.items()
        ]
        if len(pictures) < SHEET_ROWS:
            pictures[name] = [frame.image, show_hidden(guessed, truth.color, truth.judged)]
            pictures[name] += [show_hidden(e, e.color, truth.judged) for e in found.values()]
    if not rows:
        raise DataError("No frame hides enough to judge by.", "Give packs with hidden layers.")
    return rows, pictures


def show_hidden(layers: LayeredImage, color: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """The photo (h, w, 3), with the judged hidden pixels in these colours over what hides them."""
    picture = layers.color[: layers.visible_count].reshape(layers.height, layers.width, 3).copy()
    hidden = from_far(layers, np.flatnonzero(layers.hidden & judged))
    picture[layers.y[hidden], layers.x[hidden]] = color[hidden]
    return picture


def from_far(layers: LayeredImage, pixels: np.ndarray) -> np.ndarray:
    """The pixels, farthest first."""
    return np.asarray(pixels[np.argsort(layers.inverse_depth[pixels], kind="stable")])


def means(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """The mean of each score over the frames that have it, by method; NaN if none has."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        for name, value in row.scores.items():
            known = found.setdefault(row.method, {}).setdefault(name, [])
            known += [] if math.isnan(value) else [value]
    return {
        method: {name: statistics.mean(k) if k else math.nan for name, k in scores.items()}
        for method, scores in found.items()
    }


def gains(rows: Sequence[Row], ours: str, metric: str) -> dict[str, Difference]:
    """Our score minus each other method's, over the frames that have it; empty if none has."""
    scores: dict[str, list[float]] = {}
    rows = [row for row in rows if not math.isnan(row.scores[metric])]
    for row in rows:
        scores.setdefault(row.method, []).append(row.scores[metric])
    if not rows:
        return {}
    frames = [row.frame for row in rows if row.method == ours]
    mine = np.array(scores[ours])
    return {
        method: paired_difference(mine, np.array(values), frames)
        for method, values in scores.items()
        if method != ours
    }


def told(
    rows: Sequence[Row], compared: Sequence[str], metrics: Sequence[str] = ("psnr",)
) -> dict[str, Any]:
    """The means of all methods, and what the compared ones gain over the others, for JSON."""
    report: dict[str, Any] = {"frames": len({row.frame for row in rows}), "mean": means(rows)}
    for metric in metrics:
        report[f"gain_in_{metric}"] = {
            ours: {other: asdict(gap) for other, gap in gains(rows, ours, metric).items()}
            for ours in compared
        }
    return report


def draw_sheet(columns: Sequence[str], pictures: Mapping[str, list[np.ndarray]]) -> Png:
    """A row for each frame."""
    return contact_sheet(list(columns), list(pictures.values()), list(pictures))


def print_scores(
    title: str, rows: Sequence[Row], compared: Sequence[str], metrics: Sequence[str] = ("psnr",)
) -> None:
    """A table of means for people, and what the compared methods gain over the others."""
    console = Console(highlight=False)
    found = means(rows)
    table = Table(title, *next(iter(found.values())))
    for method, scores in found.items():
        table.add_row(method, *(f"{value:.2f}" for value in scores.values()))
    console.print(table)
    for metric, ours in product(metrics, compared):
        for other, gap in gains(rows, ours, metric).items():
            text = f"{gap.mean:+.2f} [{gap.low:+.2f}, {gap.high:+.2f}]"
            console.print(f"{metric} of {ours} minus {other}: {text}")


def read_frames(packs: Sequence[Pack], names: Sequence[str]) -> dict[str, Frame]:
    """All frames by pack and number.

    Raises:
        OptionError: two packs have one name.
    """
    check_distinct("packs", names)
    return {
        f"{name} {i}": pack[i]
        for pack, name in zip(packs, names, strict=True)
        for i in range(len(pack))
    }


def main(
    packs: Annotated[list[Path], typer.Argument(help="Packs made with --hidden-layers.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    network: Annotated[
        list[Path] | None, typer.Option(help="Networks: .onnx files or checkpoints.")
    ] = None,
) -> None:
    """Score networks against classical fills and a constant, on worlds that hide what is known."""
    classical = classical_methods()
    networks = network_methods(network or [], classical)
    prepare_folder(out)
    frames = read_frames([read_pack(path) for path in packs], [path.stem for path in packs])
    methods = classical | networks
    rows, pictures = score_frames(methods, frames)
    compared = list(networks) or [DIFFUSION]
    bars = {method: {"PSNR, dB": scores["psnr"]} for method, scores in means(rows).items()}
    write_all(
        {
            out / "holes.json": report_json(told(rows, compared)).encode(),
            out / "holes.png": draw_sheet(["picture", "truth", *methods], pictures),
            out / "holes_psnr.png": bar_chart("hidden pixels, worlds", bars),
        }
    )
    print_scores("mean over frames", rows, compared)


if __name__ == "__main__":
    run_command(main)
