"""Curation on the command line: python -m stereopsis.imagine.curate --help."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from stereopsis.errors import OptionError
from stereopsis.imagine.curate.command import choose_workers, progress_bar, read_settings
from stereopsis.imagine.curate.report import report_files, to_plain
from stereopsis.imagine.curate.run import curate, nothing_left
from stereopsis.outputs import write_all
from stereopsis.train.command import run_command

SOME_DAMAGED = 1  # as stereopsis photo ends when some of several photos failed


def main(
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="Parquet or tar shards, or folders of them.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--output", "-o", help="Folder of results.")] = None,
    settings: Annotated[Path | None, typer.Option(help="JSON; default: --show-settings.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Shards in work at once.")] = 1,
    ray: Annotated[
        str | None, typer.Option(help='A Ray cluster\'s address, or "local" for one here.')
    ] = None,
    show_settings: Annotated[bool, typer.Option(help="Print the settings, and stop.")] = False,
) -> None:
    """Keep the few good pictures of a haystack: writes kept/, report.html and report.json.

    Ends with 1 if damaged shards were left out.
    """
    config = read_settings(settings)
    if show_settings:
        sys.stdout.write(f"{config.to_json()}\n")
        return
    if not inputs or out is None:
        raise OptionError("There is nothing to do.", "Name shards, and a folder with -o.")
    with progress_bar() as progress:
        funnel = curate(inputs, out, config, choose_workers(workers, ray), progress)
    write_all(report_files(funnel, out))
    for damage in funnel.damaged:
        typer.secho(damage.why, fg="red", err=True)
    if problem := nothing_left(funnel):
        raise problem
    plain = to_plain(funnel)
    for stage in plain["stages"]:
        typer.echo(f"{stage['stage']:<12}{stage['in']:>10} -> {stage['out']}", err=True)
    typer.echo(f"See {out / 'report.html'}", err=True)
    sys.stdout.write(f"{json.dumps({key: plain[key] for key in ('in', 'out', 'seconds')})}\n")
    if funnel.damaged:
        typer.echo("Get damaged shards again, and run the same command again.", err=True)
        raise typer.Exit(SOME_DAMAGED)


if __name__ == "__main__":
    run_command(main)
