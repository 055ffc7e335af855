"""Makes the proxy set of packs: python -m stereopsis.search.make_proxy OUT.npz PACK..."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from matplotlib import colormaps
from rich.progress import track

from stereopsis.outputs import write_all
from stereopsis.scene.arrays import ColorImage
from stereopsis.search.proxy import CLASSES, ProxySet, build_proxy, write_proxy
from stereopsis.train.charts import Png, contact_sheet
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.pack import Frame, read_pack
from stereopsis.train.worlds.semantic import Semantic

ROWS = 8  # of the contact sheet


def draw_sheet(proxy: ProxySet, rows: int = ROWS) -> Png:
    """Frames spread over the set: picture, depth, classes in colour, and which are present."""
    chosen = np.linspace(0, len(proxy) - 1, min(rows, len(proxy))).astype(int)
    present = proxy.present
    cells: list[list[ColorImage | np.ndarray]] = [
        [proxy.image[i], proxy.depth[i].astype(np.float32), class_colors(proxy.semantic[i])]
        for i in chosen
    ]
    captions = [
        f"{i}: " + ", ".join(Semantic(k).name.lower() for k in np.flatnonzero(present[i]).tolist())
        for i in chosen
    ]
    return contact_sheet(["picture", "inverse depth", "classes"], cells, captions)


def class_colors(semantic: np.ndarray) -> ColorImage:
    """A colour for each class."""
    palette = colormaps["tab20"](np.arange(CLASSES))[:, :3]
    return np.asarray(255 * palette[semantic], np.uint8)


def _frames(packs: list[Path]) -> Iterator[Frame]:
    for path in packs:
        pack = read_pack(path)
        for index in track(range(len(pack)), path.name):
            yield pack[index]


def main(
    out: Annotated[Path, typer.Argument(help="The proxy set to write (.npz).")],
    packs: Annotated[list[Path], typer.Argument(help="Packs of worlds with --semantic.")],
    height: Annotated[int, typer.Option(min=32, help="Height of the small frames.")] = 96,
    width: Annotated[int, typer.Option(min=32, help="Their width.")] = 128,
) -> None:
    """Make a proxy set for a multitask search: depth, classes and presence of the same frames.

    Frames are split in the order of the packs; the last fifth is held out. A contact sheet is
    written beside it.
    """
    prepare_file(out, ".npz")
    proxy = build_proxy(_frames(packs), (height, width))
    write_proxy(proxy, out)
    write_all({out.with_suffix(".png"): draw_sheet(proxy)})
    typer.echo(f"{out}: {len(proxy)} frames, {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run_command(main)
