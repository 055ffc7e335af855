"""What an inpainting network is shown: patches of hidden surfaces, and guesses of what is there."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from numba import njit

from stereopsis.lift.unfold import Patches
from stereopsis.scene.layers import LayeredImage

EVIDENCE = 100.0  # that a slope needs: as much as 100 pixels, a pixel aside each, say of levelness
OUTLIER_PX = 2.0  # of parallax: what is farther from the plane counts less
ROUNDS = 5


@dataclass(frozen=True)
class Continued:
    """n patches of side s: known colours and parallaxes, and guesses where there are holes.

    Parallax is in px at the rim of the viewing cone, from the `plane` (offset, per column, per row;
    (0, 0) is the patch's middle) that continues what is known; so a wall behind a chair is 0.
    """

    color: Float32[np.ndarray, "n s s 3"]
    parallax: Float32[np.ndarray, "n s s"]
    hole: UInt8[np.ndarray, "n s s"]
    known: UInt8[np.ndarray, "n s s"]
    plane: Float32[np.ndarray, "n 3"]

    def inverse_depth(
        self, parallax: Float32[np.ndarray, "n s s"], parallax_px: float
    ) -> Float32[np.ndarray, "n s s"]:
        """The inverse depth that a parallax from the planes means."""
        height = parallax + evaluate(self.plane, parallax.shape[-1])
        return np.asarray(height / parallax_px, np.float32)


def describe(
    patches: Patches, layers: LayeredImage, anchor: np.ndarray, parallax_px: float
) -> Continued:
    """The patches of a layered image whose hidden pixels have been given guessed colours.

    A hidden pixel's parallax is guessed to be as far from the plane as that of its `anchor` (n,),
    the nearest pixel of the photo on its surface.
    """
    shown = patches.shown
    hole = patches.pixels >= layers.visible_count
    known = shown & ~hole
    px = layers.inverse_depth * np.float32(parallax_px)
    plane = fit_planes(np.where(known, px[patches.pixels], 0).astype(np.float32), known)
    side = patches.pixels.shape[-1]
    home = np.where(shown, anchor[patches.pixels], 0)
    x = layers.x[home] - layers.x[patches.pixels] + np.arange(side)
    y = layers.y[home] - layers.y[patches.pixels] + np.arange(side)[:, None]
    offset, across, down = (each[:, None, None] for each in plane.T)
    middle = (side - 1) / 2
    parallax = px[home] - (offset + across * (x - middle) + down * (y - middle))
    color = np.where(shown[..., None], layers.color[patches.pixels], 0)
    return Continued(
        color.astype(np.float32),
        np.where(shown, parallax, 0).astype(np.float32),
        hole.astype(np.uint8),
        known.astype(np.uint8),
        plane,
    )


def fit_planes(
    px: Float32[np.ndarray, "n s s"], known: Bool[np.ndarray, "n s s"]
) -> Float32[np.ndarray, "n 3"]:
    """The plane (offset, per column, per row; (0, 0) in the middle) through each patch's values.

    By least squares, iteratively reweighted: what stands out of the plane counts less. A few pixels
    say little about slopes: without evidence a plane is level.
    """
    plane = np.zeros((len(px), 3), np.float32)
    for k in range(len(px)):
        row, column = np.nonzero(known[k])
        if len(row):
            middle = (px.shape[-1] - 1) / 2
            plane[k] = _fit(column - middle, row - middle, px[k, row, column].astype(np.float64))
    return plane


@njit(cache=True)
def _fit(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[float, float, float]:
    """The plane through the points (n,): its height at 0, and its slopes."""
    n = len(z)
    weight = np.ones(n)
    offset = across = down = 0.0
    for _ in range(ROUNDS):
        total = weight.sum()
        mx, my, mz = (
            (weight * x).sum() / total,
            (weight * y).sum() / total,
            (weight * z).sum() / total,
        )
        xx = yy = EVIDENCE
        xy = xz = yz = 0.0
        for i in range(n):
            dx, dy, dz = x[i] - mx, y[i] - my, z[i] - mz
            xx += weight[i] * dx * dx
            xy += weight[i] * dx * dy
            yy += weight[i] * dy * dy
            xz += weight[i] * dx * dz
            yz += weight[i] * dy * dz
        determinant = xx * yy - xy * xy
        across = (xz * yy - yz * xy) / determinant
        down = (yz * xx - xz * xy) / determinant
        offset = mz - across * mx - down * my
        for i in range(n):
            off = (z[i] - offset - across * x[i] - down * y[i]) / OUTLIER_PX
            weight[i] = 1 / (1 + off * off)
    return offset, across, down


def evaluate(plane: Float32[np.ndarray, "n 3"], side: int) -> Float32[np.ndarray, "n s s"]:
    """The planes' values at each place of patches of this side."""
    axis = np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)
    offset, across, down = (each[:, None, None] for each in plane.T)
    return np.asarray(offset + across * axis + down * axis[:, None], np.float32)
