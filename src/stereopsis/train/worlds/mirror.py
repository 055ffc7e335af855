"""Mirror images in water, glossy surfaces and panes of glass, found within the picture itself."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.facet import (
    FACET_ROWS,
    NORMAL,
    bend_normal,
    set_up_facet,
    vertex_normals,
)
from stereopsis.train.worlds.model import Model
from stereopsis.train.worlds.raster import Hits, seen_from
from stereopsis.train.worlds.semantic import Finish
from stereopsis.train.worlds.shade import gloss_of
from stereopsis.train.worlds.sky import Sky

MATTE, WATER, GLASS = (int(f) for f in (Finish.MATTE, Finish.WATER, Finish.GLASS))
WATER_MIRRORS, GLASS_MIRRORS = 0.02, 0.04  # of straight light
STEPS, GROWTH, FIRST_STEP = 26, 1.32, 0.02  # along a mirrored ray; the first is a share of depth
OFF_PLANE = 0.003  # of the way that a ray has gone
CLEAREST, DARKEST = 1.0, 0.7  # what panes let through, by their texture
WAVES = 5


@dataclass(frozen=True)
class Ripples:
    """Waves on water: rows of (slope along x, slope along z, 1/metres along x, along z, phase)."""

    waves: Float64[np.ndarray, "n 5"]

    @classmethod
    def sampled(cls, rng: np.random.Generator) -> "Ripples":
        """Anything between a mirror and a choppy lake."""
        steep = float(np.exp(rng.uniform(np.log(0.002), np.log(0.12))))
        heading = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.7, WAVES)
        length = np.exp(rng.uniform(np.log(0.15), np.log(3.0), WAVES))
        ahead = np.stack([np.cos(heading), np.sin(heading)], 1)
        phase = rng.uniform(0, 2 * np.pi, (WAVES, 1))
        number = 2 * np.pi / length[:, None]
        return cls(np.concatenate([steep * ahead, number * ahead, phase], 1))


def mirror(
    image: Float32[np.ndarray, "h w 3"],
    behind: Hits,
    surfaces: tuple[Hits, Model],
    camera: Camera,
    around: tuple[Sky | None, Ripples],
    texels: np.ndarray,
) -> None:
    """Adds to the picture what the surfaces that are not matte mirror.

    `behind` is what the picture shows; `surfaces` may be the same, or panes before it, which also
    tint it. What a mirrored ray does not find in the picture is sky, or without one (indoors) the
    picture's mean.
    """
    sky, ripples = around
    hits, model = surfaces
    points = seen_from(camera, model.vertices)
    geometry = (points, vertex_normals(points, model.faces), model.faces)
    pose = np.linalg.inv(camera.T_camera_from_scene.astype(np.float64))
    level = image.reshape(-1, 3).mean(0).astype(np.float64)
    low, high, steepness = (level, level, 1.0)
    if sky is not None:
        low, high, steepness = sky.horizon, sky.zenith, sky.steepness
    lens = (camera.focal_px, *camera.center_px)
    beyond = (low, high, steepness, 0.6 * level)
    pixels = (hits.face, hits.inverse_depth, behind.inverse_depth)
    paint = (model.texture, model.finish, texels)
    _mirror(pixels, geometry, paint, (lens, pose), (beyond, ripples.waves), (image.copy(), image))


@njit(cache=True, nogil=True)
def _ripple(normal, point, pose, waves, footprint):  # type: ignore[no-untyped-def]
    """Tilts the normal of level water by its waves; those too short to be seen are left out."""
    x = pose[0, 0] * point[0] + pose[0, 1] * point[1] + pose[0, 2] * point[2] + pose[0, 3]
    z = pose[2, 0] * point[0] + pose[2, 1] * point[1] + pose[2, 2] * point[2] + pose[2, 3]
    tilt_x, tilt_z = 0.0, 0.0
    for w in range(len(waves)):
        number = np.sqrt(waves[w, 2] ** 2 + waves[w, 3] ** 2)
        slope = np.cos(waves[w, 2] * x + waves[w, 3] * z + waves[w, 4])
        slope /= 1 + (number * footprint) ** 2
        tilt_x += waves[w, 0] * slope
        tilt_z += waves[w, 1] * slope
    length = 1e-20
    for k in range(3):
        normal[k] += tilt_x * pose[0, k] + tilt_z * pose[2, k]
        length += normal[k] ** 2
    for k in range(3):
        normal[k] /= np.sqrt(length)


@njit(cache=True, nogil=True)
def _find(point, ray, plane, inverse, lens):  # type: ignore[no-untyped-def]
    """The pixel (row, column) that shows where a ray meets what the picture shows, or -1, -1.

    Surfaces in the mirror's own plane (its normal) are not met, however coarse the pixels are.
    """
    focal, cx, cy = lens
    height, width = inverse.shape
    step = FIRST_STEP * point[2]
    travelled = step
    for _ in range(STEPS):
        x = point[0] + ray[0] * travelled
        y = point[1] + ray[1] * travelled
        z = point[2] + ray[2] * travelled
        if z <= 0.02:
            return -1, -1
        column, row = int(np.floor(x / z * focal + cx)), int(np.floor(y / z * focal + cy))
        if column < 0 or row < 0 or column >= width or row >= height:
            return -1, -1
        if inverse[row, column] * z > 1.003:
            depth = 1 / inverse[row, column]
            off_plane = plane[2] * (depth - point[2])
            off_plane += plane[0] * ((column + 0.5 - cx) / focal * depth - point[0])
            off_plane += plane[1] * ((row + 0.5 - cy) / focal * depth - point[1])
            is_close = z - depth < 1.5 * step * abs(ray[2]) + 0.15 * step + 0.04 * depth
            if is_close and abs(off_plane) > OFF_PLANE * travelled:
                return row, column
        step *= GROWTH
        travelled += step
    return -1, -1


@njit(cache=True, nogil=True)
def _far_away(ray, pose, beyond, color):  # type: ignore[no-untyped-def]
    """The colour of what a ray meets outside of the picture."""
    low, high, steepness, ground = beyond
    up = -(pose[1, 0] * ray[0] + pose[1, 1] * ray[1] + pose[1, 2] * ray[2])
    share = max(0.0, up) ** steepness
    for k in range(3):
        color[k] = ground[k] if up < 0 else low[k] + (high[k] - low[k]) * share


@njit(cache=True, nogil=True)
def _mirror(pixels, geometry, paint, view, around, images):  # type: ignore[no-untyped-def]
    face, inverse, behind = pixels
    seen, normals, faces = geometry
    texture, finish, texels = paint
    lens, pose = view
    (beyond, waves), (image, out) = around, images
    focal, cx, cy = lens
    height, width = face.shape
    color, normal, facet = np.empty(3), np.empty(3), np.empty((FACET_ROWS, 3))
    known, straight = -1, 0.0
    for y in range(height):
        for x in range(width):
            t = face[y, x]
            if t < 0 or finish[t] == MATTE or inverse[y, x] < behind[y, x]:
                continue
            if t != known:
                known = t
                set_up_facet(seen, normals, faces[t], facet)
                straight = WATER_MIRRORS if finish[t] == WATER else GLASS_MIRRORS
                if finish[t] != WATER and finish[t] != GLASS:
                    straight = gloss_of(texture[t])
            z = 1 / inverse[y, x]
            point = ((x + 0.5 - cx) / focal * z, (y + 0.5 - cy) / focal * z, z)
            bend_normal(facet, point[0], point[1], z, normal)
            if finish[t] == WATER:
                _ripple(normal, point, pose, waves, z / focal)
            away = np.sqrt(point[0] ** 2 + point[1] ** 2 + z * z)
            against = (normal[0] * point[0] + normal[1] * point[1] + normal[2] * z) / away
            ray = (
                point[0] / away - 2 * against * normal[0],
                point[1] / away - 2 * against * normal[1],
                z / away - 2 * against * normal[2],
            )
            share = straight + (1 - straight) * max(0.0, 1 + min(against, 0.0)) ** 5
            row, column = _find(point, ray, facet[NORMAL], behind, lens)
            if row >= 0:
                for k in range(3):
                    color[k] = image[row, column, k]
            else:
                _far_away(ray, pose, beyond, color)
            for k in range(3):
                through = 1.0
                if finish[t] == GLASS:
                    tint = texels[texture[t], -1, k] / 255
                    through = DARKEST + (CLEAREST - DARKEST) * tint
                out[y, x, k] = image[y, x, k] * through * (1 - share) + color[k] * share
