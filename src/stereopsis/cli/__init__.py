"""The command line: one verb per command, each a few lines over the public functions.

People read standard error; with --json, programs read one object per input on standard output.
Exit codes: 0 all done; 1 some inputs failed and the rest are done; 2 nothing could be done or the
command was wrong; 130 stopped by Ctrl-C.
"""

from typing import Annotated

import typer

from stereopsis.cli.depth import depth
from stereopsis.cli.imagine import imagine
from stereopsis.cli.photo import photo
from stereopsis.cli.search import search
from stereopsis.cli.stereo import stereo
from stereopsis.cli.tune import tune

app = typer.Typer(
    help="Turns photos and stereo pairs into 3D photos, offline, on a plain CPU.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(photo)
app.command()(stereo)
app.command()(depth)
app.command()(imagine)
app.command()(search)
app.command()(tune)


def _print_version(asked: bool) -> None:
    from importlib.metadata import version

    if asked:
        typer.echo(f"stereopsis {version('stereopsis')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Turns photos and stereo pairs into 3D photos, offline, on a plain CPU."""


def main() -> None:
    """Runs the command line; the process ends with its exit code."""
    app()
