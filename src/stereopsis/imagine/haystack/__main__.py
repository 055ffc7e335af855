"""Haystacks on the command line: python -m stereopsis.imagine.haystack --help."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from stereopsis.imagine.curate.command import progress_bar
from stereopsis.imagine.curate.eye import EyeName
from stereopsis.imagine.haystack.funnel import study
from stereopsis.imagine.haystack.funnel_fit import StudyConfig
from stereopsis.imagine.haystack.funnel_results import gathered
from stereopsis.imagine.haystack.funnel_table import table, table_over_seeds
from stereopsis.imagine.haystack.groceries import GroceryConfig
from stereopsis.imagine.haystack.making import Watch
from stereopsis.imagine.haystack.pictograms import PictogramConfig
from stereopsis.imagine.haystack.scenes import SceneConfig
from stereopsis.imagine.haystack.write_groceries import write_groceries
from stereopsis.imagine.haystack.write_pictograms import write_pictograms
from stereopsis.imagine.haystack.write_scenes import labelled_in, write_scenes
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.train.command import run_command

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Out = Annotated[Path, typer.Option("--output", "-o", help="Folder of the shards.")]
Side = Annotated[int, typer.Option(help="Pictures are squares of so many px.")]
Seed = Annotated[int, typer.Option(min=0, help="Another seed, another haystack.")]


@app.command()
def pictograms(
    packages: Annotated[Path, typer.Argument(help="Folder of npm packages; filled if empty.")],
    out: Out,
    clipart: Annotated[
        Path | None, typer.Option(help="Folder of Open Clip Art (/usr/share/openclipart/svg).")
    ] = None,
    side: Side = 64,
    seed: Seed = 0,
) -> None:
    """Emoji of many styles and clip art; the needles are one designer's renders."""
    write_pictograms(packages, out, clipart, PictogramConfig(side, seed), _watch())


@app.command()
def scenes(
    out: Out,
    count: Annotated[int, typer.Option(help="Pictures in the pool.")] = 50_000,
    picked: Annotated[int, typer.Option(help="Needles to tune on.")] = 1000,
    labelled: Annotated[
        int, typer.Option(min=0, help="As many as the funnel's study will label.")
    ] = 3000,
    side: Side = 64,
    seed: Seed = 0,
) -> None:
    """Photographs drawn here, the quality of each known; the needles are the best of them."""
    write_scenes(out, SceneConfig(count, picked, side, seed, labelled=labelled), _watch())


@app.command()
def groceries(
    folder: Annotated[Path, typer.Argument(help="The Grocery Store Dataset's folder.")],
    out: Out,
    side: Side = 64,
    seed: Seed = 0,
) -> None:
    """Photos of fruit and vegetables from a shop; the needles are studio shots."""
    write_groceries(folder, out, GroceryConfig(side, seed), _watch())


@app.command()
def funnel(
    pool: Annotated[Path, typer.Argument(help="Folder of scenes, as the command scenes wrote it.")],
    out: Out,
    eye: Annotated[EyeName, typer.Option(help="Whose features.")] = "lite0",
    seed: Seed = 0,
) -> None:
    """Curate scenes and set what is kept against the truth: recall, precision, enrichment."""
    prepare_folder(out)
    with progress_bar() as progress:
        figures = study(pool, out, StudyConfig(labelled_in(pool), eye), progress, seed)
    write_all({out / "funnel.json": f"{json.dumps(figures, indent=2)}\n".encode()})
    for line in table(figures):
        typer.echo(line)


@app.command("funnel-table")
def funnel_table(
    runs: Annotated[Path, typer.Argument(help="Folder of SEED/EYE/funnel.json.")], out: Out
) -> None:
    """Lay the studies of the funnel side by side, over all seeds."""
    figures = gathered(runs)
    write_all({out / "funnel.json": f"{json.dumps(figures, indent=2)}\n".encode()})
    for line in table_over_seeds(figures):
        typer.echo(line)


def _watch() -> Watch:
    """Tells people on standard error."""
    return Watch(lambda text: typer.echo(text, err=True), _shown)


def _shown(rows: Iterable[Any], what: str) -> Iterator[Any]:
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"),
        TextColumn("{task.completed:,} pictures"), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield from bar.track(rows, description=what)


if __name__ == "__main__":
    run_command(app)
