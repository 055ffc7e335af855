"""Does a small search find a better network than published ones of the same cost, and than chance?

python -m stereopsis.studies.small_search PICTURES.npz -o DIR --runs DIR
"""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from stereopsis.errors import DataError
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.budget import parse_budget
from stereopsis.search.trials.processes import LocalProcesses
from stereopsis.search.trials.run import Standing, run_trials
from stereopsis.search.trials.store import TrialStore
from stereopsis.search.trials.trial import Outcome
from stereopsis.studies.small_search_trials import FOUND, list_settings, try_arm
from stereopsis.train.charts import bar_chart
from stereopsis.train.command import run_command
from stereopsis.train.report_json import report_json

BUDGET = "6M-macs"  # of every network
PROCESSES = 2


def summarise(
    settings: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome]
) -> dict[str, object]:
    """The figures of each arm, and what the found network is better by, for each seed.

    Raises:
        DataError: a trial failed.
    """
    arms: dict[str, list[dict[str, float]]] = {}
    for setting, outcome in zip(settings, outcomes, strict=True):
        if outcome.score is None:
            raise DataError(
                f"The trial of {setting['arm']} failed: {outcome.error}", "Mend it; run it again."
            )
        arms.setdefault(setting["arm"], []).append(
            {"score": outcome.score, **outcome.costs, "seconds": outcome.seconds}
        )
    gains = {
        arm: [ours["score"] - row["score"] for ours, row in zip(arms[FOUND], rows, strict=True)]
        for arm, rows in arms.items()
        if arm != FOUND
    }
    return {"arms": arms, "found_minus": gains}


def main(
    pictures: Annotated[Path, typer.Argument(help="An .npz of pictures_task.read_pictures.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    runs: Annotated[Path, typer.Option(help="Folder for what is trained.")],
    seeds: Annotated[int, typer.Option(min=1, help="How often everything is done.")] = 3,
    steps: Annotated[int, typer.Option(min=1, help="Steps of a training.")] = 1500,
    search_steps: Annotated[int, typer.Option(min=10, help="Steps of a search.")] = 1200,
) -> None:
    """Search, train what is found, and train published networks and one of chance beside it."""
    prepare_folder(out)
    prepare_folder(runs)
    settings = list_settings(
        pictures.resolve(), runs.resolve(), parse_budget(BUDGET), seeds, steps, search_steps
    )
    with Progress() as bars, TrialStore(runs / "small_search.db") as store:
        bar = bars.add_task("training", total=len(settings))

        def show(standing: Standing) -> None:
            bars.update(bar, completed=standing.finished)

        outcomes = run_trials(try_arm, settings, store, LocalProcesses(PROCESSES), progress=show)
    report = {"budget": BUDGET, "steps": steps, "search_steps": search_steps}
    report |= summarise(settings, outcomes)
    arms = report["arms"]
    assert isinstance(arms, dict)
    bars_of = {
        arm: {f"seed {i}": 100 * row["score"] for i, row in enumerate(rows)}
        for arm, rows in arms.items()
    }
    chart = bar_chart(f"held-out pictures told right, %, at {BUDGET}", bars_of)
    write_all(
        {out / "small_search.json": report_json(report).encode(), out / "small_search.png": chart}
    )
    for arm, rows in arms.items():
        right = [100 * row["score"] for row in rows]
        macs = statistics.mean(row["macs"] for row in rows) / 1e6
        spread = f"{statistics.mean(right):.1f} % ({min(right):.1f}..{max(right):.1f})"
        typer.echo(f"{arm}: {spread} told right, {macs:.2f} M multiply-adds")


if __name__ == "__main__":
    run_command(main)
