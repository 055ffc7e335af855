"""Options that several commands share, and how their values are checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from stereopsis.cli.records import Records
from stereopsis.errors import OptionError, StereopsisError

# Paths come as text: to pathlib an empty one is the current folder, which nobody meant.
Photos = Annotated[
    list[str],
    typer.Argument(
        help="Photos, or folders of them (after -- where a name begins with a dash).",
        show_default=False,
    ),
]
Folder = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="PATH", help="Folder for results; else beside each photo."
    ),
]
DepthModel = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Depth network: mono-int8, depth-anything-v2-small, midas-small, or an .onnx file "
        "(docs/depth-models.md).",
    ),
]
Formats3D = Annotated[
    str, typer.Option("--format", help="Any of glb, html, mp4, webm, gif, webp, depth.")
]
MoveName = Annotated[
    Literal["orbit", "swing", "sway", "dolly", "dolly-zoom", "push-in"] | None,
    typer.Option(help="How the camera moves in films, else orbit."),
]
QualityName = Annotated[
    Literal["small", "standard", "high"], typer.Option(help="Detail against size.")
]
SoftEdges = Annotated[
    bool | None,
    typer.Option("--soft-edges/--hard-edges", help="Blend silhouettes, else if depth is measured."),
]
Title = Annotated[str | None, typer.Option(help="Title of the page, else the name.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per photo on standard output.")
]


def parse_path(text: str, what: str) -> Path:
    """The path in the text; `what` names it in errors, such as "--output".

    Raises:
        OptionError: it is empty.
    """
    if not text:
        raise OptionError(f"{what} is empty.", "Name a path; the current folder is a dot.")
    return Path(text)


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


def check_move(move: str | None, formats: list[str]) -> None:
    """Refuses a camera's move where no film is made.

    Raises:
        OptionError: there is none among the formats.
    """
    from stereopsis.show.video import VIDEO_FORMATS

    if move is not None and not set(formats) & set(VIDEO_FORMATS):
        problem = "--move was given, but no film is made."
        raise OptionError(problem, f"Add one of {', '.join(VIDEO_FORMATS)} to --format.")


def refuse(error: StereopsisError, as_json: bool) -> typer.Exit:
    """Says what is wrong with the whole command; raise what this returns."""
    typer.secho(str(error), fg="red", err=True)
    Records(as_json).write({"error": error.problem, "mend": error.mend})
    return typer.Exit(2)
