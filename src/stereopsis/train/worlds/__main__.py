"""Renders worlds: python -m stereopsis.train.worlds OUT.npz --frames N --seed S --photos DIR."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from stereopsis.train.command import run_command
from stereopsis.train.pack import build_pack, write_pack
from stereopsis.train.worlds.factory import make_frames
from stereopsis.train.worlds.stock import Stock, read_photos, stock_up
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


def main(
    out: Annotated[Path, typer.Argument(help="The pack to write (.npz).")],
    photos: Annotated[Path, typer.Option(help="Folder of photos to paint with.")],
    frames: Annotated[int, typer.Option(help="How many frames.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed makes other worlds.")] = 0,
    supertuxkart: Annotated[
        Path | None, typer.Option(help="SuperTuxKart's data folder, for its tracks and objects.")
    ] = None,
) -> None:
    """Render random worlds with exact depth, for training."""
    stock = build_stock(seed, photos, supertuxkart)
    rendered = track(make_frames(stock, seed, frames), "rendering", total=frames)
    textures = f"textures of {photos.name}" + (" and SuperTuxKart" if supertuxkart else "")
    write_pack(build_pack(rendered, f"rendered worlds, seed {seed}, with {textures}"), out)


if __name__ == "__main__":
    run_command(main)
