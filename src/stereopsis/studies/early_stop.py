"""Do trainings that stop early lead to the same pick, and what do they save? With real trainings.

python -m stereopsis.studies.early_stop PICTURES -o DIR
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from scipy.stats import spearmanr

from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.space import spread
from stereopsis.studies.early_stop_trials import SPACE, judge_stopping, read_pictures, train_curve
from stereopsis.train.charts import curve_chart
from stereopsis.train.command import run_command

CORRELATIONS = (0.7, 0.8, 0.92)  # of rankings; the last is FBNetV3's


def main(
    pictures: Annotated[Path, typer.Argument(help="A .npz of 32 x 32 pictures with classes.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    nets: Annotated[int, typer.Option(min=8, help="Networks to train.")] = 48,
    epochs: Annotated[int, typer.Option(min=2, help="Epochs of each.")] = 16,
    shown: Annotated[int, typer.Option(min=1, help="Pictures to train on.")] = 2500,
) -> None:
    """Train small networks to the end, then see what stopping most of them early would do."""
    torch.set_num_threads(1)
    read = read_pictures(pictures, shown)
    prepare_folder(out)
    candidates = spread(SPACE, nets, seed=0)
    curves = np.array(
        [train_curve(each, read, epochs, i) for i, each in enumerate(track(candidates, "training"))]
    )
    report: dict[str, Any] = {"nets": nets, "epochs": epochs, "pictures": shown, "savings": {}}
    for correlation in CORRELATIONS:
        report["savings"][f"{correlation:g}"] = asdict(
            judge_stopping(curves, nets // 4, correlation)
        )
    report["curves"] = np.round(curves, 4).tolist()
    agreement = [spearmanr(scores, curves[:, -1]).statistic for scores in curves.T]
    chart = curve_chart(
        f"{nets} networks with their recipes",
        ("epoch", "rank correlation with the last epoch"),
        {"Spearman's": (np.arange(1, epochs + 1), np.array(agreement))},
    )
    text = json.dumps(report)
    write_all({out / "early_stop.json": f"{text}\n".encode(), out / "early_stop.png": chart})
    Console(highlight=False).print(report["savings"])


if __name__ == "__main__":
    run_command(main)
