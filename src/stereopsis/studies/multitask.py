"""Is one search for all tasks as good as one for each, at the same cost in all?

python -m stereopsis.studies.multitask PROXY.npz -o DIR --runs DIR
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from stereopsis.nets.topology import ParallelSpace, format_topology
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.fbnetv5 import Found
from stereopsis.search.multitask import ProxyTask, TaskName, as_batch, build_tasks
from stereopsis.search.proxy import ProxySet, draw_frames, read_proxy
from stereopsis.search.search_state import SearchConfig
from stereopsis.studies.gradients import (
    GradientFigures,
    most_disputed,
    study_gradient,
    tabulate_losses,
)
from stereopsis.studies.multitask_charts import draw_study
from stereopsis.studies.multitask_trials import (
    Arm,
    Searched,
    Trial,
    list_topologies,
    search,
    try_topologies,
)
from stereopsis.studies.proxy_scores import ProxyScore, as_figures, score_constant
from stereopsis.studies.train_topology import TopologyTraining
from stereopsis.train.command import run_command

SPACE = ParallelSpace(stem=8, channels=(16, 24, 40, 80), expansion=2)
NAMES: tuple[TaskName, ...] = ("depth", "semantic", "labels")
SHARE = 0.5  # of what everything costs, a task's budget
VARIED = 8  # parts of which all masks are gone through
JUDGED = 64  # frames of the batch on which they are
CUT = 0.5  # of log weights, to see what cutting does
SHARPNESS = {"at first": 0.0, "as found": 1.0, "twice as sharp": 2.0}

FoundByArm = Mapping[Arm, Mapping[str, Found]]


@dataclass(frozen=True)
class Study:
    """All that was measured."""

    gradients: Mapping[str, GradientFigures]
    cut_gradients: Mapping[str, GradientFigures]
    found: Sequence[FoundByArm]  # by seed
    trials: Sequence[Trial]
    constants: Mapping[str, ProxyScore]


def run_study(
    proxy: ProxySet, config: SearchConfig, recipe: TopologyTraining, seeds: int, folder: Path
) -> Study:
    """The whole study on a proxy set; what was searched and trained before is taken from `folder`.

    Everything is searched and trained once for each seed.
    """
    tasks = build_tasks(NAMES, proxy, SPACE, SHARE)
    found: list[FoundByArm] = []
    trials: list[Trial] = []
    first: Searched | None = None
    for seed in track(range(seeds), "searching and training"):
        seeded = replace(config, seed=seed)
        together = search(SPACE, tasks, proxy, seeded, folder / f"search_all_{seed}")
        first = first or together
        alone = search_alone(tasks, proxy, seeded, folder)
        found.append({"multitask": together.found, "per task": alone})
        topologies = list_topologies(SPACE, tasks, proxy, found[-1], seed)
        place = folder / "retrained"
        again = replace(recipe, seed=seed)
        trials += try_topologies(SPACE, tasks, proxy, topologies, again, place)
    assert first is not None
    gradients, cut_gradients = study_gradients(first, tasks, proxy)
    held_out, seen = proxy.part("held_out"), proxy.part("weights")
    constants = {task.name: score_constant(task, held_out, seen) for task in tasks}
    return Study(gradients, cut_gradients, found, trials, constants)


def search_alone(
    tasks: Sequence[ProxyTask], proxy: ProxySet, config: SearchConfig, folder: Path
) -> dict[str, Found]:
    """What a search for each task finds in its share of the steps: together, they cost as much."""
    share = replace(
        config, steps=config.steps // len(tasks), patience=config.patience // len(tasks)
    )
    found: dict[str, Found] = {}
    for task in tasks:
        place = folder / f"search_{task.name}_{config.seed}"
        found |= search(SPACE, [task], proxy, share, place).found
    return found


def study_gradients(
    searched: Searched, tasks: Sequence[ProxyTask], proxy: ProxySet
) -> tuple[dict[str, GradientFigures], dict[str, GradientFigures]]:
    """Figures of whole and of cut weights, from equal distributions to twice as sharp ones."""
    batch = as_batch(draw_frames(proxy.part("topology"), JUDGED, np.random.default_rng(0)))
    varied = most_disputed(searched, VARIED)
    losses = tabulate_losses(searched, tasks, batch, varied)
    chances = np.stack([found.probabilities[varied] for found in searched.found.values()])
    logits = np.log(chances / (1 - chances))
    whole, cut = (
        {name: study_gradient(sharp * logits, losses, most) for name, sharp in SHARPNESS.items()}
        for most in (np.inf, CUT)
    )
    return whole, cut


def report(study: Study) -> dict[str, Any]:
    """The study as JSON."""
    return {
        "gradients": _gradients(study.gradients),
        f"gradients_cut_{CUT}": _gradients(study.cut_gradients),
        "found": [
            {
                arm: {name: _found(each) for name, each in by_task.items()}
                for arm, by_task in by_arm.items()
            }
            for by_arm in study.found
        ],
        "trials": [
            {"arm": t.arm, "task": t.task, "seed": t.seed, "flops": t.flops, **as_figures(t.score)}
            for t in study.trials
        ],
        "without_looking": {name: as_figures(score) for name, score in study.constants.items()},
    }


def _gradients(figures: Mapping[str, GradientFigures]) -> dict[str, dict[str, float]]:
    return {name: {**asdict(each), "gain": each.gain} for name, each in figures.items()}


def _found(found: Found) -> dict[str, Any]:
    return {
        "topology": format_topology(SPACE, found.on).split(),
        "flops": found.cost.flops,
        "params": found.cost.params,
        "probabilities": [round(float(p), 3) for p in found.probabilities],
    }


def _show(study: Study) -> None:
    console = Console(highlight=False)
    shown = Table("held out: loss (spread), merit", *study.constants)
    for arm in dict.fromkeys(trial.arm for trial in study.trials):
        cells = []
        for task in study.constants:
            own = [t for t in study.trials if (t.arm, t.task) == (arm, task)]
            losses, merits = [t.score.loss for t in own], [t.score.merit for t in own]
            spread = f"{min(losses):.3f}..{max(losses):.3f}"
            cost = np.mean([t.flops for t in own]) / 1e6
            figures = f"{np.mean(losses):.3f} ({spread}), {np.mean(merits):.1f}"
            cells.append(f"{figures}, {cost:.2f} M")
        shown.add_row(arm, *cells)
    cells = [f"{score.loss:.3f}, {score.merit:.1f}" for score in study.constants.values()]
    shown.add_row("without looking", *cells)
    console.print(shown)
    for name, gradient in study.gradients.items():
        console.print(name, gradient, f"gain {gradient.gain:.2f}")


def main(
    proxy: Annotated[Path, typer.Argument(help="A proxy set of stereopsis.search.make_proxy.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    runs: Annotated[Path, typer.Option(help="Folder for what is searched and trained.")],
    steps: Annotated[int, typer.Option(min=1, help="Steps of a search.")] = 800,
    retrain_steps: Annotated[int, typer.Option(min=1, help="Steps of a training.")] = 500,
    seeds: Annotated[int, typer.Option(min=1, help="How often everything is done.")] = 3,
) -> None:
    """Search for all tasks at once and for each, train what was found again, and compare."""
    frames = read_proxy(proxy)
    prepare_folder(out)
    torch.set_num_threads(1)
    start = time.process_time()
    config = SearchConfig(steps=steps, patience=steps // 4)
    study = run_study(frames, config, TopologyTraining(retrain_steps), seeds, runs)
    setting = {
        "frames": len(frames),
        "size": frames.size,
        "space": asdict(SPACE),
        "search": {**asdict(config), "most_log_weight": str(config.most_log_weight)},
        "retrain_steps": retrain_steps,
        "cpu_minutes_of_last_start": round((time.process_time() - start) / 60, 1),
    }
    text = json.dumps({"setting": setting, **report(study)}, indent=2) + "\n"
    chart = draw_study(study.gradients, study.trials, study.constants)
    write_all({out / "fbnetv5.json": text.encode(), out / "fbnetv5.png": chart})
    _show(study)


if __name__ == "__main__":
    run_command(main)
