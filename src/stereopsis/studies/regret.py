"""What searches find under a hard limit, and how soon: ours, evolution, Optuna's, and chance.

python -m stereopsis.studies.regret DATA -o DIR
"""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from jaxtyping import Float
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import track
from rich.table import Table as Shown

from stereopsis.errors import OptionError
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.studies.kept_searches import KeptSearches
from stereopsis.studies.regret_trials import Problem, infeasible, methods, pose, regrets, run
from stereopsis.studies.same_study import digest
from stereopsis.studies.tables import Table, read_accel, read_macro, read_nasbench201
from stereopsis.train.bootstrap import paired_difference
from stereopsis.train.charts import Png
from stereopsis.train.command import run_command
from stereopsis.train.report_json import report_json

FIRST_SEED = 100  # those below were used up while the search was made
POINTS = (8, 16, 32, 48, 64, 96, 128, 192)  # evaluations
MOST = {"gp": 64}  # evaluations: its own time grows with their cube

TABLES: dict[str, Callable[[Path], Table]] = {
    "accel": lambda data: read_accel(data / "accel-nasbench_imagenet_mnasnet.csv"),
    "nasbench201": lambda data: read_nasbench201(data / "nasbench201_tabular.npz"),
    "macro": lambda data: read_macro(data / "nas-bench-macro_cifar10.json"),
}

Falls = Float[np.ndarray, "seeds evaluations"]


def summarise(
    problem: Problem, falls: dict[str, Falls], refused: dict[str, int], broken: dict[str, int]
) -> dict[str, Any]:
    """Mean regrets after POINTS of evaluations, and by how much they exceed ours (95 %)."""
    report: dict[str, Any] = {
        "table": problem.table.name,
        "limit": round(problem.limit, 3),
        "feasible": problem.feasible,
        "best": round(problem.best, 3),
        "seeds": len(falls["ours"]),
        "methods": {},
    }
    seeds = [str(seed) for seed in range(len(falls["ours"]))]
    for name, rows in falls.items():
        figures: dict[str, Any] = {
            "infeasible_share": broken[name] / rows.size,
            "proposals_refused": refused[name],
            "evaluations_to_best": _reached(rows),
        }
        for point in (point for point in POINTS if point <= rows.shape[1]):
            at, ours = rows[:, point - 1], falls["ours"][:, point - 1]
            excess = paired_difference(at, ours, seeds)
            figures[str(point)] = {
                "regret": round(float(at.mean()), 3),
                "deviation": round(float(at.std(ddof=1)), 3) if len(at) > 1 else 0.0,
                "excess": [round(value, 3) for value in (excess.mean, excess.low, excess.high)],
            }
        report["methods"][name] = figures
    return report


def draw_chart(title: str, falls: dict[str, Falls]) -> Png:
    """Mean regret over evaluations, with its standard error as a band."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, rows in falls.items():
        evaluations = np.arange(1, rows.shape[1] + 1)
        mean, error = rows.mean(0), rows.std(0) / np.sqrt(len(rows))
        axes.plot(evaluations, mean, label=name)
        axes.fill_between(evaluations, mean - error, mean + error, alpha=0.2)
    axes.set_xlim(4, None)
    axes.set_ylim(0, 1.1 * max(float(rows[:, 3].mean()) for rows in falls.values()))
    axes.set_xlabel("evaluations")
    axes.set_ylabel("regret, percent of accuracy")
    axes.set_title(title, fontsize="medium")
    axes.legend(fontsize="small")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()


def mark_of(table: Table) -> str:
    """A few letters that tell the table from others, so that a search of one is not another's."""
    costs = [part for name, cost in table.costs.items() for part in (name.encode(), cost)]
    return digest([repr(table.space).encode(), np.array(table.candidates), table.scores, *costs])


def _reached(rows: Falls) -> str:
    """The median of evaluations after which the best of all is found, and how often it is."""
    found = [int(np.argmax(row <= 0)) + 1 for row in rows if row[-1] <= 0]
    return f"{np.median(found):g} in {len(found)} of {len(rows)}" if found else "never"


def _show(report: dict[str, Any]) -> None:
    shown = Shown("regret after", *(str(point) for point in POINTS), title=report["table"])
    for name, figures in report["methods"].items():
        shown.add_row(
            name, *(f"{figures[str(p)]['regret']:.2f}" for p in POINTS if str(p) in figures)
        )
    Console(highlight=False).print(shown)


def main(
    data: Annotated[Path, typer.Argument(help="Folder with the tables.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    table: Annotated[str, typer.Option(help="accel, nasbench201 or macro.")] = "accel",
    seeds: Annotated[int, typer.Option(min=1, help="Searches of each method.")] = 10,
    evaluations: Annotated[int, typer.Option(min=24, help="Networks that each may train.")] = 192,
) -> None:
    """Search one table under the median of its multiply-adds, by five methods."""
    if table not in TABLES:
        raise OptionError(f"There is no table {table}.", f"Choose one of {', '.join(TABLES)}.")
    torch.set_num_threads(1)  # the products are small: threads would only wait for each other
    problem = pose(TABLES[table](data), "macs")
    prepare_folder(out)
    done, mark = KeptSearches(out / f"regret_{table}.unfinished.json"), mark_of(problem.table)
    falls: dict[str, Falls] = {}
    refused, broken = dict[str, int](), dict[str, int]()
    for name, method in methods(problem.table).items():
        count = min(evaluations, MOST.get(name, evaluations))
        found = [
            done.get(f"{name} {count} {seed} {mark}", partial(run, problem, method, count, seed))
            for seed in track(range(FIRST_SEED, FIRST_SEED + seeds), f"{table}, {name}")
        ]
        falls[name] = np.array([regrets(problem, search) for search in found])
        refused[name] = sum(search.refused for search in found)
        broken[name] = sum(infeasible(problem, search) for search in found)
    report = summarise(problem, falls, refused, broken)
    title = f"{problem.table.name}, at most {problem.limit:.0f} million multiply-adds"
    write_all(
        {
            out / f"regret_{table}.json": report_json(report).encode(),
            out / f"regret_{table}.png": draw_chart(title, falls),
        }
    )
    done.remove()
    _show(report)


if __name__ == "__main__":
    run_command(main)
