"""Which hidden pixels lie on a plane of the scene that the photo shows elsewhere."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float64

from stereopsis.scene.layers import LayeredImage

HALF_PX = 8  # of the square window that a plane must fill
MOST_PX = 0.25  # root mean square by which a window's parallax may be off its plane
SAME_PX = 1.0  # by which a pixel may be off the plane around another one that it continues


@dataclass(frozen=True)
class Planes:
    """Parallax of each pixel (h, w), px, and where it is that of a plane with these slopes."""

    px: Float64[np.ndarray, "h w"]
    is_plane: Bool[np.ndarray, "h w"]
    across: Float64[np.ndarray, "h w"]  # px per pixel
    down: Float64[np.ndarray, "h w"]


def find_planes(px: np.ndarray, valid: np.ndarray) -> Planes:
    """The planes of least squares in the window around each pixel, where they fit."""
    side = 2 * HALF_PX + 1
    z = px.astype(np.float64)
    from_middle = np.arange(-HALF_PX, HALF_PX + 1.0)
    spread = (from_middle**2).mean()
    ramp, flat = from_middle / side / spread, np.full(side, 1 / side)
    across, down = cv2.sepFilter2D(z, -1, ramp, flat), cv2.sepFilter2D(z, -1, flat, ramp)
    mean, square = (cv2.boxFilter(each, -1, (side, side)) for each in (z, z * z))
    left = square - mean**2 - spread * (across**2 + down**2)
    whole = cv2.copyMakeBorder(valid.astype(np.uint8), *(HALF_PX,) * 4, cv2.BORDER_CONSTANT)
    whole = cv2.erode(whole, np.ones((side, side), np.uint8))
    whole = whole[HALF_PX:-HALF_PX, HALF_PX:-HALF_PX]
    return Planes(z, (left < MOST_PX**2) & (whole > 0), np.asarray(across), np.asarray(down))


def continues_plane(
    layers: LayeredImage, planes: Planes, anchor: np.ndarray
) -> Bool[np.ndarray, " n"]:
    """The pixels on a plane whose `anchor` (n,), the photo's nearest pixel, is on the same one.

    A pixel without an anchor (-1) is on none.
    """
    height, width = planes.px.shape
    here = layers.y.clip(0, height - 1), layers.x.clip(0, width - 1)
    home = anchor.clip(0)
    there = layers.y[home], layers.x[home]
    expected = (
        planes.px[here]
        + planes.across[here] * (layers.x[home] - layers.x)
        + planes.down[here] * (layers.y[home] - layers.y)
    )
    is_near = np.abs(planes.px[there] - expected) < SAME_PX
    on_plane = planes.is_plane[here] & planes.is_plane[there]
    return np.asarray((anchor >= 0) & layers.inside & on_plane & is_near)
