"""Does the colour of what stands in front get into what is painted behind it?

python -m stereopsis.studies.leaks PACK... -o DIR [--network FILE]...

Things of saturated colours are set before pictures, so that what they hide is known. What is
painted behind them must be the same, whatever their colour is; and where what they hide is a plane
that the picture shows beside them, it must go on as that plane.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Bool
from rich.progress import track

from stereopsis.errors import DataError
from stereopsis.lift.inpaint import InpaintConfig, find_anchors, inpaint
from stereopsis.lift.slopes import SlopeConfig
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.scene.layers import LayeredImage
from stereopsis.studies.fills import DIFFUSION, Method, network_methods, quick_methods
from stereopsis.studies.holes import (
    PARALLAX,
    SHEET_ROWS,
    Row,
    draw_sheet,
    from_far,
    means,
    print_scores,
    read_frames,
    score,
    show_hidden,
    told,
)
from stereopsis.studies.planes import continues_plane, find_planes
from stereopsis.train.command import run_command
from stereopsis.train.holes import Lifted, Truth, lift, scene_units
from stereopsis.train.inserted import OUTLINES, Inserted, insert
from stereopsis.train.pack import Frame, read_pack
from stereopsis.train.report_json import report_json

MAGENTA, GREEN = (255, 0, 255), (0, 255, 0)  # far apart in every channel
MOST = 8  # grey levels by which a filled pixel may change; more is a leak
FEWEST = 200  # pixels that a thing must hide
METRICS = "psnr", "plane_off_px"  # of which differences are told
LEVEL = InpaintConfig(slopes=SlopeConfig(rounds=0))  # diffuses inverse depth itself


@dataclass(frozen=True)
class Painted:
    """What each method paints behind one thing in each colour, and where that is judged.

    `on_plane` are the pixels of planes that the picture shows beside the thing.
    """

    truth: Truth
    on_plane: Bool[np.ndarray, " n"]
    parallax_px: float
    by_color: tuple[dict[str, LayeredImage], ...]


def paint_behind(
    methods: Mapping[str, Method], frame: Frame, outline: np.ndarray
) -> Painted | None:
    """The methods' fills behind a thing of this outline; None if it hides hardly anything."""
    by_color = []
    for color in (MAGENTA, GREEN):
        inserted = insert(frame, outline, color)
        lifted = lift(inserted.frame, PARALLAX)
        guessed = inpaint(lifted.layers, lifted.parallax_px)
        by_color.append({name: fill(lifted, guessed) for name, fill in methods.items()})
    anchor = find_anchors(lifted.layers.links, lifted.layers.visible_count)
    judged = is_behind(lifted.layers, inserted, anchor)
    if judged.sum() < FEWEST:
        return None
    truth = truth_behind(lifted.layers, inserted, frame, judged)
    px = lifted.parallax_px * scene_units(frame.inverse_depth, inserted.frame)
    on_plane = continues_plane(lifted.layers, find_planes(px, frame.valid), anchor)
    return Painted(truth, on_plane, lifted.parallax_px, tuple(by_color))


def is_behind(
    layers: LayeredImage, inserted: Inserted, anchor: np.ndarray
) -> Bool[np.ndarray, " n"]:
    """The hidden pixels under what was inserted, on surfaces of the picture itself.

    Where several surfaces grew to one place it is the nearest, which the picture would show.
    `anchor` (n,) are the picture's nearest pixels on their surfaces.
    """
    found = layers.hidden & (anchor >= 0) & layers.inside
    found[found] = inserted.front[layers.y[found], layers.x[found]]
    found[found] = ~inserted.front.ravel()[anchor[found]]
    pixels = from_far(layers, np.flatnonzero(found))[::-1]
    place = layers.y[pixels].astype(np.int64) * layers.width + layers.x[pixels]
    _, nearest = np.unique(place, return_index=True)
    behind = np.zeros(len(layers.x), np.bool_)
    behind[pixels[nearest]] = True
    return behind


def truth_behind(
    layers: LayeredImage, inserted: Inserted, frame: Frame, judged: np.ndarray
) -> Truth:
    """What the picture shows at each pixel's place once nothing is set before it."""
    spot = layers.y.clip(0, layers.height - 1), layers.x.clip(0, layers.width - 1)
    scene = scene_units(frame.inverse_depth, inserted.frame)
    return Truth(frame.image[spot].astype(np.float32), scene[spot], judged & frame.valid[spot])


def diffuse_depth(lifted: Lifted, guessed: LayeredImage) -> LayeredImage:
    """Our fill, but what is diffused is inverse depth, as colours are, and not planes."""
    return inpaint(lifted.layers, lifted.parallax_px, LEVEL)


def score_painted(painted: Painted) -> dict[str, dict[str, float]]:
    """By method: how near to the truth the fill is, and how many pixels leaked how much.

    `plane_off_px` is NaN where no plane goes on.
    """
    one, other = painted.by_color
    judged, truth = painted.truth.judged, painted.truth
    on_plane = judged & painted.on_plane
    found = {}
    for name, layers in one.items():
        bent = np.abs(layers.inverse_depth[on_plane] - truth.inverse_depth[on_plane])
        change = layers.color[judged].astype(int) - other[name].color[judged]
        off = np.abs(change).max(1)
        found[name] = {
            **score(layers, truth, painted.parallax_px),
            "plane_off_px": float(painted.parallax_px * bent.mean()) if bent.size else math.nan,
            "leaks_in_1000": 1000 * float((off > MOST).mean()),
            "largest_change": float(off.max()),
        }
    return found


def score_things(
    methods: Mapping[str, Method], frames: Mapping[str, Frame], seed: int = 0
) -> tuple[dict[str, list[Row]], dict[str, list[np.ndarray]]]:
    """The scores of each method on each frame, by the kind of thing before it; some pictures.

    Raises:
        DataError: nothing hides enough.
    """
    rows: dict[str, list[Row]] = {thing: [] for thing in OUTLINES}
    pictures: dict[str, list[np.ndarray]] = {}
    for number, (name, frame) in enumerate(track(frames.items(), "judging")):
        for thing, draw in OUTLINES.items():
            height, width = frame.inverse_depth.shape
            outline = draw(height, width, np.random.default_rng((seed, number)))
            painted = paint_behind(methods, frame, outline)
            if painted is None:
                continue
            scores = score_painted(painted)
            rows[thing] += [Row(method, name, each) for method, each in scores.items()]
            if len(pictures) < SHEET_ROWS:
                shown = [
                    show_hidden(each, each.color, painted.truth.judged)
                    for each in painted.by_color[0].values()
                ]
                pictures[f"{name}, {thing}"] = [frame.image, *shown]
    if not any(rows.values()):
        raise DataError("Nothing hides enough to judge by.", "Give packs of larger pictures.")
    return {thing: each for thing, each in rows.items() if each}, pictures


def main(
    packs: Annotated[list[Path], typer.Argument(help="Packs of photos or worlds.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    network: Annotated[
        list[Path] | None, typer.Option(help="Networks: .onnx files or checkpoints.")
    ] = None,
) -> None:
    """Count leaks, and score fills of real pictures behind things that were set before them."""
    rivals = quick_methods() | {"depth diffused": diffuse_depth}
    networks = network_methods(network or [], rivals)
    prepare_folder(out)
    frames = read_frames([read_pack(path) for path in packs], [path.stem for path in packs])
    methods = rivals | networks
    rows, pictures = score_things(methods, frames)
    compared = list(networks) or [DIFFUSION]
    report = {thing: told(each, compared, METRICS) for thing, each in rows.items()}
    columns = ["picture", *means(next(iter(rows.values())))]
    write_all(
        {
            out / "leaks.json": report_json(report).encode(),
            out / "leaks.png": draw_sheet(columns, pictures),
        }
    )
    for thing, each in rows.items():
        print_scores(f"behind a {thing}", each, compared, METRICS)


if __name__ == "__main__":
    run_command(main)
