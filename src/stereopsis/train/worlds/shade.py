"""Colour of what the rasteriser hit: texture, sun, soft light from above, fog."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model, Vector
from stereopsis.train.worlds.raster import Hits, seen_from
from stereopsis.train.worlds.shadow import Shadow, in_shadow
from stereopsis.train.worlds.texture import LEVEL_START, LEVELS, SIDE


@dataclass(frozen=True)
class Light:
    """A sun and light from all around; colours are factors on the texture's, 1 leaves it as it is.

    `to_sun` is a unit vector in scene axes. `fog` is 1/metres, `fog_color` 0..255.
    """

    to_sun: Vector
    sun: Vector
    around: Vector
    fog: float
    fog_color: Vector

    @classmethod
    def sampled(cls, rng: np.random.Generator, fog_color: Vector, outdoors: bool) -> "Light":
        """Light between noon and dusk, warm sun with cool shade or the reverse."""
        height, azimuth = rng.uniform(0.3, 1.4), rng.uniform(0, 2 * np.pi)
        level = np.cos(height)
        to_sun = np.array([level * np.cos(azimuth), -np.sin(height), level * np.sin(azimuth)])
        warmth = rng.normal(0, 0.08) * np.array([1, 0, -1])
        sun, around = rng.uniform(0.2, 0.9), rng.uniform(0.3, 0.75)
        fog = float(rng.choice([0, 0, 0.002, 0.006, 0.015])) if outdoors else 0.0
        return cls(to_sun, sun * (1 + warmth), around * (1 - 0.5 * warmth), fog, fog_color)


def shade(
    hits: Hits, model: Model, texels: np.ndarray, camera: Camera, light: Light, shadow: Shadow
) -> Float32[np.ndarray, "h w 3"]:
    """The picture (0..255 and above where overexposed), 0 where nothing was hit."""
    image = np.zeros((*hits.face.shape, 3), np.float32)
    rotation = camera.T_camera_from_scene[:3, :3].astype(np.float64)
    faces = (seen_from(camera, model.vertices), model.faces, model.uv, model.texture)
    lens = (camera.focal_px, *camera.center_px)
    lamps = (rotation @ light.to_sun, -rotation[:, 1], light.sun, light.around)
    air = (light.fog, light.fog_color, shadow.from_camera(camera))
    _shade((hits.face, hits.inverse_depth, hits.uv), faces, texels, lens, (*lamps, *air), image)
    return image


@njit(cache=True)
def _normal_and_density(seen, corners, corner_uv):  # type: ignore[no-untyped-def]
    """A triangle's unit normal and how many textures side by side fill a metre of it."""
    a, b, c = seen[corners[0]], seen[corners[1]], seen[corners[2]]
    ex, ey, ez = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    gx, gy, gz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    nx, ny, nz = ey * gz - ez * gy, ez * gx - ex * gz, ex * gy - ey * gx
    length = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-20
    pu, pv = corner_uv[1, 0] - corner_uv[0, 0], corner_uv[1, 1] - corner_uv[0, 1]
    qu, qv = corner_uv[2, 0] - corner_uv[0, 0], corner_uv[2, 1] - corner_uv[0, 1]
    density = np.sqrt(abs(pu * qv - pv * qu) / length)
    return nx / length, ny / length, nz / length, density


@njit(cache=True)
def _sample(texels, u, v, level, color):  # type: ignore[no-untyped-def]
    """The texture's colour at (u, v), bilinear within one mipmap level."""
    side = SIDE >> level
    x, y = (u - np.floor(u)) * side - 0.5, (v - np.floor(v)) * side - 0.5
    left, top = int(np.floor(x)), int(np.floor(y))
    fx, fy = x - left, y - top
    row_0 = LEVEL_START[level] + (top % side) * side
    row_1 = LEVEL_START[level] + ((top + 1) % side) * side
    column_0, column_1 = left % side, (left + 1) % side
    for k in range(3):
        above = texels[row_0 + column_0, k] * (1 - fx) + texels[row_0 + column_1, k] * fx
        below = texels[row_1 + column_0, k] * (1 - fx) + texels[row_1 + column_1, k] * fx
        color[k] = above * (1 - fy) + below * fy


@njit(cache=True)
def _shade(hits, face_arrays, texels, lens, lighting, image):  # type: ignore[no-untyped-def]
    hit_face, hit_inverse, hit_uv = hits
    seen, faces, uv, texture = face_arrays
    height, width = hit_face.shape
    focal, cx, cy = lens
    to_sun, to_zenith, sun, around, fog, fog_color, shadow = lighting
    color = np.empty(3)
    known_face, painted = -1, texels[0]
    face_x, face_y, face_z, density = 0.0, 0.0, 0.0, 0.0
    for y in range(height):
        for x in range(width):
            t = hit_face[y, x]
            if t < 0:
                continue
            if t != known_face:  # neighbours mostly see the same triangle
                known_face, painted = t, texels[texture[t]]
                face_x, face_y, face_z, density = _normal_and_density(seen, faces[t], uv[t])
            nx, ny, nz = face_x, face_y, face_z
            z = 1 / hit_inverse[y, x]
            px, py = (x + 0.5 - cx) / focal, (y + 0.5 - cy) / focal
            facing = nx * px + ny * py + nz
            if facing > 0:
                nx, ny, nz = -nx, -ny, -nz
            facing = abs(facing) / np.sqrt(px * px + py * py + 1)
            footprint = SIDE * density * z / focal / np.sqrt(max(0.09, facing))
            level = min(LEVELS - 1, int(np.log2(max(1.0, footprint))))
            _sample(painted, hit_uv[y, x, 0], hit_uv[y, x, 1], level, color)
            lit = max(0.0, nx * to_sun[0] + ny * to_sun[1] + nz * to_sun[2])
            if lit > 0:
                lit *= 1 - in_shadow(shadow, (px * z, py * z, z), (nx, ny, nz))
            from_above = 0.8 + 0.2 * (nx * to_zenith[0] + ny * to_zenith[1] + nz * to_zenith[2])
            veil = 1 - np.exp(-z * fog)
            for k in range(3):
                bright = color[k] * (around[k] * from_above + sun[k] * lit)
                image[y, x, k] = bright * (1 - veil) + fog_color[k] * veil
