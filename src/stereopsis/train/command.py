"""Running one of this package's modules as a command."""

from collections.abc import Callable
from pathlib import Path

import typer

from stereopsis.errors import OutputError, StereopsisError
from stereopsis.outputs import prepare_folder


def run_command(main: Callable[..., None] | typer.Typer) -> None:
    """Runs the function, or the app of several commands, on the command line's arguments.

    A user's error ends in its two sentences.

    Raises:
        SystemExit: always; with 2 if an input cannot be used.
    """
    try:
        main() if isinstance(main, typer.Typer) else typer.run(main)
    except StereopsisError as error:
        typer.secho(str(error), fg="red", err=True)
        raise SystemExit(2) from None


def tell_steps(what: str, steps: int) -> Callable[[int, dict[str, float]], None]:
    """A function that tells people on standard error how far `what` is, and its figures."""

    def tell(step: int, figures: dict[str, float]) -> None:
        text = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        typer.echo(f"{what}, step {step} of {steps}  {text}", err=True)

    return tell


def prepare_file(path: Path, *endings: str) -> None:
    """Sees to it, before any work is done, that its result can be written to this path.

    A missing folder is made.

    Raises:
        OutputError: the name has none of these endings (".npz"), or is that of a folder, or the
            folder that it names cannot be made or written.
    """
    if path.suffix.lower() not in endings:
        wanted = " or ".join(endings)
        raise OutputError(
            f"The result {path} does not end in {wanted}.", f"Name a file that ends in {wanted}."
        )
    if path.is_dir():
        raise OutputError(f"{path} is a folder.", "Name a file inside it.")
    try:
        prepare_folder(path.parent)
    except OutputError as error:
        raise OutputError(error.problem, "Name a file in another folder.") from error
