"""How few trained networks a pre-trained predictor needs to rank the rest: Kendall's tau.

python -m stereopsis.studies.predictor TABLE -o DIR
"""

import io
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import track
from rich.table import Table as Shown

from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.predictor import PredictorConfig
from stereopsis.studies.predictor_trials import LABELS, rank_agreement, split
from stereopsis.studies.tables import read_accel
from stereopsis.train.bootstrap import paired_difference
from stereopsis.train.charts import Png
from stereopsis.train.command import run_command
from stereopsis.train.report_json import report_json

Taus = dict[str, np.ndarray]  # by method: seeds x numbers of labels


def summarise_taus(taus: Taus) -> dict[str, dict[str, Any]]:
    """Mean and deviation of tau over seeds, and by how much the pre-trained exceeds it (95 %)."""
    ours = taus["pre-trained"]
    seeds = [str(seed) for seed in range(len(ours))]
    report: dict[str, dict[str, Any]] = {}
    for name, rows in taus.items():
        report[name] = {}
        for column, labels in enumerate(LABELS):
            lead = paired_difference(ours[:, column], rows[:, column], seeds)
            report[name][str(labels)] = {
                "tau": round(float(rows[:, column].mean()), 3),
                "deviation": round(float(rows[:, column].std()), 3),
                "lead": [round(value, 3) for value in (lead.mean, lead.low, lead.high)],
            }
    return report


def draw_taus(title: str, taus: Taus) -> Png:
    """Mean tau over the number of labels; bars are one deviation over seeds."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, rows in taus.items():
        axes.errorbar(LABELS, rows.mean(0), rows.std(0), marker="o", capsize=3, label=name)
    axes.set_xscale("log", base=2)
    axes.set_xticks(LABELS, [str(labels) for labels in LABELS])
    axes.set_xlabel("trained networks")
    axes.set_ylabel("Kendall's tau on networks never seen")
    axes.set_title(title, fontsize="medium")
    axes.legend(fontsize="small")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()


def _show(report: dict[str, dict[str, Any]]) -> None:
    shown = Shown("tau after", *(str(labels) for labels in LABELS))
    for name, row in report.items():
        shown.add_row(name, *(f"{x['tau']:.3f} ± {x['deviation']:.3f}" for x in row.values()))
    Console(highlight=False).print(shown)


def main(
    table: Annotated[Path, typer.Argument(help="The .csv of Accel-NASBench.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    seeds: Annotated[int, typer.Option(min=2, help="Draws of networks.")] = 10,
    held_out: Annotated[int, typer.Option(min=2, help="Networks to rank.")] = 1500,
    tuning: Annotated[
        bool, typer.Option(help="Draw from the share for choosing settings.")
    ] = False,
) -> None:
    """Rank networks of Accel-NASBench from 24 to 192 trained ones."""
    torch.set_num_threads(1)  # the products are small: threads would only wait for each other
    read = read_accel(table)
    prepare_folder(out)
    rounds = [
        rank_agreement(read, split(read, held_out, seed, tuning), LABELS, seed, PredictorConfig())
        for seed in track(range(seeds), "ranking")
    ]
    taus = {name: np.array([each[name] for each in rounds]) for name in rounds[0]}
    report = summarise_taus(taus)
    summary = {"table": read.name, "held_out": held_out, "seeds": seeds, "tau": report}
    title = f"{read.name}, {held_out} networks held out, {seeds} draws"
    write_all(
        {
            out / "predictor.json": report_json(summary).encode(),
            out / "predictor.png": draw_taus(title, taus),
        }
    )
    _show(report)


if __name__ == "__main__":
    run_command(main)
