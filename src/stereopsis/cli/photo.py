"""stereopsis photo: one photo in, a 3D photo out."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stereopsis.cli.options import (
    AsJson,
    DepthModel,
    Folder,
    Formats3D,
    MoveName,
    Photos,
    QualityName,
    SoftEdges,
    Title,
    check_move,
    parse_formats,
    parse_path,
    refuse,
)
from stereopsis.errors import OptionError, StereopsisError


def photo(
    photos: Photos,
    output: Folder = None,
    depth: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Depth map of the photo: npz, npy, pfm or grey png."),
    ] = None,
    near: Annotated[
        Literal["large", "small"], typer.Option(help="Which values in it are near.")
    ] = "large",
    depth_model: DepthModel = None,
    formats: Formats3D = "glb,html",
    move: MoveName = None,
    quality: QualityName = "standard",
    soft_edges: SoftEdges = None,
    title: Title = None,
    json: AsJson = False,
) -> None:
    """Turn photos into 3D photos: dog.jpg becomes dog.glb and dog.html."""
    # Here and not above: these bring the whole pipeline, which --help can do without.
    from stereopsis.cli.batch import run_all
    from stereopsis.cli.depth_model import open_named_model
    from stereopsis.cli.first_run import say_if_first
    from stereopsis.cli.inputs import find_photos
    from stereopsis.cli.make import PHOTO_FORMATS, Wishes, make_3d_photo
    from stereopsis.depth.given import read_depth
    from stereopsis.lift import star
    from stereopsis.outputs import prepare_folder

    try:
        wanted = parse_formats(formats, PHOTO_FORMATS)
        check_move(move, wanted)
        found = find_photos([parse_path(path, "A photo's name") for path in photos])
        depth_file = None if depth is None else parse_path(depth, "--depth")
        _check_depth_options(depth_file, near, len(found), depth_model)
        given = None if depth_file is None else read_depth(depth_file, near)
        folder = None if output is None else parse_path(output, "--output")
        if folder is not None:
            prepare_folder(folder)
        network = open_named_model(depth_model)
    except StereopsisError as error:
        raise refuse(error, json) from error
    say_if_first(star)
    wishes = Wishes(wanted, given, network, move or "orbit", quality, title, soft_edges)
    others = [] if depth_file is None else [depth_file]
    code = run_all(found, folder, lambda work: make_3d_photo(work, wishes), json, others)
    raise typer.Exit(code)


def _check_depth_options(
    depth: Path | None, near: str, photos: int, depth_model: str | None
) -> None:
    if depth is not None and depth_model is not None:
        problem = "--depth and --depth-model were both given."
        raise OptionError(problem, "Leave one out: a depth map needs no network.")
    if depth is not None and photos > 1:
        problem = f"--depth was given for {photos} photos, but belongs to one."
        raise OptionError(problem, "Name one photo.")
    if near == "small" and depth is None:
        problem = "--near small was given, but no depth map."
        raise OptionError(problem, "Give one with --depth, or leave --near out.")
    if near == "small" and depth is not None and depth.suffix.lower() == ".npz":
        problem = "--near small was given, but an .npz names its array for what it holds."
        raise OptionError(problem, "Leave --near out, and name the array depth or inverse_depth.")
