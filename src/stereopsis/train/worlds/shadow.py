"""Shadow maps: the world as the sun or a lamp sees it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model, Vector
from stereopsis.train.worlds.raster import rasterise

SIDE_PX = 768
FARNESS = 200.0  # distance of the sun in radii of what it lights: rays are parallel to 0.3 degrees
LAMP_OPENING = np.radians(150)


@dataclass(frozen=True)
class Shadow:
    """Inverse depth of what a light, as a camera, sees first; an empty map casts no shadow.

    Edges are soft over `spread` texels of the map.
    """

    map: Float64[np.ndarray, "s s"]
    light: Camera
    spread: float

    def from_camera(self, camera: Camera) -> tuple[np.ndarray, np.ndarray, float, float]:
        """What the shading kernel needs: map, T_light_from_camera, focal length, spread."""
        pose_light = self.light.T_camera_from_scene.astype(np.float64)
        pose = camera.T_camera_from_scene.astype(np.float64)
        return self.map, pose_light @ np.linalg.inv(pose), self.light.focal_px, self.spread


def no_shadow() -> Shadow:
    """A light that shines through everything."""
    return Shadow(np.zeros((0, 0)), Camera(1, 1, 1.0, (0.5, 0.5)), 0.0)


def cast_by_sun(
    casters: Model,
    texels: np.ndarray,
    to_sun: Vector,
    ball: tuple[Vector, float],
    spread: float = 0.0,
) -> Shadow:
    """The shadows that these things cast within a ball (its centre and radius in metres)."""
    center, radius = ball
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
    return Shadow(hits.inverse_depth, sun, spread)


def cast_by_lamp(
    casters: Model, texels: np.ndarray, position: Vector, spread: float = 0.0
) -> Shadow:
    """The shadows of a lamp that shines down; what lies nearly level with it stays lit."""
    x, y, z = np.eye(3)
    axes = np.stack([x, -z, y])
    pose = np.eye(4)
    pose[:3, :3] = axes
    pose[:3, 3] = -axes @ position
    focal_px = 0.5 * SIDE_PX / np.tan(LAMP_OPENING / 2)
    lamp = Camera(SIDE_PX, SIDE_PX, focal_px, (SIDE_PX / 2, SIDE_PX / 2), pose.astype(np.float32))
    return Shadow(rasterise(casters, texels, lamp).inverse_depth, lamp, spread)


@njit(cache=True, nogil=True)
def in_shadow(shadow, point, normal):  # type: ignore[no-untyped-def]
    """How much of the light is hidden from a point with this normal (camera axes), 0..1."""
    first, T_light_from_camera, focal, spread = shadow
    side = len(first)
    if side == 0:
        return 0.0
    m, (x, y, z) = T_light_from_camera, point
    nx, ny, nz = normal
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]
    # Rounding and the slope of a surface must not put it into its own shadow.
    bias = (3.0 + spread) * abs(depth) / focal + 0.002
    x, y, z = x + nx * bias, y + ny * bias, z + nz * bias
    sz = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]
    if sz <= 0:
        return 0.0
    sx = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]
    sy = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]
    u, v = sx / sz * focal + side / 2 - 0.5, sy / sz * focal + side / 2 - 0.5
    if spread == 0:
        return _hidden_at(first, u, v, sz - bias)
    hidden = 0.0
    for dx, dy in ((-0.5, -1.0), (1.0, -0.5), (0.5, 1.0), (-1.0, 0.5)):
        hidden += _hidden_at(first, u + dx * spread, v + dy * spread, sz - bias)
    return hidden / 4


@njit(cache=True, nogil=True)
def _hidden_at(first, u, v, depth):  # type: ignore[no-untyped-def]
    """The share of the four texels around (u, v) that see something before this depth."""
    side = len(first)
    column, row = int(np.floor(u)), int(np.floor(v))
    if column < 0 or row < 0 or column >= side - 1 or row >= side - 1:
        return 0.0
    fx, fy = u - column, v - row
    hidden = 0.0
    for dy in range(2):
        for dx in range(2):
            weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy)
            if depth * first[row + dy, column + dx] > 1:
                hidden += weight
    return hidden
