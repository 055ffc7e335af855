"""Pick pictures to tune on, and vote on what came of it: python -m stereopsis.imagine.vote --help.

The store of votes lies in the folder that holds the pictures, as votes.db or under a name of its
own; wherever a command asks for the store, either the folder or the file will do.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stereopsis.errors import DataError
from stereopsis.imagine.votes.ballot import REPEATS
from stereopsis.imagine.votes.config import VoteConfig, check_half_width
from stereopsis.imagine.votes.export import export_all
from stereopsis.imagine.votes.importing import import_list
from stereopsis.imagine.votes.records import Vote
from stereopsis.imagine.votes.report import HALF_WIDTH, compare
from stereopsis.imagine.votes.report_text import to_text
from stereopsis.imagine.votes.store import VoteStore
from stereopsis.outputs import write_all
from stereopsis.train.command import run_command

NAME = "votes.db"
ENDINGS = (".db", ".sqlite")

Store = Annotated[Path, typer.Argument(help="Folder of the pictures, or its store of votes.")]
HalfWidth = Annotated[float, typer.Option(help="Wished-for half-width of a win rate's interval.")]

app = typer.Typer(
    help="Picks pictures to tune on, and takes blind votes on what came of it.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command("import")
def import_lists(
    store: Store,
    lists: Annotated[list[Path], typer.Argument(help="Lists, .csv or .jsonl.")],
) -> None:
    """Adds lists of pairs, of pictures to pick from, or of exported votes."""
    with VoteStore(_place(store)) as opened:
        for path in lists:
            with typer.progressbar(length=1000, label=path.name, file=sys.stderr) as bar:
                done = import_list(opened, path, lambda n, of: bar.update(1000 * n // of - bar.pos))
            typer.echo(f"{path}: {done.rows} {done.kind}, {done.new} of them new", err=True)


@app.command()
def serve(
    store: Store,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets your network in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8077,
    repeats: Annotated[float, typer.Option(help="Share of pairs that come again.")] = REPEATS,
    half_width: HalfWidth = HALF_WIDTH,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="A program votes, no person: marks its votes so.")
    ] = False,
) -> None:
    """Opens the pages for browsers, until Ctrl-C."""
    from stereopsis.imagine.votes.server import open_server  # a second, paid only here

    config = VoteConfig(repeats, half_width, simulated)
    with VoteStore(_existing(store)) as opened, open_server(opened, config, host, port) as server:
        typer.echo(f"Open {server.address}", err=True)
        server.run()


@app.command()
def export(
    store: Store,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results.")],
) -> None:
    """Writes all votes and picks as CSV and JSON Lines."""
    with VoteStore(_existing(store)) as opened:
        files = {output / name: content for name, content in export_all(opened).items()}
    write_all(files, inputs=[_place(store)])


@app.command()
def report(
    store: Store,
    half_width: HalfWidth = HALF_WIDTH,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Prints what the votes say, and how far they are to be trusted."""
    check_half_width(half_width)
    with VoteStore(_existing(store)) as opened:
        votes, pairs = opened.standing(Vote), opened.pairs()
    compared = compare(votes, pairs, half_width)
    if as_json:
        people = sum(vote.kind == "human" for vote in votes)
        told = {"human_votes": people, "comparisons": [asdict(each) for each in compared]}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(to_text(votes, compared, half_width), nl=False)


def _place(given: Path) -> Path:
    """Where the store of this folder, or of this name, is or will be."""
    if os.path.isdir(given):
        return given / NAME
    if given.suffix.lower() in ENDINGS and os.path.isdir(given.parent):
        return given
    raise DataError(
        f"There is no folder {given}.", f"Name a folder of pictures, or a {ENDINGS[0]} file in one."
    )


def _existing(given: Path) -> Path:
    place = _place(given)
    if not os.path.isfile(place):
        raise DataError(f"There is no store of votes {place}.", "Import a list first.")
    return place


if __name__ == "__main__":
    run_command(app)
