"""Scores soft edges against hard ones: one eye's picture made from the other's, twice.

    python scripts/soft_edges.py --pair DIR [--pair DIR ...] [--json]

Each pair (as scripts/novel_view.py reads them) is lifted with its true depth and with depth that
the embedded network guessed from the left picture, scaled to the truth. The right eye's view is
scored whole, and in a band of 7 px around silhouettes; the left one, at rest, against the photo.
Differences are means over scenes with 95 % intervals.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from bench import commit
from novel_view import (
    BASELINE,
    FAR_WINDOW,
    MeasuredPair,
    disoccluded,
    psnr,
    read_pair,
    right_view,
    score_view,
    without_gaps,
)

from stereopsis.depth.mono import guess_depth
from stereopsis.errors import StereopsisError
from stereopsis.pipeline import Photo3D, detail_of, photo_to_3d
from stereopsis.scene.arrays import ColorImage, Mask
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo
from stereopsis.show.gltf import to_glb
from stereopsis.show.render import render
from stereopsis.train.bootstrap import paired_difference

BAND_PX = 7
STEP_PX = 3.0  # of disparity, that makes a silhouette
FIGURES = ("psnr", "ssim", "band_psnr", "rest_psnr")


@dataclass(frozen=True)
class EdgeScore:
    """What one way of drawing edges reaches, and what it costs."""

    psnr: float
    ssim: float
    band_psnr: float
    rest_psnr: float
    ms: float
    triangles: int
    glb_bytes: int


def true_depth(pair: MeasuredPair, camera: Camera) -> DepthMap:
    """The depth that was measured."""
    inverse_depth = pair.disparity_px / np.float32(camera.focal_px * BASELINE)
    return DepthMap(inverse_depth, pair.known, "metric", "file", "The truth was given.")


def guessed_depth(pair: MeasuredPair, camera: Camera) -> DepthMap:
    """A network's depth from the left picture, its scale and shift fitted to the truth."""
    guess = guess_depth(Photo(pair.left, camera))
    height, width = pair.known.shape
    values = cv2.resize(guess.inverse_depth, (width, height), interpolation=cv2.INTER_LINEAR)
    known = np.column_stack([values[pair.known], np.ones(pair.known.sum())])
    scale, shift = np.linalg.lstsq(known, pair.disparity_px[pair.known], rcond=None)[0]
    least = 0.5 * float(pair.disparity_px[pair.known].min())
    disparity_px = np.maximum(scale * values + shift, max(least, 0.1))
    inverse_depth = (disparity_px / (camera.focal_px * BASELINE)).astype(np.float32)
    everywhere = np.ones_like(pair.known)
    return DepthMap(inverse_depth, everywhere, "metric", guess.source, guess.reason)


def silhouette_band(pair: MeasuredPair) -> Mask:
    """The pixels of the right view that are near a front's silhouette."""
    disparity_px = without_gaps(pair)
    row, column = np.nonzero(np.abs(np.diff(disparity_px, axis=1)) > STEP_PX)
    front = np.maximum(disparity_px[row, column], disparity_px[row, column + 1])
    landing = np.round(column + 0.5 - front).astype(np.int64)
    height, width = disparity_px.shape
    lines = np.zeros((height, width), np.uint8)
    inside = (landing >= 0) & (landing < width)
    lines[row[inside], landing[inside]] = 1
    return np.asarray(cv2.dilate(lines, np.ones((BAND_PX, BAND_PX), np.uint8)) > 0)


def lifted_with(pair: MeasuredPair, depth: DepthMap, camera: Camera, soft: bool) -> Photo3D:
    """The left picture as a 3D photo of this depth that covers the way to the right eye."""
    cone = ViewingCone(radius=BASELINE, window_depth=FAR_WINDOW)
    return photo_to_3d(Photo(pair.left, camera), depth, detail_of("high", soft), cone)


def score(pair: MeasuredPair, depth: DepthMap, camera: Camera, soft: bool) -> EdgeScore:
    """One pair, lifted with this depth and drawn with soft edges or hard ones."""
    made = lifted_with(pair, depth, camera, soft)
    view, _ = right_view(made.mesh)
    whole = score_view("", view, pair.right, disoccluded(without_gaps(pair)), 0.0).whole
    return EdgeScore(
        whole.psnr,
        whole.ssim,
        _view_psnr(view, pair.right, silhouette_band(pair)),
        _view_psnr(render(made.mesh, made.mesh.camera).color, pair.left),
        made.report.ms.get("soften", 0.0),
        _triangles(made),
        len(to_glb(made.mesh)),
    )


def _triangles(made: Photo3D) -> int:
    return made.report.sizes["triangles"] + made.report.sizes.get("fringe_triangles", 0)


def _view_psnr(view: ColorImage, truth: ColorImage, mask: Mask | None = None) -> float:
    error = (view.astype(np.float64) - truth) ** 2
    chosen = error if mask is None else error[mask]
    return psnr(float(chosen.mean()))


def report(folders: list[Path], as_json: bool) -> None:
    """Scores the pairs in the folders, and prints what soft edges change.

    Raises:
        StereopsisError: a pair cannot be read.
    """
    scores: dict[str, dict[str, list[EdgeScore]]] = {"true": {}, "guessed": {}}
    for folder in folders:
        pair = read_pair(folder)
        height, width = pair.known.shape
        camera = Camera.from_focal_35mm(width, height)
        for source, find in (("true", true_depth), ("guessed", guessed_depth)):
            depth = find(pair, camera)
            both = scores[source][pair.name] = [
                score(pair, depth, camera, soft) for soft in (False, True)
            ]
            print(source, pair.name, _line(both), file=sys.stderr, flush=True)
    if as_json:
        rows = {
            source: {name: [asdict(row) for row in both] for name, both in pairs.items()}
            for source, pairs in scores.items()
        }
        changes = {source: _changes(pairs) for source, pairs in scores.items()}
        json.dump({"commit": commit(), "changes": changes, "pairs": rows}, sys.stdout, indent=2)
        return
    for source, pairs in scores.items():
        print(f"| {source} depth, soft less hard | mean | 95 % | better |\n|---|---|---|---|")
        for figure, change in _changes(pairs).items():
            interval = f"{change['low']:+.4f} to {change['high']:+.4f}"
            better = f"{change['positive']:.0f} of {change['scenes']:.0f}"
            print(f"| {figure} | {change['mean']:+.4f} | {interval} | {better} |")


def _changes(pairs: dict[str, list[EdgeScore]]) -> dict[str, dict[str, float]]:
    """Soft less hard of each figure."""
    changes = {}
    for figure in FIGURES:
        hard, soft = (
            np.array([getattr(both[way], figure) for both in pairs.values()]) for way in (0, 1)
        )
        changes[figure] = asdict(paired_difference(soft, hard, list(pairs)))
    return changes


def _line(both: list[EdgeScore]) -> str:
    hard, soft = both
    changes = [f"{name} {getattr(soft, name) - getattr(hard, name):+.4f}" for name in FIGURES]
    more = f"triangles {soft.triangles / hard.triangles - 1:+.1%}"
    return f"{', '.join(changes)}, {more}, bytes {soft.glb_bytes / hard.glb_bytes - 1:+.1%}"


def main() -> None:
    """Scores the pairs asked for, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", type=Path, action="append", required=True, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        report(arguments.pair, arguments.json)
    except StereopsisError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
