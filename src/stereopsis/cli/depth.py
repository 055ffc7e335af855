"""stereopsis depth: how far everything in a photo is, as a file."""

from typing import Annotated

import typer

from stereopsis.cli.options import AsJson, Folder, Photos, parse_formats, refuse
from stereopsis.errors import StereopsisError


def depth(
    photos: Photos,
    output: Folder = None,
    formats: Annotated[str, typer.Option("--format", help="Any of npz, png, pfm.")] = "png",
    json: AsJson = False,
) -> None:
    """Write the depth of photos: dog.jpg becomes dog_depth.png, bright is near."""
    # Here and not above: these bring the whole pipeline, which --help can do without.
    from stereopsis.cli.batch import run_all
    from stereopsis.cli.inputs import find_photos
    from stereopsis.cli.make import DEPTH_FORMATS, make_depth

    try:
        wanted = parse_formats(formats, list(DEPTH_FORMATS))
        found = find_photos(photos)
    except StereopsisError as error:
        raise refuse(error) from error
    raise typer.Exit(run_all(found, output, lambda work: make_depth(work, wanted), json))
