"""stereopsis photo: one photo in, a 3D photo out."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stereopsis.cli.options import AsJson, Folder, Photos, parse_formats, refuse
from stereopsis.errors import OptionError, StereopsisError


def photo(
    photos: Photos,
    output: Folder = None,
    depth: Annotated[
        Path | None, typer.Option(help="Depth map of the photo: npz, npy, pfm or grey png.")
    ] = None,
    near: Annotated[
        Literal["large", "small"], typer.Option(help="Which values in it are near.")
    ] = "large",
    formats: Annotated[
        str, typer.Option("--format", help="Any of glb, html, mp4, webm, gif, webp, depth.")
    ] = "glb,html",
    move: Annotated[
        Literal["orbit", "swing", "sway", "dolly", "dolly-zoom", "push-in"],
        typer.Option(help="How the camera moves in films."),
    ] = "orbit",
    quality: Annotated[
        Literal["small", "standard", "high"], typer.Option(help="Detail against size.")
    ] = "standard",
    title: Annotated[str | None, typer.Option(help="Title of the page, else the name.")] = None,
    json: AsJson = False,
) -> None:
    """Turn photos into 3D photos: dog.jpg becomes dog.glb and dog.html."""
    # Here and not above: these bring the whole pipeline, which --help can do without.
    from stereopsis.cli.batch import run_all
    from stereopsis.cli.inputs import find_photos
    from stereopsis.cli.make import PHOTO_FORMATS, Wishes, make_3d_photo
    from stereopsis.depth.depth_file import read_depth

    try:
        wanted = parse_formats(formats, PHOTO_FORMATS)
        found = find_photos(photos)
        if depth is not None and len(found) > 1:
            problem = f"--depth was given for {len(found)} photos, but belongs to one."
            raise OptionError(problem, "Name one photo.")
        given = None if depth is None else read_depth(depth, near)
    except StereopsisError as error:
        raise refuse(error) from error
    wishes = Wishes(wanted, given, move, quality, title)
    raise typer.Exit(run_all(found, output, lambda work: make_3d_photo(work, wishes), json))
