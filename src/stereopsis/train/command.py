"""Running one of this package's modules as a command."""

from collections.abc import Callable

import typer

from stereopsis.errors import StereopsisError


def run_command(main: Callable[..., None]) -> None:
    """Runs the function on the command line's arguments; a user's error ends in its two sentences.

    Raises:
        SystemExit: always; with 2 if an input cannot be used.
    """
    try:
        typer.run(main)
    except StereopsisError as error:
        typer.secho(str(error), fg="red", err=True)
        raise SystemExit(2) from None
