"""What an inpainting network is shown: patches of hidden surfaces, and guesses of what is there."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from stereopsis.lift.plane import fit_plane
from stereopsis.lift.rims import CLEAN, find_rims
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

    Holes are what is invented: a pixel's parallax is guessed to be as far from the plane as that of
    its `anchor` (n,), the nearest pixel of the photo on its surface. Known is what a second eye
    saw and what the photo shows, but for rims, where colours and depths are mixed.
    """
    where = np.nonzero(patches.shown)
    patch, row, column = where
    pixel = patches.pixels[where]
    hidden, hole = layers.hidden[pixel], layers.invented[pixel]
    is_clean = np.zeros(len(layers.x), np.bool_)
    is_clean[: layers.visible_count] = find_rims(layers) == CLEAN
    photo = is_clean[pixel]

    shape, middle = patches.pixels.shape, (patches.pixels.shape[-1] - 1) / 2
    px = layers.inverse_depth * np.float32(parallax_px)
    in_photo = tuple(axis[photo] for axis in where)
    plane = fit_planes(*_scattered(shape, in_photo, px[pixel[photo]]))
    home = np.where(hole, anchor[pixel], pixel)
    x = layers.x[home] - layers.x[pixel] + column - middle
    y = layers.y[home] - layers.y[pixel] + row - middle
    offset, across, down = plane[patch].T

    parallax, _ = _scattered(shape, where, px[home] - (offset + across * x + down * y))
    color = np.zeros((*shape, 3), np.float32)
    color[where] = layers.color[pixel]
    holes, known = (np.zeros(shape, np.uint8) for _ in range(2))
    holes[where], known[where] = hole, photo | (hidden & ~hole)
    return Continued(color, parallax, holes, known, plane)


def _scattered(
    shape: tuple[int, ...], where: tuple[np.ndarray, ...], values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """An array with these values in these places and 0 elsewhere, and where they are."""
    array, there = np.zeros(shape, np.float32), np.zeros(shape, bool)
    array[where], there[where] = values, True
    return array, there


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
            z = px[k, row, column].astype(np.float64)
            fit = OUTLIER_PX, EVIDENCE, ROUNDS
            plane[k] = fit_plane(column - middle, row - middle, z, *fit)
    return plane


def evaluate(plane: Float32[np.ndarray, "n 3"], side: int) -> Float32[np.ndarray, "n s s"]:
    """The planes' values at each place of patches of this side."""
    axis = np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)
    offset, across, down = (each[:, None, None] for each in plane.T)
    return np.asarray(offset + across * axis + down * axis[:, None], np.float32)
