"""stereopsis imagine: words in, pictures out, and 3D photos of them."""

from pathlib import Path
from typing import Annotated

import typer

from stereopsis.cli.options import parse_formats, parse_path, refuse
from stereopsis.errors import OptionError, StereopsisError

MODEL_HELP = "A folder in the layout of diffusers, or an ID on the Hugging Face hub; else ours."


def imagine(
    prompt: Annotated[str, typer.Argument(help="What the picture shows.", show_default=False)],
    model: Annotated[str | None, typer.Option(metavar="NAME", help=MODEL_HELP)] = None,
    seed: Annotated[int, typer.Option(help="Other seeds make other pictures.")] = 0,
    count: Annotated[
        int, typer.Option(min=1, max=1000, help="Pictures, of this seed and the next ones.")
    ] = 1,
    steps: Annotated[int, typer.Option(min=1, max=1000, help="Of the sampler.")] = 25,
    guidance: Annotated[float, typer.Option(help="How closely to follow the words.")] = 3.0,
    photo3d: Annotated[bool, typer.Option("--photo3d", help="Make 3D photos, too.")] = False,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PATH", help="Folder for results.")
    ] = ".",
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Any of png, glb, html, mp4, webm, gif, webp, depth.",
            show_default=False,
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per picture on standard output.")
    ] = False,
) -> None:
    """Make pictures from words: "a red apple" becomes a-red-apple-0.png.

    The file tells model, seed, steps and guidance. One that is there already and was made otherwise
    stays: the new one is a-red-apple-0-2.png. Our own generator reads English, 22 words at most,
    and draws 64 x 64 px.
    """
    try:
        import stereopsis.imagine.models  # noqa: F401 - says so where that part is not installed
        from stereopsis.cli.batch import Work, run_all
        from stereopsis.cli.first_run import say_if_first
        from stereopsis.cli.make import PHOTO_FORMATS, Wishes, make_of_photo
        from stereopsis.imagine.generate import (
            as_photo,
            as_png,
            file_name,
            free_name,
            imagine_pictures,
            open_model,
            unread,
        )
        from stereopsis.imagine.models.generator import SampleConfig
        from stereopsis.lift import star
        from stereopsis.outputs import prepare_folder
        from stereopsis.train.mono import check_device

        wanted = parse_formats(
            formats or ("png,glb,html" if photo3d else "png"), ("png", *PHOTO_FORMATS)
        )
        solid = [each for each in wanted if each != "png"]
        _check_solid(solid, photo3d)
        check_device(device)
        folder = parse_path(output, "--output")
        prepare_folder(folder)
        seeds = range(seed, seed + count)
        generator = open_model(model, device)
        config = SampleConfig(steps, guidance)
        imagine_pictures(prompt, seeds, generator, config)  # draws none yet, but checks
    except StereopsisError as error:
        raise refuse(error, json) from error
    if solid:
        say_if_first(star)
    wishes = Wishes(solid, title=prompt)
    note = unread(prompt) if model is None else None
    settings = {"prompt": prompt, "model": model, "steps": steps, "guidance": guidance}
    waiting = iter(seeds)

    def make(work: Work) -> None:
        own = next(waiting)
        work.facts = {"prompt": prompt, "seed": own}
        work.warnings.extend(filter(None, [note]))
        with work.stage("imagine"):
            picture = next(imagine_pictures(prompt, [own], generator, config))
        if "png" in wanted:
            work.add(".png", as_png(picture, settings | {"seed": own}))
        if solid:
            photo, told = as_photo(picture)
            work.warnings.extend(filter(None, [told]))
            work.focal_source = photo.focal_source
            make_of_photo(work, wishes, photo, None)

    name = file_name(prompt)
    places = [Path(free_name(folder, f"{name}-{own}", settings | {"seed": own})) for own in seeds]
    raise typer.Exit(run_all(places, folder, make, json))


def _check_solid(solid: list[str], photo3d: bool) -> None:
    if solid and not photo3d:
        raise OptionError(
            f"--format {','.join(solid)} was given, but no 3D photo is made.", "Add --photo3d."
        )
    if photo3d and not solid:
        raise OptionError(
            "--photo3d was given, but no format of a 3D photo.", "Add glb or html to --format."
        )
