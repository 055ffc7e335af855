"""Finds what a second eye saw of the pixels that the photo hides, and takes its colours."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32
from numba import njit

from stereopsis.lift.place import relative_from_scene
from stereopsis.scene.arrays import ColorImage, Pixels
from stereopsis.scene.layers import RIGHT, LayeredImage
from stereopsis.scene.second_eye import SecondEye

NOTHING = np.float32(-1e9)  # px: farther than anything
FOOTPRINT_PX = 0.75  # half a splat's side: more than half a pixel, so that no pinholes are left
LIST_COLUMNS = 1024  # OpenCV looks up pictures of positions, not lists


@dataclass(frozen=True)
class SightConfig:
    """When a hidden pixel counts as seen. Lengths are pixels of the second eye's picture."""

    slack_px: float = 1.0  # of disparity: what is nearer by less is the same surface
    margin_px: int = 1  # this near to a front the lens mixed its colours into the back


@dataclass(frozen=True)
class Sight:
    """Which pixels of a layered image the second eye saw, and in which colours (0 elsewhere)."""

    seen: Bool[np.ndarray, " n"]
    color: Float32[np.ndarray, "n 3"]


def look(layers: LayeredImage, eye: SecondEye, config: SightConfig = SightConfig()) -> Sight:
    """What the second eye saw of the hidden pixels, their inverse depth taken to be right.

    The depth must have been relative (see place). A hidden pixel is seen if it lies in the second
    eye's picture and nothing lies before it there: nothing that the photo shows, by half as much
    as its own front does or `slack_px` of disparity, whichever is less, and no hidden surface by
    `slack_px`.
    """
    eye = eye.shrunk(1.0 / _magnification(layers, eye))
    height, width = eye.pixels.shape[:2]
    relative = relative_from_scene(layers.inverse_depth)
    landing = _land(layers.x, layers.y, relative, *eye.other_from_shown)
    near_px = relative * np.float32(_disparity_range_px(layers, eye))
    x, y = landing[layers.visible_count :].T
    inside = (x >= 0.5) & (x <= width - 0.5) & (y >= 0.5) & (y <= height - 0.5)
    pixels = layers.visible_count + np.nonzero(inside)[0]
    column, row = landing[pixels].astype(np.int32).T

    nearest = np.full((height, width), NOTHING, np.float32)
    _splat(nearest, landing, near_px, layers.links, (0, layers.visible_count))
    side = 2 * config.margin_px + 1
    shown = np.asarray(cv2.dilate(nearest, np.ones((side, side), np.uint8)))
    _splat(nearest, landing, near_px, layers.links, (layers.visible_count, len(layers.x)))
    limit = np.minimum(config.slack_px, 0.5 * _front_gap(layers, near_px, pixels))
    is_seen = shown[row, column] - near_px[pixels] < limit
    is_seen &= nearest[row, column] - near_px[pixels] < config.slack_px

    seen = np.zeros(len(layers.x), np.bool_)
    seen[pixels[is_seen]] = True
    color = np.zeros((len(layers.x), 3), np.float32)
    color[seen] = _colors(eye.pixels, landing[seen])
    return Sight(seen, color)


def _magnification(layers: LayeredImage, eye: SecondEye) -> float:
    """How many pixels of the second eye's picture a pixel of the photo is long, in the middle."""
    corners = np.array([(0.25, 0.25), (0.75, 0.75)], np.float32)
    corners *= np.array((layers.width, layers.height), np.float32)
    ends = eye.locate(corners, np.full(2, 0.5, np.float32))
    length = np.linalg.norm(ends[1] - ends[0]) / np.linalg.norm(corners[1] - corners[0])
    return float(length) if np.isfinite(length) and length > 0 else 1.0


def _disparity_range_px(layers: LayeredImage, eye: SecondEye) -> float:
    """How far apart far (0) and near (1) lie in the second eye's picture, in the middle."""
    middle = np.full((2, 2), 0.5, np.float32)
    middle *= np.array((layers.width, layers.height), np.float32)
    far, near = eye.locate(middle, np.array([0.0, 1.0], np.float32))
    return float(np.linalg.norm(near - far))


def _front_gap(layers: LayeredImage, near_px: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """By how much (px) these pixels lie behind what the photo shows there; infinity outside it."""
    x, y, inside = layers.x[pixels], layers.y[pixels], layers.inside[pixels]
    front = near_px[np.where(inside, y * layers.width + x, 0)]
    return np.where(inside, front - near_px[pixels], np.inf)


@njit(cache=True)
def _land(
    x: np.ndarray, y: np.ndarray, relative: np.ndarray, at_far: np.ndarray, per_unit: np.ndarray
) -> np.ndarray:
    """Where pixels (n,) lie in the other eye's picture (n, 2): SecondEye.locate(), for many."""
    landing = np.empty((len(x), 2), np.float32)
    for i in range(len(x)):
        px, py, r = x[i] + 0.5, y[i] + 0.5, relative[i]
        scale = at_far[2, 2] + per_unit[2, 2] * r
        scale += (at_far[2, 0] + per_unit[2, 0] * r) * px + (at_far[2, 1] + per_unit[2, 1] * r) * py
        for k in range(2):
            found = at_far[k, 2] + per_unit[k, 2] * r
            found += (at_far[k, 0] + per_unit[k, 0] * r) * px
            found += (at_far[k, 1] + per_unit[k, 1] * r) * py
            landing[i, k] = found / scale if scale != 0 else np.inf
    return landing


@njit(cache=True)
def _splat(
    nearest: np.ndarray,
    landing: np.ndarray,
    near_px: np.ndarray,
    links: np.ndarray,
    pixels: tuple[int, int],
) -> None:
    """Raises `nearest` (h, w), px of disparity, where these pixels, first to last, land before it.

    Each covers its own place and all up to where its right neighbour lands.
    """
    height, width = nearest.shape
    for i in range(pixels[0], pixels[1]):
        x, y = landing[i, 0], landing[i, 1]
        if not (-width < x < 2 * width and -1 < y < height + 1):
            continue
        left = right = x
        j = links[i, RIGHT]
        if j >= 0 and -width < landing[j, 0] < 2 * width:
            left, right = min(x, landing[j, 0]), max(x, landing[j, 0])
        first = max(0, int(np.ceil(left - 0.5 - FOOTPRINT_PX)))
        last = min(width - 1, int(np.floor(right - 0.5 + FOOTPRINT_PX)))
        top = max(0, int(np.ceil(y - 0.5 - FOOTPRINT_PX)))
        bottom = min(height - 1, int(np.floor(y - 0.5 + FOOTPRINT_PX)))
        for row in range(top, bottom + 1):
            for column in range(first, last + 1):
                nearest[row, column] = max(nearest[row, column], near_px[i])


def _colors(picture: ColorImage, places: Pixels) -> Float32[np.ndarray, "k 3"]:
    """The picture's colours at these places (k, 2), interpolated."""
    rows = max(1, -(-len(places) // LIST_COLUMNS))
    padded = np.zeros((rows * LIST_COLUMNS, 2), np.float32)
    padded[: len(places)] = places - np.float32(0.5)  # OpenCV's first pixel's centre is (0, 0)
    x, y = (np.ascontiguousarray(axis).reshape(rows, LIST_COLUMNS) for axis in padded.T)
    colors = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(colors, np.float32).reshape(-1, 3)[: len(places)]
