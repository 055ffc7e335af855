"""stereopsis depth: how far everything in a photo is, as a file."""

from typing import Annotated

import typer

from stereopsis.cli.options import (
    AsJson,
    DepthModel,
    Folder,
    Photos,
    parse_formats,
    parse_path,
    refuse,
)
from stereopsis.errors import StereopsisError


def depth(
    photos: Photos,
    output: Folder = None,
    formats: Annotated[str, typer.Option("--format", help="Any of npz, png, pfm.")] = "png",
    depth_model: DepthModel = None,
    json: AsJson = False,
) -> None:
    """Write the depth of photos: dog.jpg becomes dog_depth.png, bright is near.

    Maps have at most 1024 pixels on the longer side.
    """
    # Here and not above: these bring the whole pipeline, which --help can do without.
    from stereopsis.cli.batch import run_all
    from stereopsis.cli.depth_model import open_named_model
    from stereopsis.cli.first_run import say_if_first
    from stereopsis.cli.inputs import find_photos
    from stereopsis.cli.make import DEPTH_FORMATS, make_depth
    from stereopsis.depth import weighted_median
    from stereopsis.outputs import prepare_folder

    try:
        wanted = parse_formats(formats, list(DEPTH_FORMATS))
        found = find_photos([parse_path(path, "A photo's name") for path in photos])
        folder = None if output is None else parse_path(output, "--output")
        if folder is not None:
            prepare_folder(folder)
        network = open_named_model(depth_model)
    except StereopsisError as error:
        raise refuse(error, json) from error
    say_if_first(weighted_median)
    raise typer.Exit(run_all(found, folder, lambda work: make_depth(work, wanted, network), json))
