"""Scores new views against the truth: one eye's picture made from the other's, given true depth.

    python scripts/novel_view.py [--pair DIR ...] [--photos DIR] [--json]

The first table is Middlebury's Motorcycle (it comes with scikit-image): the left picture and its
true disparity are lifted, and drawn from where the right camera stood. `--pair` adds folders with
left.png, right.png and disp.npz, or with OpenCV's aloeL.jpg, aloeR.jpg and aloeGT.png. `--photos`
adds how much stays uncovered over the whole viewing cone of the photos in a folder.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bench import commit
from jaxtyping import Float32
from PIL import Image
from skimage import data
from skimage.metrics import structural_similarity

from stereopsis.cli.inputs import find_photos
from stereopsis.errors import DataError, StereopsisError
from stereopsis.lift.paint import Painter
from stereopsis.pipeline import photo_to_3d
from stereopsis.scene.arrays import ColorImage, Mask
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.mesh import Mesh
from stereopsis.scene.photo import Photo
from stereopsis.scene.photo_file import read_photo
from stereopsis.show.render import render

Disparity = Float32[np.ndarray, "h w"]  # pixels; what is at x on the left is at x - d on the right

BASELINE = 0.1  # metres; any will do, since depth is told in proportion
FAR_WINDOW = 1e6  # metres; a window at infinity, so that the cameras are parallel
RIM_VIEWS, INNER_VIEWS = 24, 12
CONE_LONG_SIDE = 960


@dataclass(frozen=True)
class MeasuredPair:
    """Two rectified pictures and the left one's true disparity, unknown outside `known`."""

    name: str
    left: ColorImage
    right: ColorImage
    disparity_px: Disparity
    known: Mask


@dataclass(frozen=True)
class Score:
    """How near a view comes to the truth: PSNR in dB (higher is better) and SSIM (up to 1)."""

    psnr: float
    ssim: float


@dataclass(frozen=True)
class ViewScore:
    """One method's row: scores of all pixels, and apart of those the left eye saw or did not."""

    method: str
    whole: Score
    visible: Score
    disoccluded: Score
    uncovered: float


def motorcycle() -> MeasuredPair:
    """Middlebury 2014's Motorcycle at a quarter of its size."""
    left, right, disparity = data.stereo_motorcycle()  # type: ignore[no-untyped-call]
    return _pair("Motorcycle", left, right, disparity)


def read_pair(folder: Path) -> MeasuredPair:
    """The pair in a folder, in either of the two layouts.

    Raises:
        DataError: the folder holds no such pair.
    """
    try:
        return _read_pair(folder)
    except (OSError, KeyError, ValueError) as error:
        mend = "Name a folder with left.png, right.png and disp.npz, or OpenCV's aloe pictures."
        raise DataError(f"{folder} holds no pair that can be read.", mend) from error


def _read_pair(folder: Path) -> MeasuredPair:
    if (folder / "aloeL.jpg").exists():
        left, right, truth = (folder / f"aloe{part}" for part in ("L.jpg", "R.jpg", "GT.png"))
        disparity = np.asarray(Image.open(truth).convert("L"), np.float32)
    else:
        left, right = folder / "left.png", folder / "right.png"
        disparity = np.load(folder / "disp.npz")["disp"]
    left_pixels, right_pixels = (
        np.asarray(Image.open(path).convert("RGB")) for path in (left, right)
    )
    return _pair(f"{folder.parent.name}/{folder.name}", left_pixels, right_pixels, disparity)


def _pair(name: str, left: ColorImage, right: ColorImage, disparity: np.ndarray) -> MeasuredPair:
    known = np.isfinite(disparity) & (disparity > 0)
    disparity_px = np.where(known, disparity, 0.0).astype(np.float32)
    return MeasuredPair(name, left, right, disparity_px, known)


def without_gaps(pair: MeasuredPair) -> Disparity:
    """The true disparity with its unknown pixels interpolated along rows.

    A row of which nothing is known is like the nearest one.
    """
    columns = np.arange(pair.disparity_px.shape[1])
    (rows,) = np.nonzero(pair.known.any(1))
    filled = [
        np.interp(columns, columns[pair.known[row]], pair.disparity_px[row, pair.known[row]])
        for row in rows
    ]
    away = np.abs(np.arange(len(pair.known))[:, None] - rows)
    return np.asarray(np.array(filled, np.float32)[away.argmin(1)])


def disoccluded(disparity_px: Disparity) -> Mask:
    """The pixels of the right view whose surface the left eye does not see.

    Neighbours on the left whose disparity differs by less than a pixel are one surface, and cover
    all that lies between them on the right.
    """
    height, width = disparity_px.shape
    landing = np.arange(width) + 0.5 - disparity_px
    start, end = landing[:, :-1], landing[:, 1:]
    joined = np.abs(np.diff(disparity_px, axis=1)) < 1.0
    seen = np.zeros((height, width), np.bool_)
    rows = np.broadcast_to(np.arange(height)[:, None], start.shape)
    first = np.ceil(start - 0.5).astype(np.int64)
    for pixel in (first, first + 1):
        covered = joined & (pixel + 0.5 <= end) & (pixel >= 0) & (pixel < width)
        seen[rows[covered], pixel[covered]] = True
    return ~seen


def warp_forward(picture: ColorImage, disparity_px: Disparity) -> tuple[ColorImage, Mask]:
    """The left picture's pixels where they land on the right, and where none does.

    Nearer ones win; gaps take the next pixel to their right, where the background is.
    """
    height, width = disparity_px.shape
    rows, columns = np.indices((height, width))
    order = np.argsort(disparity_px, axis=None, kind="stable")  # the nearest is written last
    rows, columns = rows.ravel()[order], columns.ravel()[order]
    landing = np.round(columns - disparity_px[rows, columns]).astype(np.int64)
    inside = (landing >= 0) & (landing < width)
    source = np.full((height, width), -1)
    source[rows[inside], landing[inside]] = columns[inside]
    gaps = source < 0
    position = np.where(gaps, width, np.arange(width))
    next_known = np.minimum.accumulate(position[:, ::-1], axis=1)[:, ::-1]
    last_known = width - 1 - np.argmax(~gaps[:, ::-1], axis=1)
    taken = np.minimum(next_known, last_known[:, None])
    filled = np.take_along_axis(source, taken, axis=1)
    return picture[np.arange(height)[:, None], filled], gaps


def lifted(pair: MeasuredPair, painter: Painter | None = None) -> Mesh:
    """The left picture as a 3D photo that covers the way to the right eye."""
    height, width = pair.known.shape
    camera = Camera.from_focal_35mm(width, height)
    inverse_depth = pair.disparity_px / np.float32(camera.focal_px * BASELINE)
    depth = DepthMap(inverse_depth, pair.known, "metric", "file", "The truth was given.")
    cone = ViewingCone(radius=BASELINE, window_depth=FAR_WINDOW)
    photo = Photo(pair.left, camera)
    return photo_to_3d(photo, depth, quality="high", cone=cone, painter=painter).mesh


def right_view(mesh: Mesh) -> tuple[ColorImage, Mask]:
    """What the right eye sees of it, and the pixels that nothing covers."""
    view = render(mesh, mesh.camera.moved((BASELINE, 0.0, 0.0)))
    return view.color, view.uncovered


def score_pair(pair: MeasuredPair) -> list[ViewScore]:
    """One row for each method, ours last."""
    disparity_px = without_gaps(pair)
    hidden = disoccluded(disparity_px)
    plane = np.full_like(disparity_px, np.median(pair.disparity_px[pair.known]))
    nothing = np.zeros_like(hidden)
    views = {
        "the left picture as it is": (pair.left, nothing),
        "a flat plane at the median": warp_forward(pair.left, plane),
        "forward warp, filled from the back": warp_forward(pair.left, disparity_px),
        "stereopsis": right_view(lifted(pair)),
    }
    return [
        score_view(method, view, pair.right, hidden, float(uncovered.mean()))
        for method, (view, uncovered) in views.items()
    ]


def score_view(
    method: str, view: ColorImage, truth: ColorImage, hidden: Mask, uncovered: float
) -> ViewScore:
    """The scores of a view (h, w, 3) over all pixels, those not `hidden`, and those hidden.

    SSIM is the mean of its map (window 7, per channel) over the pixels in question.
    """
    error = np.mean((view.astype(np.float64) - truth) ** 2, axis=2)
    _, similarity = structural_similarity(  # type: ignore[no-untyped-call]
        truth, view, channel_axis=2, full=True
    )
    similarity = similarity.mean(axis=2)

    def score(chosen: Mask) -> Score:
        return Score(psnr(float(error[chosen].mean())), float(similarity[chosen].mean()))

    everything = np.ones_like(hidden)
    return ViewScore(method, score(everything), score(~hidden), score(hidden), uncovered)


def psnr(mean_squared_error: float) -> float:
    """The peak signal-to-noise ratio in dB of values up to 255."""
    return float(10.0 * np.log10(255.0**2 / max(mean_squared_error, 1e-12)))


def cone_views(mesh: Mesh, camera: Camera) -> Iterator[Camera]:
    """Cameras around the rim of the viewing cone, and half-way in."""
    for count, share in ((RIM_VIEWS, 1.0), (INNER_VIEWS, 0.5)):
        reach = share * mesh.cone.radius
        for angle in np.linspace(0.0, 2.0 * np.pi, count, endpoint=False):
            offset = (reach * float(np.cos(angle)), reach * float(np.sin(angle)), 0.0)
            yield camera.through_window(offset, mesh.cone.window_depth)


def uncovered_shares(mesh: Mesh) -> list[float]:
    """The share of pixels that nothing covers, seen from each of the cone's views."""
    scale = min(1.0, CONE_LONG_SIDE / mesh.camera.long_side)
    size = (round(scale * mesh.camera.width), round(scale * mesh.camera.height))
    views = cone_views(mesh, mesh.camera.resized(*size))
    return [float(render(mesh, view).uncovered.mean()) for view in views]


def view_table(pair: MeasuredPair, scores: list[ViewScore]) -> str:
    """The scores of a pair as a Markdown table."""
    lines = [
        f"| {pair.name}, left eye to right | PSNR | SSIM | visible | disoccluded | uncovered |",
        "|---|---|---|---|---|---|",
    ]
    for row in scores:
        parts = [f"{part.psnr:.2f} / {part.ssim:.3f}" for part in (row.visible, row.disoccluded)]
        whole = f"{row.whole.psnr:.2f} | {row.whole.ssim:.4f}"
        lines.append(f"| {row.method} | {whole} | {' | '.join(parts)} | {row.uncovered:.3%} |")
    return "\n".join(lines)


def cone_table(shares: dict[str, list[float]]) -> str:
    """The uncovered shares of photos as a Markdown table."""
    lines = [f"| uncovered, {RIM_VIEWS} + {INNER_VIEWS} views | mean | worst |", "|---|---|---|"]
    lines += [f"| {name} | {np.mean(s):.4%} | {max(s):.4%} |" for name, s in shares.items()]
    return "\n".join(lines)


def main() -> None:
    """Scores the pairs and photos asked for, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--photos", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        report(arguments.pair, arguments.photos, arguments.json)
    except StereopsisError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def report(folders: list[Path], photos: Path | None, as_json: bool) -> None:
    """Scores the pairs and the photos in a folder, and prints the tables.

    Raises:
        StereopsisError: a pair or a photo cannot be read.
    """
    pairs = [motorcycle(), *(read_pair(folder) for folder in folders)]
    scores = {pair.name: score_pair(pair) for pair in pairs}
    shares = {
        path.name: uncovered_shares(photo_to_3d(read_photo(path)).mesh)
        for path in (find_photos([photos]) if photos else [])
    }
    if as_json:
        rows = {name: [asdict(row) for row in table] for name, table in scores.items()}
        figures = {"commit": commit(), "pairs": rows, "uncovered": shares}
        json.dump(figures, sys.stdout, indent=2)
        return
    for pair in pairs:
        print(view_table(pair, scores[pair.name]), end="\n\n")
    if shares:
        print(cone_table(shares))


if __name__ == "__main__":
    main()
