"""Stereo pairs with known disparities whose right eye is turned on purpose, and real glasses."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from stereopsis.depth.drift import rotation_matrix
from stereopsis.depth.rectify import (
    warp,
)
from stereopsis.errors import DataError
from stereopsis.scene.arrays import Homography
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo
from stereopsis.scene.stereo import StereoPair
from stereopsis.train.pair_truth import read_disparity, read_picture

# Distinct scenes with true disparities; those that are absent are left out.
SCENES = (
    *("middlebury2003/Cones", "middlebury2014Q/ArtL", "middlebury2014Q/Teddy"),
    *(f"middlebury2005/{name}" for name in ("Books", "Dolls", "Laundry", "Moebius", "Reindeer")),
    *(f"middlebury2014Q/{name}" for name in ("Adirondack", "Jadeplant", "Motorcycle", "Piano")),
    *(f"middlebury2014Q/{name}" for name in ("Pipes", "PlaytableP", "Playroom", "Recycle")),
    *(f"middlebury2014Q/{name}" for name in ("Shelves", "Vintage")),
)
USUAL_FOCAL = 3740 / 1390  # picture widths; the camera of the 2005 scenes, where nothing is said
FOCAL_JITTER = 0.002
SAMPLES = 4000  # true matches per scene that errors are measured at

TrueMatches = Float64[np.ndarray, "n 2"]


@dataclass(frozen=True)
class TruePair:
    """A rectified pair, and true matches of places that both eyes see."""

    name: str
    pair: StereoPair
    left: TrueMatches
    right: TrueMatches


@dataclass(frozen=True)
class Drifted:
    """The pair after its right eye was turned by `homography`, and the matches as they now are."""

    pair: StereoPair
    homography: Homography
    left: TrueMatches
    right: TrueMatches


def read_true_pairs(folder: Path) -> list[TruePair]:
    """The scenes below folder/<set>/<name> with left.png, right.png and disp.npz (`disp`, px).

    Occluded pixels are left out by mask_nocc.png, or else where a nearer surface takes their
    place in the right picture. calib.txt may tell the focal length.

    Raises:
        DataError: fewer than two scenes are there, or a file cannot be read.
    """
    found = [name for name in SCENES if (folder / name / "disp.npz").exists()]
    if len(found) < 2:
        raise DataError(f"{folder} holds no two scenes.", f"It needs some of {', '.join(SCENES)}.")
    return [_read_true_pair(folder / name, name) for name in found]


def read_glasses(folder: Path) -> dict[str, StereoPair]:
    """Pairs that the factory's calibration has rectified, by name: folder/aria_*/*/left.png."""
    return {
        f"{path.parent.parent.name}/{path.parent.name}": _read_pair(path.parent)
        for path in sorted(folder.glob("aria_*/*/left.png"))
    }


def drift(true: TruePair, sigma_deg: float, rng: np.random.Generator) -> Drifted:
    """The pair with its right eye turned about each axis by so many degrees, and zoomed a little.

    With a sigma of 0 it stays as it is, to the last gray level.
    """
    if sigma_deg == 0:
        return Drifted(true.pair, np.eye(3), true.left, true.right)
    camera = true.pair.right.camera
    x, y = camera.center_px
    lens = np.array([[camera.focal_px, 0, x], [0, camera.focal_px, y], [0, 0, 1]])
    angles = np.radians(rng.normal(0, sigma_deg, 3))
    zoom = np.diag([*[1 + rng.normal(0, FOCAL_JITTER)] * 2, 1.0])
    pitch, yaw, roll = (rotation_matrix(axis) for axis in np.diag(angles))
    homography = lens @ zoom @ pitch @ yaw @ roll @ np.linalg.inv(lens)
    right = warp(true.pair.right.pixels, homography, camera)
    pair = StereoPair(true.pair.left, Photo(right, camera))
    return Drifted(pair, homography, true.left, moved(homography, true.right))


def moved(homography: Homography, places: TrueMatches) -> TrueMatches:
    """Where a homography takes these places, in double precision."""
    after = np.column_stack([places, np.ones(len(places))]) @ homography.T
    return np.asarray(after[:, :2] / after[:, 2:])


def _read_true_pair(folder: Path, name: str) -> TruePair:
    pair = _read_pair(folder)
    disparity = read_disparity(folder / "disp.npz")
    seen = np.isfinite(disparity) & (disparity > 0)
    if (folder / "mask_nocc.png").exists():
        seen &= read_picture(folder / "mask_nocc.png")[:, :, 0] == 255
    seen &= _unhidden(np.where(seen, disparity, 0))
    places = np.argwhere(seen)
    row, column = np.random.default_rng(0).permutation(places)[:SAMPLES].T
    left = np.stack([column, row], 1) + 0.5
    shift = np.stack([disparity[row, column], np.zeros(len(row))], 1)
    return TruePair(name, pair, left, left - shift)


def _unhidden(disparity: np.ndarray) -> np.ndarray:
    """Pixels that no nearer one covers in the right picture, and that lie inside it."""
    rows, columns = map(np.asarray, np.indices(disparity.shape))
    target = np.rint(columns - disparity).astype(int)
    inside = (target >= 0) & (disparity > 0)
    nearest = np.zeros_like(disparity)
    np.maximum.at(nearest, (rows[inside], target[inside]), disparity[inside])
    return np.asarray(inside & (disparity >= nearest[rows, np.maximum(target, 0)] - 1))


def _read_pair(folder: Path) -> StereoPair:
    left, right = (read_picture(folder / f"{eye}.png") for eye in ("left", "right"))
    height, width = left.shape[:2]
    focal, center = USUAL_FOCAL * width, (width / 2, height / 2)
    if (folder / "calib.txt").exists():
        text = (folder / "calib.txt").read_text(encoding="utf-8")
        told = re.search(r"(?:cam0=\[ *|pinhole: f=)([0-9.]+)", text)
        focal = float(told.group(1)) if told else focal
    camera = Camera(width, height, focal, center)
    return StereoPair(Photo(left, camera), Photo(right, camera))
