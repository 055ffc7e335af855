"""A contact sheet of the worlds: python -m stereopsis.train.worlds.gallery OUT.jpg --photos DIR."""

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from stereopsis.errors import OptionError
from stereopsis.outputs import write_all
from stereopsis.scene.arrays import ColorImage
from stereopsis.train.charts import depth_colors
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.worlds.__main__ import build_stock
from stereopsis.train.worlds.factory import MAKERS, Maker, make_rendering
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.tracks import track_view

CELL = (192, 144)  # (width, height) of each picture


def contact_sheet(stock: Stock, makers: list[Maker], columns: int, seed: int) -> ColorImage:
    """A pair of rows for each maker: pictures, and below them their inverse depth (bright: near).

    Raises:
        OptionError: there is nothing to show.
    """
    if columns < 1 or not makers:
        raise OptionError("The sheet would be empty.", "Ask for one column or more.")
    rows = []
    for maker in makers:
        cells = [_cell(maker, stock, np.random.default_rng([seed, k])) for k in range(columns)]
        rows.append(np.concatenate(cells, 1))
    return np.concatenate(rows, 0)


def _cell(maker: Maker, stock: Stock, rng: np.random.Generator) -> ColorImage:
    """A picture by this maker over its inverse depth."""
    shown = make_rendering(stock, rng, makers=[(maker, 1.0)], sizes=[CELL])
    return np.concatenate([shown.image, depth_colors(shown.inverse_depth)])


def main(
    out: Annotated[Path, typer.Argument(help="The picture to write (.jpg or .png).")],
    photos: Annotated[Path, typer.Option(help="Folder of photos to paint with.")],
    columns: Annotated[int, typer.Option(help="Pictures of each sort.")] = 6,
    seed: Annotated[int, typer.Option(help="Another seed shows other worlds.")] = 0,
    supertuxkart: Annotated[
        Path | None, typer.Option(help="SuperTuxKart's data folder, for its tracks and objects.")
    ] = None,
) -> None:
    """Show what each maker of worlds makes, with its depth."""
    prepare_file(out, ".jpg", ".png")
    stock = build_stock(seed, photos, supertuxkart)
    makers = [maker for maker, _ in MAKERS if stock.tracks or maker != track_view]
    sheet = contact_sheet(stock, makers, columns, seed)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 76] if out.suffix.lower() == ".jpg" else []
    _, encoded = cv2.imencode(out.suffix, sheet[:, :, ::-1], quality)
    write_all({out: encoded.tobytes()})


if __name__ == "__main__":
    run_command(main)
