"""Renders worlds: python -m stereopsis.train.worlds OUT.npz --frames N --seed S --photos DIR."""

from pathlib import Path
from time import perf_counter
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.progress import track

from stereopsis.errors import OutputError
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.pack import build_packs, write_pack
from stereopsis.train.worlds.rendering import Wanted
from stereopsis.train.worlds.stock import Stock, read_photos, stock_up
from stereopsis.train.worlds.stream import WorldStream
from stereopsis.train.worlds.supertuxkart import SuperTuxKart
from stereopsis.train.worlds.texture import TextureBank

PHOTOS = 200  # of the folder serve as textures, another choice for each seed


def build_stock(seed: int, photos: Path, supertuxkart: Path | None) -> Stock:
    """Textures and things from these folders, chosen by the seed.

    Raises:
        DataError: a folder does not hold what it should.
    """
    rng = np.random.default_rng(seed)
    bank = TextureBank()
    pictures = read_photos(photos, PHOTOS, rng)
    if supertuxkart is None:
        return stock_up(rng, bank, pictures)
    game = SuperTuxKart(supertuxkart, bank)
    tracks = tuple(game.track(name) for name in track(game.track_names(), "reading tracks"))
    things, materials = tuple(game.things()), tuple(game.materials())
    return stock_up(rng, bank, pictures, materials, things, tracks)


def main(  # noqa: PLR0913 - a command
    out: Annotated[Path, typer.Argument(help="The pack to write (.npz), or the first of several.")],
    photos: Annotated[Path, typer.Option(help="Folder of photos to paint with.")],
    frames: Annotated[int, typer.Option(min=1, help="How many frames.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed makes other worlds.")] = 0,
    supertuxkart: Annotated[
        Path | None, typer.Option(help="SuperTuxKart's data folder, for its tracks and objects.")
    ] = None,
    megabytes: Annotated[int, typer.Option(min=1, help="A pack's largest size.")] = 60,
    workers: Annotated[int, typer.Option(min=1, help="How many threads render.")] = 2,
    semantic: Annotated[bool, typer.Option("--semantic", help="Keep pixels' classes.")] = False,
    second_eye: Annotated[bool, typer.Option("--second-eye", help="Render a second eye.")] = False,
    hidden_layers: Annotated[int, typer.Option(min=0, help="Layers behind the first.")] = 0,
) -> None:
    """Render random worlds with exact depth, for training.

    Frames that do not fit into one pack go on in OUT_2.npz, OUT_3.npz and so forth.
    """
    prepare_file(out, ".npz")
    _refuse_leftovers(out)
    cv2.setNumThreads(1)  # the workers share the cores among themselves
    stock = build_stock(seed, photos, supertuxkart)
    wanted = Wanted(semantic, second_eye, hidden_layers)
    textures = f"textures of {photos.name}" + (" and SuperTuxKart" if supertuxkart else "")
    source = f"rendered worlds, seed {seed}, with {textures}"
    with WorldStream(stock, seed, workers, wanted, range(frames)) as stream:
        start = perf_counter()
        rendered = track(stream, "rendering", total=frames)
        for number, pack in enumerate(build_packs(rendered, source, megabytes * 1_000_000), 1):
            path = out if number == 1 else out.with_stem(f"{out.stem}_{number}")
            write_pack(pack, path)
            typer.echo(f"{path}: {len(pack)} frames, {path.stat().st_size / 1e6:.1f} MB")
    rate = frames / (perf_counter() - start)
    typer.echo(f"{rate:.1f} frames/s with {workers} workers, {rate / workers:.1f} by each")


def _refuse_leftovers(out: Path) -> None:
    """Raises OutputError if packs would be mistaken for a part of the series that is to come."""
    leftover = out.with_stem(f"{out.stem}_2")
    if leftover.exists():
        raise OutputError(
            f"{leftover.name} is there already, from an earlier series of packs.",
            f"Remove it and what follows it, or choose another name than {out.name}.",
        )


if __name__ == "__main__":
    run_command(main)
