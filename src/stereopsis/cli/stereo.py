"""stereopsis stereo: what two eyes saw in, a 3D photo out."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from stereopsis.cli.options import (
    Folder,
    Formats3D,
    MoveName,
    QualityName,
    SoftEdges,
    Title,
    check_move,
    parse_formats,
    parse_path,
    refuse,
)
from stereopsis.errors import OptionError, RigError, StereopsisError


def stereo(
    left: Annotated[
        str,
        typer.Argument(help="The left picture, or one that holds both eyes.", show_default=False),
    ],
    right: Annotated[
        str | None, typer.Argument(help="The right picture.", show_default=False)
    ] = None,
    rig: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Factory calibration (docs/rig.md)."),
    ] = None,
    shown: Annotated[
        Literal["left", "right"] | None,
        typer.Option(help="The shown eye, else the rig's or left."),
    ] = None,
    second_eye: Annotated[
        bool,
        typer.Option(
            "--second-eye/--no-second-eye", help="Show what only the other eye saw, uninvented."
        ),
    ] = True,
    output: Folder = None,
    formats: Formats3D = "glb,html",
    move: MoveName = None,
    quality: QualityName = "standard",
    soft_edges: SoftEdges = None,
    title: Title = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per pair on standard output.")
    ] = False,
) -> None:
    """Turn a pair of pictures into a 3D photo: left.jpg becomes left.glb and left.html.

    Depth is measured with both eyes where they can be trusted, else guessed
    from one; a sentence says which, and why.
    """
    # Here and not above: these bring the whole pipeline, which --help can do without.
    from stereopsis.cli.batch import run_all
    from stereopsis.cli.first_run import say_if_first
    from stereopsis.cli.make import PHOTO_FORMATS, Wishes
    from stereopsis.cli.make_pair import PairFiles, make_stereo_photo
    from stereopsis.lift import star
    from stereopsis.outputs import prepare_folder

    try:
        wanted = parse_formats(formats, PHOTO_FORMATS)
        check_move(move, wanted)
        first = parse_path(left, "The left picture's name")
        second = None if right is None else parse_path(right, "The right picture's name")
        for path in (first, second):
            if path is not None and os.path.isdir(path):
                problem = f"{path} is a folder, not a picture."
                raise OptionError(problem, "Name the left and the right picture.")
        rig_file = None if rig is None else _rig_file(rig)
        folder = None if output is None else parse_path(output, "--output")
        if folder is not None:
            prepare_folder(folder)
    except StereopsisError as error:
        raise refuse(error, json) from error
    say_if_first(star)
    wishes = Wishes(
        wanted, move=move or "orbit", quality=quality, title=title, soft_edges=soft_edges
    )
    files = PairFiles(first, second, rig_file, shown, second_eye)
    others: list[Path] = [path for path in (second, rig_file) if path is not None]
    code = run_all(
        [first], folder, lambda work: make_stereo_photo(work, wishes, files), json, others
    )
    raise typer.Exit(code)


def _rig_file(text: str) -> Path:
    """The path of a rig, which may be of no use but is there: a misspelt one is not left out.

    Raises:
        StereopsisError: it is empty, or there is no such file.
    """
    path = parse_path(text, "--rig")
    if not os.path.isfile(path):
        raise RigError(f"There is no rig file {path}.", "Check the name and the folder.")
    return path
