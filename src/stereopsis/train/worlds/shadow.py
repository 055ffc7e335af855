"""Shadow maps: the world as the sun sees it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model, Vector
from stereopsis.train.worlds.raster import rasterise

SIDE_PX = 1024
FARNESS = (
    200.0  # the sun's distance in radii of what it lights: its rays are parallel to 0.3 degrees
)


@dataclass(frozen=True)
class Shadow:
    """Inverse depth of what the sun, as a camera, sees first; an empty map casts no shadow."""

    map: Float64[np.ndarray, "s s"]
    sun: Camera
    bias: float  # metres that a surface may lie behind the first one and still be lit

    def from_camera(self, camera: Camera) -> tuple[np.ndarray, np.ndarray, float, float]:
        """What the shading kernel needs: map, T_sun_from_camera, focal length, bias."""
        pose_sun = self.sun.T_camera_from_scene.astype(np.float64)
        pose = camera.T_camera_from_scene.astype(np.float64)
        return self.map, pose_sun @ np.linalg.inv(pose), self.sun.focal_px, self.bias


def no_shadow() -> Shadow:
    """A sun that shines through everything."""
    return Shadow(np.zeros((0, 0)), Camera(1, 1, 1.0, (0.5, 0.5)), 0.0)


def cast_shadow(
    casters: Model, texels: np.ndarray, to_sun: Vector, center: Vector, radius: float
) -> Shadow:
    """The shadows that these things cast within `radius` metres of `center`."""
    forward = -to_sun
    right = np.cross([0.0, 1.0, 0.0] if abs(forward[1]) < 0.9 else [0.0, 0.0, 1.0], forward)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(forward, right), forward])
    distance = FARNESS * radius
    pose = np.eye(4)
    pose[:3, :3] = axes
    pose[:3, 3] = -axes @ (center + to_sun * distance)
    focal_px = 0.5 * SIDE_PX * FARNESS
    sun = Camera(SIDE_PX, SIDE_PX, focal_px, (SIDE_PX / 2, SIDE_PX / 2), pose.astype(np.float32))
    hits = rasterise(casters, texels, sun, near=distance * 0.5)
    return Shadow(hits.inverse_depth, sun, bias=3.0 * 2 * radius / SIDE_PX + 0.002)


@njit(cache=True)
def in_shadow(shadow, point, normal):  # type: ignore[no-untyped-def]
    """How much of the sun is hidden from a point with this normal (camera axes), 0..1."""
    first, T_sun_from_camera, focal, bias = shadow
    side = len(first)
    if side == 0:
        return 0.0
    x, y, z = point[0] + normal[0] * bias, point[1] + normal[1] * bias, point[2] + normal[2] * bias
    m = T_sun_from_camera
    sx = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]
    sy = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]
    sz = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]
    u, v = sx / sz * focal + side / 2 - 0.5, sy / sz * focal + side / 2 - 0.5
    column, row = int(np.floor(u)), int(np.floor(v))
    if column < 0 or row < 0 or column >= side - 1 or row >= side - 1:
        return 0.0
    fx, fy = u - column, v - row
    hidden = 0.0
    for dy in range(2):
        for dx in range(2):
            weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy)
            nearest = first[row + dy, column + dx]
            if nearest > 0 and sz - 1 / nearest > bias:
                hidden += weight
    return hidden
