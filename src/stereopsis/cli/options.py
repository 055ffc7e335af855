"""Options that several commands share, and how their values are checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stereopsis.errors import OptionError, StereopsisError

Photos = Annotated[
    list[Path], typer.Argument(help="Photos, or folders with photos.", show_default=False)
]
Folder = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Folder for results; else beside each photo."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per photo on standard output.")
]


def parse_formats(text: str, known: Sequence[str]) -> list[str]:
    """The formats in a list with commas, in the order of `known`, none twice.

    Raises:
        OptionError: one is unknown, or there is none.
    """
    asked = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in asked:
        if name not in known:
            problem = f"{name} is no format that is written here."
            raise OptionError(problem, f"Choose from {', '.join(known)}.")
    if not asked:
        raise OptionError("No format is named.", f"Choose from {', '.join(known)}.")
    return [name for name in known if name in asked]


def refuse(error: StereopsisError) -> typer.Exit:
    """Says what is wrong with the whole command; raise what this returns."""
    typer.secho(str(error), fg="red", err=True)
    return typer.Exit(2)
