"""Is a recipe found together with an architecture better than ours for the depth network?

python -m stereopsis.studies.depth_recipe PACK... -o DIR --runs DIR
"""

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stereopsis.nets.arch import Architecture, format_architecture
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.alone import alone_in
from stereopsis.search.budget import parse_budget
from stereopsis.search.command import SearchSettings, finish, search_together
from stereopsis.search.joint_task import JointSettings
from stereopsis.search.open_task import OpenedTask, open_named
from stereopsis.search.plan import Plan
from stereopsis.search.recipe import Recipe
from stereopsis.search.trials import LocalProcesses, Standing
from stereopsis.train.charts import bar_chart
from stereopsis.train.command import run_command, tell_steps

FOUND, OURS = "found recipe", "our recipe"


def summarise(scores: dict[str, list[float]]) -> dict[str, object]:
    """Scores of each recipe by seed, their means, and what the found one is better by."""
    gains = [found - ours for found, ours in zip(scores[FOUND], scores[OURS], strict=True)]
    means = {name: statistics.mean(each) for name, each in scores.items()}
    return {"scores": scores, "mean": means, "found_minus_ours": gains}


def train_by(
    recipes: Mapping[str, Recipe],
    opened: OpenedTask,
    architecture: Architecture,
    runs: Path,
    extent: tuple[int, int],
) -> dict[str, list[float]]:
    """The score of the architecture after so many steps by each recipe, from so many seeds."""
    steps, seeds = extent
    scores: dict[str, list[float]] = {name: [] for name in recipes}
    for seed in range(seeds):
        for name, recipe in recipes.items():
            folder = runs / f"{name.replace(' ', '-')}-{seed}"
            prepare_folder(folder)
            config = SearchSettings(retrain_steps=steps, seed=seed)
            tell = tell_steps(f"{name}, seed {seed}", steps)
            report = finish(opened, Plan(architecture, recipe), folder, config, tell)
            scores[name].append(float(str(report["score"])))
    return scores


def main(  # noqa: PLR0913 - typer reads options from the arguments
    packs: Annotated[list[Path], typer.Argument(help="Packs of frames.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    runs: Annotated[Path, typer.Option(help="Folder for what is trained.")],
    budget: Annotated[str, typer.Option(help="Of the network.")] = "300M-macs",
    trials: Annotated[int, typer.Option(help="Of the search.")] = 24,
    trial_steps: Annotated[int, typer.Option(help="Of each.")] = 120,
    steps: Annotated[int, typer.Option(min=1, help="Of a training by which is judged.")] = 300,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings by each recipe.")] = 3,
    processes: Annotated[int, typer.Option(min=1, help="That run trials.")] = 2,
) -> None:
    """Search architecture and recipe together, then train the architecture by both recipes."""
    opened = open_named("depth", packs)
    for folder in (out, runs / "search"):
        prepare_folder(folder)
    settings = JointSettings(trials, trial_steps, workers=LocalProcesses(processes))

    def show(standing: Standing) -> None:
        typer.echo(f"{standing.finished} of {settings.trials} trials", err=True)

    with alone_in(runs):
        plan = search_together(opened, parse_budget(budget), runs / "search", settings, show)
        recipes = {FOUND: plan.recipe, OURS: Recipe()}
        scores = train_by(recipes, opened, plan.architecture, runs, (steps, seeds))
    told = {
        "budget": budget, "trials": trials, "trial_steps": trial_steps, "steps": steps,
        "architecture": format_architecture(plan.architecture).splitlines(),
        "recipes": {name: asdict(recipe) for name, recipe in recipes.items()},
        **summarise(scores),
    }  # fmt: skip
    bars = {
        name: {f"seed {i}": -value for i, value in enumerate(each)} for name, each in scores.items()
    }
    chart = bar_chart("error of inverse depth on held-out frames, after equal steps", bars)
    text = json.dumps(told, indent=2) + "\n"
    write_all({out / "depth_recipe.json": text.encode(), out / "depth_recipe.png": chart})
    typer.echo(text)


if __name__ == "__main__":
    run_command(main)
