"""Soft edges: a mesh's fringe, laid over what is drawn behind it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.mesh import Fringe
from stereopsis.show import raster
from stereopsis.show.raster import FaceCorners, FaceIndex


@dataclass(frozen=True)
class FringeOnScreen:
    """Corners of a fringe as pixel position and inverse depth, and the triangles between them."""

    fringe: Fringe
    screen: Float32[np.ndarray, "n 3"]
    faces: FaceCorners


def project_fringe(
    fringe: Fringe, transform: np.ndarray, lens: tuple[float, tuple[float, float], float]
) -> FringeOnScreen:
    """The fringe as a lens (focal length and centre in pixels, nearest depth) sees it.

    Triangles that reach nearer than that depth are left out: they are thin, and hardly seen there.
    """
    screen = np.empty((len(fringe.vertices), 3), np.float32)
    raster.project(fringe.vertices, transform, *lens, screen)
    faces = fringe.faces[(screen[fringe.faces, 2] > 0).all(1)]
    return FringeOnScreen(fringe, screen, np.ascontiguousarray(faces).view(np.uint32))


def blend(
    color: ColorImage,
    behind: InverseDepth,
    inverse_depth: InverseDepth,
    face_index: FaceIndex,
    soft: FringeOnScreen,
    texture: ColorImage,
) -> None:
    """Lays the fringe over `color` (h, w, 3), in place, wherever it is nearer than `behind`.

    `face_index` is the fringe's triangle at each pixel, `inverse_depth` how near that is.
    """
    row, column = np.nonzero(inverse_depth > behind)
    corners = soft.faces[face_index[row, column]]
    share = _shares(soft.screen[corners], np.column_stack([column, row]) + np.float32(0.5))
    uv = np.einsum("nk,nkc->nc", share, soft.fringe.uv[corners])
    coverage = (share * soft.fringe.coverage[corners]).sum(1)[:, None]
    own = _texels(texture, uv)
    under = color[row, column].astype(np.float32)
    color[row, column] = np.rint(under + coverage * (own - under)).astype(np.uint8)


def _shares(corners: np.ndarray, pixel: np.ndarray) -> Float32[np.ndarray, "n 3"]:
    """How much each of the triangles' corners (n, 3, 3) counts at a pixel, in perspective."""
    to_b, to_c = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    to_pixel = pixel - corners[:, 0, :2]
    area = _cross(to_b, to_c)
    area = np.where(area == 0, np.float32(1), area)
    b = np.clip(_cross(to_pixel, to_c) / area, 0, 1)
    c = np.clip(_cross(to_b, to_pixel) / area, 0, 1 - b)
    weights = np.column_stack([1 - b - c, b, c]) * corners[:, :, 2]
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


def _cross(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])


def _texels(texture: ColorImage, uv: np.ndarray) -> Float32[np.ndarray, "n 3"]:
    """The texture's colours at uv (n, 2), bilinear."""
    height, width = texture.shape[:2]
    last = np.array((width - 1, height - 1), np.float32)
    place = np.clip(uv * (last + 1) - np.float32(0.5), 0, last)
    left, top = np.minimum(place.astype(np.int64), np.maximum(last.astype(np.int64) - 1, 0)).T
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (place - np.column_stack([left, top])).astype(np.float32).T[:, :, None]
    upper = texture[top, left] * (1 - across) + texture[top, right] * across
    lower = texture[bottom, left] * (1 - across) + texture[bottom, right] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
