"""Architecture and recipe together, or one after the other, with as many evaluations.

python -m stereopsis.studies.joint TABLE... -o DIR
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from jaxtyping import Float
from rich.console import Console
from rich.progress import track

from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.fbnetv3 import JointConfig
from stereopsis.search.predictor import PredictorConfig
from stereopsis.search.predictor_net import NetConfig
from stereopsis.search.space import Option
from stereopsis.studies.regret_trials import Problem, joint, pose, regrets, run
from stereopsis.studies.rivals import Search, random_search
from stereopsis.studies.tables import read_hpolib
from stereopsis.train.bootstrap import paired_difference
from stereopsis.train.charts import curve_chart
from stereopsis.train.command import run_command
from stereopsis.train.report_json import report_json

FIRST_SEED = 100
CONFIG = JointConfig(
    batch=8,
    pool=4000,
    predictor=PredictorConfig(NetConfig(members=4), pretrain_steps=400),
)
GOOD_RECIPE: dict[str, Option] = {  # what a practitioner would begin with
    "batch": 32,
    "dropout_1": 0.0,
    "dropout_2": 0.0,
    "rate": 1e-3,
    "schedule": "cosine",
}

Falls = Float[np.ndarray, "seeds evaluations"]


def search_together(problem: Problem, evaluations: int, seed: int, config: JointConfig) -> Search:
    """One search of architectures with their recipes."""
    return run(problem, partial(joint, problem.table, config), evaluations, seed)


def search_in_turn(
    problem: Problem,
    evaluations: int,
    seed: int,
    config: JointConfig,
    recipe: Mapping[str, Option],
) -> Search:
    """Half of the evaluations for architectures under this recipe, half for recipes of the best.

    Both halves are searched in the same way as both together.
    """
    space = problem.table.space
    first = search_together(_fixed(problem, recipe), evaluations // 2, seed, config)
    best = space.describe(first.candidates[int(np.argmax(first.scores))])
    architecture = {name: best[name] for name in best if name not in space.recipe}
    rest = evaluations - evaluations // 2
    second = search_together(_fixed(problem, architecture), rest, seed, config)
    return Search(first.candidates + second.candidates, first.scores + second.scores)


def any_recipe(problem: Problem, seed: int) -> dict[str, Option]:
    """A recipe by chance."""
    space, rng = problem.table.space, np.random.default_rng(seed)
    drawn = space.describe(problem.table.candidates[int(rng.integers(len(problem.table.scores)))])
    return {name: drawn[name] for name in space.recipe}


def compare(problem: Problem, evaluations: int, seeds: range) -> dict[str, Falls]:
    """Regrets after each evaluation, by method and seed."""
    searches: dict[str, Callable[[int], Search]] = {
        "together": lambda seed: search_together(problem, evaluations, seed, CONFIG),
        "in turn, from a good recipe": lambda seed: search_in_turn(
            problem, evaluations, seed, CONFIG, GOOD_RECIPE
        ),
        "in turn, from any recipe": lambda seed: search_in_turn(
            problem, evaluations, seed, CONFIG, any_recipe(problem, seed)
        ),
        "random": lambda seed: run(problem, random_search, evaluations, seed),
    }
    return {
        name: np.array([regrets(problem, search(seed)) for seed in track(seeds, name)])
        for name, search in searches.items()
    }


def summarise_falls(problem: Problem, falls: dict[str, Falls]) -> dict[str, Any]:
    """Final regrets, and by how much each method's exceed those of both together (95 %)."""
    ours = falls["together"][:, -1]
    seeds = [str(seed) for seed in range(len(ours))]
    report: dict[str, Any] = {"limit": problem.limit, "evaluations": falls["together"].shape[1]}
    for name, rows in falls.items():
        excess = paired_difference(rows[:, -1], ours, seeds)
        report[name] = {
            "regret": round(float(rows[:, -1].mean()), 3),
            "deviation": round(float(rows[:, -1].std()), 3),
            "excess": [round(value, 3) for value in (excess.mean, excess.low, excess.high)],
        }
    return report


def _fixed(problem: Problem, options: Mapping[str, Option]) -> Problem:
    """The same problem among the candidates that take these options."""
    table = problem.table
    wanted = {
        i: choice.options.index(options[choice.name])
        for i, choice in enumerate(table.space.choices)
        if choice.name in options
    }
    indices = np.asarray(table.candidates)
    takes = (indices[:, list(wanted)] == list(wanted.values())).all(1)
    pool = tuple(table.candidates[row] for row in np.flatnonzero(takes))
    return replace(problem, region=replace(problem.region, pool=pool))


def main(
    tables: Annotated[list[Path], typer.Argument(help="The .npz files of HPOLib.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    seeds: Annotated[int, typer.Option(min=2, help="Searches of each method.")] = 10,
    evaluations: Annotated[int, typer.Option(min=48, help="Networks that each may train.")] = 96,
) -> None:
    """Search tables of recipes and architectures, under the median of their parameters."""
    torch.set_num_threads(1)  # the products are small: threads would only wait for each other
    problems = [pose(read_hpolib(path), "params") for path in tables]
    prepare_folder(out)
    report: dict[str, Any] = {}
    files: dict[Path, bytes] = {}
    for path, problem in zip(tables, problems, strict=True):
        falls = compare(problem, evaluations, range(FIRST_SEED, FIRST_SEED + seeds))
        report[problem.table.name] = summarise_falls(problem, falls)
        spent = np.arange(8, evaluations + 1)
        files[out / f"joint_{path.stem.removeprefix('hpolib_')}.png"] = curve_chart(
            problem.table.name,
            ("evaluations", "mean regret, ln of the loss"),
            {name: (spent, rows.mean(0)[7:]) for name, rows in falls.items()},
        )
    text = report_json({"seeds": seeds, **report})
    write_all({**files, out / "joint.json": text.encode()})
    Console(highlight=False).print(text)


if __name__ == "__main__":
    run_command(main)
