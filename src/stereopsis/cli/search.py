"""stereopsis search: a network for a task within a budget."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from stereopsis.cli.options import parse_path, refuse
from stereopsis.cli.records import Records
from stereopsis.errors import OptionError, StereopsisError

if TYPE_CHECKING:
    from stereopsis.search.trials.run import Standing

TASK_HELP = "depth, pictures, or an object of yours: my_task.py:task (docs/search.md)."
Notice = Callable[[int, dict[str, float]], None]


def search(
    context: typer.Context,
    task: Annotated[str, typer.Option(metavar="NAME", help=TASK_HELP)],
    output: Annotated[str, typer.Option("-o", "--output", metavar="PATH", help="Its folder.")],
    budget: Annotated[
        str | None, typer.Option(help="Never exceeded: 300M-macs, 2M-params or 20ms.")
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="What a task of ours learns from.")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(metavar="FILE", help="Only train the network in this file.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(metavar="FILE", help="By which to train it, else ours.")
    ] = None,
    joint: Annotated[
        bool, typer.Option("--joint", help="Search the recipe, too, by short trainings.")
    ] = False,
    trials: Annotated[int, typer.Option(help="Of a joint search.")] = 48,
    trial_steps: Annotated[int, typer.Option(help="Of each.")] = 800,
    processes: Annotated[int, typer.Option(min=1, max=256, help="That run trials.")] = 2,
    steps: Annotated[int, typer.Option(min=10, help="Steps of the search.")] = 3000,
    retrain_steps: Annotated[int, typer.Option(min=1, help="Steps of the training.")] = 3000,
    threads: Annotated[int, typer.Option(min=1, max=256, help="Threads that time it.")] = 2,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="Other seeds find other networks.")
    ] = 0,
    device: Annotated[str, typer.Option(help="Where to train: cpu or cuda.")] = "cpu",
    json: Annotated[
        bool, typer.Option("--json", help="Print the report as one JSON object on standard output.")
    ] = False,
) -> None:
    """Find, train and export the best network for a task within a hard budget.

    Run it again to go on after an interruption. The folder receives the network, its architecture,
    its recipe, a report and the learning curves of search and training.
    """
    try:
        import stereopsis.train  # noqa: F401 - says so where that part is not installed
        from stereopsis.outputs import check_places
        from stereopsis.search import command
        from stereopsis.search.alone import alone_in
        from stereopsis.search.budget import parse_budget
        from stereopsis.search.check_architecture import check_architecture
        from stereopsis.search.check_task import check_task
        from stereopsis.search.joint_task import JointSettings
        from stereopsis.search.open_task import BUILT_IN, open_named
        from stereopsis.search.plan import Plan
        from stereopsis.search.recipe import Recipe, read_recipe
        from stereopsis.search.trials import LocalProcesses
        from stereopsis.train.mono import check_device

        _check_mode(budget, architecture, recipe, joint)
        if not joint:
            _refuse_given(context, ("trials", "trial_steps", "processes"))
        check_device(device)
        limit = None if budget is None else parse_budget(budget)
        planned = Recipe() if recipe is None else read_recipe(parse_path(recipe, "--recipe"))
        given = parse_path(architecture, "--architecture") if architecture is not None else None
        only = None if given is None else Plan(command.read_architecture(given), planned)
        settings = command.SearchSettings(steps, retrain_steps, threads, seed, device)
        together = None
        if joint:
            workers = LocalProcesses(processes)
            together = JointSettings(trials, trial_steps, seed, device, threads, workers)
        folder = parse_path(output, "--output")
        files = [parse_path(path, "--data") for path in data or []]
        opened = open_named(task, files, seed)
        if limit is not None:
            opened.task.space.space()  # refuses one with nothing to choose
        check_places(folder / name for name in command.result_names(opened.task.name))
        with alone_in(folder):
            if task not in BUILT_IN:
                check_task(opened.task, device)
            if limit is None:
                assert only is not None and given is not None  # _check_mode() saw to it
                check_architecture(opened.task, only.architecture, given)
                plan = only
            elif together is not None:
                with _shown("trials", trials) as notice:
                    plan = command.search_together(
                        opened, limit, folder, together, _counted(notice)
                    )
            else:
                with _shown("searching", steps) as notice:
                    plan = command.search(opened, limit, folder, settings, notice)
                plan = replace(plan, recipe=planned)
            with _shown("training", retrain_steps) as notice:
                report = command.finish(opened, plan, folder, settings, notice)
    except StereopsisError as error:
        raise refuse(error, json) from error
    except KeyboardInterrupt:
        typer.echo(
            f"Stopped. {output} keeps what was last saved: run the same command to go on.", err=True
        )
        raise typer.Exit(130) from None
    again = ["stereopsis", "search", "--task", task, "--output", f"{folder}-again"]
    again += [part for path in data or [] for part in ("--data", path)]
    again += ["--architecture", str(folder / command.ARCHITECTURE)]
    again += ["--recipe", str(folder / command.RECIPE)]
    again += ["--retrain-steps", str(retrain_steps), "--seed", str(seed), "--device", device]
    report["retrain"] = shlex.join([*again, "--threads", str(threads)])
    _tell(report, folder, command.say_doubtful(report))
    Records(json).write(report)
    if missed := command.say_missed(report, folder):
        typer.secho(missed, fg="red", err=True)
        raise typer.Exit(1)


def _check_mode(
    budget: str | None, architecture: str | None, recipe: str | None, joint: bool
) -> None:
    """Refuses options that contradict each other."""
    if (budget is None) == (architecture is None):
        raise OptionError(
            "A search needs either a budget or an architecture.",
            "Give --budget 2M-params, or --architecture FILE to train that network.",
        )
    if joint and (budget is None or recipe is not None):
        raise OptionError(
            "A joint search finds the recipe within a budget.",
            "Give --budget, and neither --architecture nor --recipe.",
        )


def _refuse_given(context: typer.Context, names: Sequence[str]) -> None:
    """Refuses these options of a joint search if they were given, be it with their defaults."""
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise OptionError(
                f"--{name.replace('_', '-')} is of a joint search, and none was asked for.",
                "Add --joint, or leave it out.",
            )


def _tell(report: dict[str, Any], folder: Path, doubt: str | None) -> None:
    """Says to people what was found, and what is doubtful about it."""
    lines = [
        *report["architecture"],
        f"score {report['score']:.4f}, {report['macs'] / 1e6:.2f}M MACs, "
        f"{report['params'] / 1e6:.3f}M parameters, {report['ms']} ms "
        f"on {report['threads']} thread{'s' * (report['threads'] > 1)}",
        f"{folder / report['network']}: the network",
        f"to train this architecture from random weights: {report['retrain']}",
        *([] if doubt is None else [doubt]),
    ]
    typer.echo("\n".join(lines), err=True)


def _counted(notice: Notice) -> "Callable[[Standing], None]":
    """Tells how many trials have ended, and how the latest did."""

    def say(standing: "Standing") -> None:
        outcome = standing.latest[1] if standing.latest else None
        if outcome is not None and outcome.score is None:
            typer.echo(f"a trial failed: {outcome.error}", err=True)
        score = {} if outcome is None or outcome.score is None else {"score": outcome.score}
        notice(standing.finished, score)

    return say


@contextmanager
def _shown(what: str, steps: int) -> Iterator[Notice]:
    """A function that shows a step on standard error: as a bar to people, as lines in a log."""
    console = Console(stderr=True)

    def say(step: int, figures: dict[str, float]) -> None:
        typer.echo(f"{what}: step {step}/{steps}  {_said(figures)}", err=True)

    if not console.is_terminal:
        yield say
        return
    columns = (
        TextColumn(what),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(what, total=steps, said="")
        yield lambda step, figures: bars.update(bar, completed=step, said=_said(figures))


def _said(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.3g}" for name, value in figures.items())
