"""Ambient occlusion: corners and what lies under things get less of the light from all around."""

import cv2
import numpy as np
from jaxtyping import Float32, Int64
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.facet import FACET_ROWS, NORMAL, set_up_facet
from stereopsis.train.worlds.model import Model
from stereopsis.train.worlds.raster import Hits, seen_from

REACH = 0.08  # how far light is looked for, as a share of the picture's longer side
DIRECTIONS = 6
RINGS = 2
TURNS = 4  # neighbouring pixels look in other directions, in a pattern of so many each way


def occlusion(hits: Hits, model: Model, camera: Camera) -> Float32[np.ndarray, "h w"]:
    """How much of the light from all around reaches each pixel, 0..1, 1 where nothing was hit.

    Looks for nearer surfaces in the picture alone (after Bavoil, Sainz and Dimitrov, "Image-space
    horizon-based ambient occlusion", 2008).
    """
    open_sky = np.ones(hits.face.shape, np.float32)
    lens = (camera.focal_px, *camera.center_px)
    seen = seen_from(camera, model.vertices)
    reach = REACH * max(hits.face.shape)
    look = (_offsets(reach), reach)
    _occlude((hits.face, hits.inverse_depth), (seen, model.faces), lens, look, open_sky)
    # The mean over one pattern shows none of it.
    return np.asarray(cv2.blur(open_sky, (TURNS, TURNS)), np.float32)


def _offsets(reach: float) -> Int64[np.ndarray, "turns looks 2"]:
    """Where pixels look, (column, row): each of a pattern's pixels in other directions."""
    turn = np.arange(TURNS * TURNS)[:, None, None] / (TURNS * TURNS)
    angle = 2 * np.pi * (np.arange(DIRECTIONS)[None, :, None] + turn) / DIRECTIONS
    away = reach * np.linspace(0.25, 0.75, RINGS) * (0.6 + 0.8 * turn)
    offsets = np.stack([away * np.cos(angle), away * np.sin(angle)], -1)
    return np.rint(offsets).astype(np.int64).reshape(TURNS * TURNS, DIRECTIONS * RINGS, 2)


@njit(cache=True, nogil=True)
def _occlude(hits, geometry, lens, look, open_sky):  # type: ignore[no-untyped-def]
    face, inverse = hits
    seen, faces = geometry
    offsets, reach = look
    focal, cx, cy = lens
    height, width = face.shape
    facet, known = np.empty((FACET_ROWS, 3)), -1
    for y in range(height):
        for x in range(width):
            if face[y, x] < 0:
                continue
            if face[y, x] != known:
                known = face[y, x]
                set_up_facet(seen, seen, faces[known], facet)
            z = 1 / inverse[y, x]
            point = ((x + 0.5 - cx) / focal * z, (y + 0.5 - cy) / focal * z, z)
            facing = 0.0
            for k in range(3):
                facing += facet[NORMAL, k] * point[k]
            sign = -1.0 if facing > 0 else 1.0
            turn = (x % TURNS) * TURNS + y * 5 % TURNS
            hidden = 0.0
            for k in range(DIRECTIONS * RINGS):
                column, row = x + offsets[turn, k, 0], y + offsets[turn, k, 1]
                if column < 0 or row < 0 or column >= width or row >= height:
                    continue
                if inverse[row, column] == 0:
                    continue
                d = 1 / inverse[row, column]
                vx = (column + 0.5 - cx) / focal * d - point[0]
                vy = (row + 0.5 - cy) / focal * d - point[1]
                vz = d - point[2]
                length = np.sqrt(vx * vx + vy * vy + vz * vz) + 1e-12
                above = facet[NORMAL, 0] * vx + facet[NORMAL, 1] * vy + facet[NORMAL, 2] * vz
                far = length * focal / (z * reach)
                hidden += max(0.0, sign * above / length - 0.12) / (1 + far * far)
            open_sky[y, x] = max(0.0, 1 - 2.2 * hidden / (DIRECTIONS * RINGS))
