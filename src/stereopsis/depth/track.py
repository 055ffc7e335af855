"""Sub-pixel matching of small patches between two pictures that are already about aligned."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int

from stereopsis.depth.align import Alignment, Gray
from stereopsis.scene.arrays import Pixels

HALF = 8  # patches are 17 px wide
ITERATIONS = 4
BLUR = 0.7  # px, against the noise
STIFFNESS = np.diag([1e-3, 1e-3, 0.5, 0.5]).astype(np.float32)  # of the shift and of the shear
FARTHEST = 3.0  # px that a patch may move away from where it was expected

_GRID = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1].reshape(2, -1)  # row, column
_ROW, _COLUMN = _GRID.astype(np.float32)
_WINDOW = np.exp(-(_ROW**2 + _COLUMN**2) / (2 * (0.6 * HALF) ** 2)).astype(np.float32)
_WINDOW /= _WINDOW.sum()


@dataclass(frozen=True)
class Tracks:
    """Where the right picture shows the patches, how alike they are, and what to expect of them.

    `likeness` is the normalised correlation, at most 1. `sigma_px` is the vertical error that the
    leftover differences of the patches make likely. `settled` patches stopped moving nearby.
    """

    right: Pixels
    likeness: Float32[np.ndarray, " n"]
    sigma_px: Float32[np.ndarray, " n"]
    settled: np.ndarray


def track(
    left: Gray,
    right: Gray,
    alignment: Alignment,
    corners: Int[np.ndarray, "n 2"],
    disparity_px: Float32[np.ndarray, " n"],
) -> Tracks:
    """The patches around these left pixels (column, row) found in the right picture.

    A patch may shift, and shear along its rows as it does on a slanted surface; it may have
    another exposure. `disparity_px` is where to start, in the picture that `alignment` turns.

    Source: Baker and Matthews, Lucas-Kanade 20 Years On (2004), the inverse compositional
    algorithm, with gain and offset divided out.
    """
    ours, theirs = _smooth(left), _smooth(right)
    template, solver, spread = _prepare(ours, corners)
    moved = np.zeros((len(corners), 4), np.float32)
    start = corners.astype(np.float32) + np.float32(0.5)
    start[:, 0] -= disparity_px
    for _ in range(ITERATIONS):
        x = (start[:, :1] + moved[:, :1]) + _COLUMN + (moved[:, 2:3] * _COLUMN) / HALF
        x += (moved[:, 3:4] * _ROW) / HALF
        patch = _sample(theirs, *alignment.raw(x, start[:, 1:] + moved[:, 1:2] + _ROW))
        patch -= (patch @ _WINDOW)[:, None]
        product, energy = (patch * template) @ _WINDOW, (patch * patch) @ _WINDOW
        error = patch * (product / (energy + 1e-9))[:, None] - template
        step = np.clip((solver @ error[..., None])[..., 0], -1, 1)
        moved -= step
    near = (np.abs(moved[:, :2]) < FARTHEST).all(1) & (np.abs(step[:, :2]) < 0.1).all(1)
    found = alignment.raw(start[:, 0] + moved[:, 0], start[:, 1] + moved[:, 1])
    likeness = product / np.sqrt(energy + 1e-9)
    sigma = np.sqrt(((error * error) @ _WINDOW) * spread)
    return Tracks(np.stack(found, 1), likeness, sigma, near)


def _prepare(
    image: Float32[np.ndarray, "h w"], corners: Int[np.ndarray, "n 2"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Patches of mean 0 and variance 1, what turns errors into steps, and the rows' variance."""
    rows, columns = corners[:, 1:] + _GRID[0], corners[:, :1] + _GRID[1]
    slopes = [cv2.Scharr(image, cv2.CV_32F, *axis, scale=1 / 32) for axis in ((1, 0), (0, 1))]
    along, down = (slope[rows, columns] for slope in slopes)
    jacobian = np.stack([along, down, along * _COLUMN / HALF, along * _ROW / HALF], 2)
    template = image[rows, columns]
    template = template - (template @ _WINDOW)[:, None]
    contrast = np.sqrt((template * template) @ _WINDOW) + np.float32(1e-3)
    jacobian = (jacobian - (_WINDOW @ jacobian)[:, None]) / contrast[:, None, None]
    weighted = jacobian.transpose(0, 2, 1) * (_WINDOW / _WINDOW.max())
    inverse = np.linalg.inv(weighted @ jacobian + STIFFNESS)
    return template / contrast[:, None], inverse @ weighted, inverse[:, 1, 1]


def _smooth(image: Gray) -> Float32[np.ndarray, "h w"]:
    return np.asarray(cv2.GaussianBlur(image.astype(np.float32), (0, 0), BLUR))


def _sample(
    image: Float32[np.ndarray, "h w"], x: Float[np.ndarray, "n p"], y: Float[np.ndarray, "n p"]
) -> Float32[np.ndarray, "n p"]:
    """Values at these places of our pixel convention."""
    places = (x - 0.5).astype(np.float32), (y - 0.5).astype(np.float32)
    return np.asarray(cv2.remap(image, *places, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))
