"""Scores what is painted where the left eye saw nothing, seen from the right eye, against fills.

    python scripts/hidden_views.py [--truth DIR] [--network FILE ...] -o DIR

Each pair's left picture and true disparity are drawn from where the right camera stood: as 3D
photos, filled by diffusion and by networks; and warped pixel by pixel, the gaps filled from behind
or by classical inpainting. Motorcycle comes with scikit-image; `--truth` adds the pairs of
stereo/<set>/<name>/{left.png,right.png,disp.npz}.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from bench import commit
from novel_view import (
    MeasuredPair,
    disoccluded,
    lifted,
    motorcycle,
    right_view,
    score_view,
    warp_forward,
    without_gaps,
)
from patchmatch import patch_match
from skimage.restoration import inpaint_biharmonic

from stereopsis.errors import StereopsisError
from stereopsis.lift.paint import Painter
from stereopsis.nets.trunk import Trunk
from stereopsis.outputs import prepare_folder
from stereopsis.scene.arrays import ColorImage, Mask
from stereopsis.studies.fills import PATCH_RADIUS_PX, name_of, open_painter
from stereopsis.train.bootstrap import paired_difference
from stereopsis.train.charts import contact_sheet
from stereopsis.train.features import build_eye, feature_distance
from stereopsis.train.pair_truth import read_pair_truths

RADIUS_PX = 3.0  # of OpenCV's fills, its usual value
FEWEST = 500  # hidden pixels that a pair must have
SHEET_ROWS = 10
MOTORCYCLE = "middlebury2014Q/Motorcycle"  # the scene of scikit-image's pair
METRICS = {"psnr": +1, "ssim": +1, "features": -1, "whole_psnr": +1, "whole_ssim": +1}

Views = dict[str, ColorImage]


@dataclass(frozen=True)
class Row:
    """The scores of one method on one pair; pairs of one scene count as one."""

    method: str
    pair: str
    scene: str
    scores: dict[str, float]


def warped_views(pair: MeasuredPair) -> Views:
    """The left picture warped, its gaps filled by each of the fills that need no network."""
    filled, gaps = warp_forward(pair.left, without_gaps(pair))
    shown = np.where(gaps[..., None], 0, filled).astype(np.uint8)
    mean = np.rint(shown[~gaps].mean(0)).astype(np.uint8)
    mask = gaps.astype(np.uint8)
    smooth = inpaint_biharmonic(filled, gaps, channel_axis=-1, split_into_regions=True)
    return {
        "warp, constant": np.where(gaps[..., None], mean, filled),
        "warp, from behind": filled,
        "warp, telea": cv2.inpaint(shown, mask, RADIUS_PX, cv2.INPAINT_TELEA),
        "warp, navier-stokes": cv2.inpaint(shown, mask, RADIUS_PX, cv2.INPAINT_NS),
        "warp, patchmatch": patch_match.inpaint(shown, mask, patch_size=PATCH_RADIUS_PX),
        "warp, biharmonic": np.rint(255 * smooth.clip(0, 1)).astype(np.uint8),
    }


def hidden_inside(pair: MeasuredPair) -> Mask:
    """What the left eye misses though its picture is wide enough to show it."""
    disparity_px = without_gaps(pair)
    hidden = disoccluded(disparity_px)
    hidden[:, hidden.shape[1] - int(np.ceil(disparity_px.max())) :] = False
    return hidden


def score(view: ColorImage, pair: MeasuredPair, hidden: Mask, eye: Trunk) -> dict[str, float]:
    """PSNR, SSIM and feature distance of hidden pixels, and PSNR and SSIM of the whole view."""
    rated = score_view("", view, pair.right, hidden, 0.0)
    alone = np.where(hidden[..., None], view, pair.right)  # what is seen does not count
    painted, true = (torch.from_numpy(each)[None].float() for each in (alone, pair.right))
    where = torch.from_numpy(hidden)[None]
    with torch.inference_mode():
        distance = feature_distance(painted, true, eye, where)
    return {
        "psnr": rated.disoccluded.psnr,
        "ssim": rated.disoccluded.ssim,
        "features": float(distance),
        "whole_psnr": rated.whole.psnr,
        "whole_ssim": rated.whole.ssim,
    }


def score_pairs(
    pairs: Sequence[tuple[str, MeasuredPair]], painters: dict[str, Painter | None]
) -> tuple[list[Row], dict[str, list[np.ndarray]]]:
    """The scores of all methods on pairs by scene, and views of the first ones."""
    eye = build_eye()
    rows: list[Row] = []
    pictures: dict[str, list[np.ndarray]] = {}
    for scene, pair in pairs:
        hidden = hidden_inside(pair)
        if hidden.sum() < FEWEST:
            continue
        print(pair.name, file=sys.stderr)
        views = warped_views(pair)
        views |= {name: right_view(lifted(pair, painter))[0] for name, painter in painters.items()}
        rows += [
            Row(method, pair.name, scene, score(view, pair, hidden, eye))
            for method, view in views.items()
        ]
        if len(pictures) < SHEET_ROWS:
            pictures[pair.name] = [outlined(each, hidden) for each in (pair.right, *views.values())]
    return rows, pictures


def outlined(view: ColorImage, hidden: Mask) -> ColorImage:
    """The view, what the left eye saw of it paled."""
    pale = 160 + view // 3
    return np.where(hidden[..., None], view, pale).astype(np.uint8)


def mean_scores(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """The mean of each score by method, pairs of one scene counted as one."""
    found: dict[str, dict[str, float]] = {}
    for method in dict.fromkeys(row.method for row in rows):
        own = [row for row in rows if row.method == method]
        scenes = dict.fromkeys(row.scene for row in own)
        by_scene = [[row.scores for row in own if row.scene == scene] for scene in scenes]
        found[method] = {
            metric: float(np.mean([np.mean([s[metric] for s in some]) for some in by_scene]))
            for metric in METRICS
        }
    return found


def differences(rows: Sequence[Row], ours: str) -> dict[str, dict[str, dict[str, float]]]:
    """Our scores minus each other method's, with intervals over scenes."""

    def values(method: str, metric: str) -> np.ndarray:
        return np.array([row.scores[metric] for row in rows if row.method == method])

    scenes = [row.scene for row in rows if row.method == ours]
    others = [name for name in dict.fromkeys(row.method for row in rows) if name != ours]
    return {
        other: {
            metric: asdict(paired_difference(values(ours, metric), values(other, metric), scenes))
            for metric in METRICS
        }
        for other in others
    }


def table(means: dict[str, dict[str, float]]) -> str:
    """The mean scores as a Markdown table."""
    lines = [
        "| method | hidden, PSNR | SSIM | feature distance | whole, PSNR | SSIM |",
        "|---|---|---|---|---|---|",
    ]
    for method, scores in means.items():
        cells = [f"{scores[metric]:.{2 if 'psnr' in metric else 3}f}" for metric in METRICS]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def read_pairs(truth: Path | None) -> list[tuple[str, MeasuredPair]]:
    """Motorcycle, and the pairs below the folder, each with the scene that it shows.

    Raises:
        DataError: the folder holds none.
    """
    found = [(MOTORCYCLE, motorcycle())]
    for each in read_pair_truths(truth) if truth else []:
        if each.scene != MOTORCYCLE:
            name = f"{each.set}/{each.name}"
            pair = MeasuredPair(name, each.left, each.right, each.disparity, each.valid)
            found.append((each.scene, pair))
    return found


def main() -> None:
    """Scores all fills on the pairs, and writes figures and a contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, metavar="DIR")
    parser.add_argument("--network", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--output", "-o", type=Path, required=True, metavar="DIR")
    arguments = parser.parse_args()
    try:
        report(arguments.truth, arguments.network, arguments.output)
    except StereopsisError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def report(truth: Path | None, networks: list[Path], out: Path) -> None:
    """Scores all fills, prints the table and writes hidden_views.json and .png.

    Raises:
        StereopsisError: a pair or a network cannot be read, or the folder cannot be written.
    """
    prepare_folder(out)
    painters: dict[str, Painter | None] = {"stereopsis": None}
    painters |= {f"stereopsis, {name_of(path)}": open_painter(path) for path in networks}
    rows, pictures = score_pairs(read_pairs(truth), painters)
    means = mean_scores(rows)
    ours = list(painters)[-1]
    figures = {
        "commit": commit(),
        "scenes": len({row.scene for row in rows}),
        "mean": means,
        "ours": ours,
        "ours_minus": differences(rows, ours),
        "pairs": [asdict(row) for row in rows],
    }
    (out / "hidden_views.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sheet = contact_sheet(["truth", *means], list(pictures.values()), list(pictures))
    (out / "hidden_views.png").write_bytes(sheet)
    print(table(means))


if __name__ == "__main__":
    main()
