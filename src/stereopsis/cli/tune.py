"""stereopsis tune: quality-tuning of a text-to-image model on a few beautiful pictures."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from stereopsis.cli.options import parse_path, refuse
from stereopsis.cli.records import Records
from stereopsis.errors import StereopsisError

if TYPE_CHECKING:
    from stereopsis.imagine.tune.report import Origin
    from stereopsis.imagine.tune.run import Telling
    from stereopsis.imagine.tune.stopping import Measures, Verdict


def tune(
    model: Annotated[str, typer.Argument(help="A generator's folder (diffusers), or hub ID.")],
    pictures: Annotated[
        list[str],
        typer.Argument(help="Captioned pictures: folders, lists (.csv, .jsonl) or shards."),
    ],
    judge: Annotated[str, typer.Option(metavar="FILE", help="A selection judge.")],
    matcher: Annotated[
        str, typer.Option(metavar="NAME", help="A matcher's .npz, or a CLIP's folder or hub ID.")
    ],
    prompts: Annotated[
        str, typer.Option(metavar="FILE", help="Registered prompts and seeds to watch.")
    ],
    output: Annotated[str, typer.Option("-o", "--output", metavar="PATH", help="Its folder.")],
    steps: Annotated[int, typer.Option(min=1, help="At most.")] = 15_000,
    batch: Annotated[int, typer.Option(min=1, help="Pictures a step.")] = 64,
    rate: Annotated[float, typer.Option(min=0, help="Learning rate.")] = 2e-5,
    noise_offset: Annotated[float, typer.Option(min=0, help="As in the paper.")] = 0.1,
    every: Annotated[
        int | None, typer.Option(min=1, help="Measure so often, else ever more rarely.")
    ] = None,
    margin: Annotated[float, typer.Option(help="Faithfulness that may be lost.")] = 0.02,
    most_memorised: Annotated[float, typer.Option(help="Share of repeated pictures.")] = 0.05,
    least_diversity: Annotated[
        float, typer.Option(help="Share of the diversity that must be left.")
    ] = 0.7,
    lora: Annotated[int, typer.Option(min=0, help="Rank of an adapter; 0 tunes all.")] = 0,
    accumulate: Annotated[int, typer.Option(min=1, help="Pieces of a batch.")] = 1,
    checkpointing: Annotated[
        bool, typer.Option("--checkpointing", help="Less memory, slower.")
    ] = False,
    precision: Annotated[Literal["fp32", "bf16"], typer.Option(help="Of products.")] = "bf16",
    seed: Annotated[int, typer.Option(min=0, help="Of the order and the noise.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    minutes: Annotated[float, typer.Option(help="Stop then, to go on later.")] = math.inf,
    licences: Annotated[str, typer.Option(help="Of the pictures, for the card.")] = "not stated",
    pick: Annotated[
        int | None, typer.Option(help="Take this checkpoint, until another --pick.")
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print what came of it as one JSON object on standard output."),
    ] = False,
) -> None:
    """Teach a text-to-image model the look of a few hand-picked pictures, and stop in time.

    Run it again to go on after an interruption. The folder receives the tuned generator, a contact
    sheet for every checkpoint, and the curve of look, faithfulness, diversity and memory.
    """
    try:
        import stereopsis.imagine.models  # noqa: F401 - says so where that part is not installed
        from stereopsis.imagine.processes import is_main_process
        from stereopsis.imagine.tune import Origin, StopConfig, TuneConfig
        from stereopsis.imagine.tune.command import Given, run, take
        from stereopsis.imagine.tune.report import name_of
        from stereopsis.train.mono import check_device

        check_device(device)
        config = TuneConfig(
            steps=steps,
            batch=batch,
            rate=rate,
            noise_offset=noise_offset,
            every=every,
            lora=lora,
            precision=precision,
            accumulate=accumulate,
            checkpointing=checkpointing,
            seed=seed,
            stop=StopConfig(margin, most_memorised, least_diversity),
        )
        given = Given(
            model,
            tuple(parse_path(path, "PICTURES") for path in pictures),
            parse_path(judge, "--judge"),
            matcher,
            parse_path(prompts, "--prompts"),
            device,
        )
        folder = parse_path(output, "--output")
        origin = Origin(name_of(model), ", ".join(path.name for path in given.pictures), licences)
        if pick is not None:
            report = take(given, folder, pick)
        else:
            with _shown(steps, minutes, origin) as telling:
                report = run(given, config, folder, telling)
    except StereopsisError as error:
        raise refuse(error, json) from error
    if is_main_process():
        _tell(report)
        Records(json).write(report)


def _tell(report: dict[str, object]) -> None:
    """Says to people what came of it."""
    if report["generator"] is None:
        typer.echo("The minutes are used up. Run the same command again to go on.", err=True)
        return
    typer.echo(f"{report['reason']} The generator: {report['generator']}", err=True)
    typer.echo(f"Contact sheets to choose from: {report['sheets']}", err=True)


@contextmanager
def _shown(steps: int, minutes: float, origin: "Origin") -> Iterator["Telling"]:
    """Who shows all that is told on standard error: a bar to people, lines in a log."""
    from stereopsis.imagine.tune.run import Telling

    console = Console(stderr=True)

    def warn(told: str) -> None:
        console.print(told, highlight=False, markup=False, soft_wrap=True)

    def say(measures: "Measures", verdict: "Verdict") -> None:
        told = (
            f"step {measures.step}: look {measures.look:.3f}, faithful {measures.faithful:.3f}, "
            f"diversity {measures.diversity:.3f}, memorised {measures.memorised:.3f}; "
            f"best {verdict.best}"
        )
        console.print(told, highlight=False, soft_wrap=True)

    if not console.is_terminal:
        yield Telling(lambda step, figures: None, say, minutes, origin, warn)
        return
    columns = (
        TextColumn("tuning"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.3g}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task("tuning", total=steps, loss=math.nan)

        def count(step: int, figures: dict[str, float]) -> None:
            bars.update(bar, completed=step, loss=figures.get("loss", math.nan))

        yield Telling(count, say, minutes, origin, warn)
