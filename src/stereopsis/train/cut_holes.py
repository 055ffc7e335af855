"""Cuts holes to learn inpainting from: python -m stereopsis.train.cut_holes --help."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.progress import track

from stereopsis.errors import DataError
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.hole_file import write_holes
from stereopsis.train.holes import HoleConfig, Holes, cut_holes
from stereopsis.train.pack import Frame, Pack, read_pack
from stereopsis.train.worlds.__main__ import build_stock
from stereopsis.train.worlds.rendering import Wanted
from stereopsis.train.worlds.stream import WorldStream

WANTED = Wanted(hidden_layers=2)


def cut_frames(
    worlds: Iterable[Frame], photos: Sequence[Pack], config: HoleConfig, seed: int
) -> Iterator[Holes]:
    """The holes of each world; nothing but the world, its number and the seed decides them."""
    for number, world in enumerate(worlds):
        yield from cut_holes(world, photos, config, np.random.default_rng((seed, number)))


def main(
    out: Annotated[Path, typer.Argument(help="The file to write (.npy).")],
    textures: Annotated[Path, typer.Option(help="Folder of photos to paint worlds with.")],
    photos: Annotated[list[Path], typer.Option(help="A pack of photos; may be given again.")],
    frames: Annotated[int, typer.Option(min=1, help="How many worlds to render.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed makes other worlds.")] = 0,
) -> None:
    """Render worlds that know what they hide, and cut patches with holes from them.

    One process uses one core, and some 10 MB of disk, twice that of memory, for each frame.
    """
    prepare_file(out, ".npy")
    cv2.setNumThreads(1)
    packs = [read_pack(path) for path in photos]
    if not sum(map(len, packs)):
        raise DataError("There are no photos to make holes of.", "Name packs of them.")
    stock = build_stock(seed, textures, None)
    with WorldStream(stock, seed, 1, WANTED, range(frames)) as worlds:
        shown = track(worlds, "cutting", total=frames)
        count = write_holes(cut_frames(shown, packs, HoleConfig(), seed), out)
    typer.echo(f"{out}: {count} patches of {frames} frames")


if __name__ == "__main__":
    run_command(main)
