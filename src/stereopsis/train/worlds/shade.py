"""Colour of what the rasteriser hit: texture, main light and its gleam, soft light, fog."""

import numpy as np
from jaxtyping import Float32
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.facet import (
    FACET_ROWS,
    bend_normal,
    set_up_facet,
    vertex_normals,
)
from stereopsis.train.worlds.light import Light
from stereopsis.train.worlds.model import Model
from stereopsis.train.worlds.raster import Hits, seen_from
from stereopsis.train.worlds.semantic import Finish
from stereopsis.train.worlds.shadow import Shadow, in_shadow
from stereopsis.train.worlds.texture import LEVEL_START, LEVELS, SIDE

GLOSSY = int(Finish.GLOSSY)
BRIGHTEST_LAMP = 2.5  # times as bright as at its reach, however near
GLEAM = 160.0  # of a glossy surface that mirrors the main light


def shade(
    hits: Hits,
    model: Model,
    texels: np.ndarray,
    camera: Camera,
    lighting: tuple[Light, Shadow, Float32[np.ndarray, "h w"]],
) -> Float32[np.ndarray, "h w 3"]:
    """The picture (0..255 and above where overexposed), 0 where nothing was hit.

    The last of the lighting is the share of the light from around that reaches each pixel; its
    height and width divide the picture's.
    """
    light, shadow, open_sky = lighting
    image = np.zeros((*hits.face.shape, 3), np.float32)
    seen = seen_from(camera, model.vertices)
    geometry = (seen, vertex_normals(seen, model.faces), model.faces, model.uv)
    paint = (model.texture, model.finish, texels)
    lens = (camera.focal_px, *camera.center_px)
    lights, reach = light.seen_from(camera)
    lamps = (lights, reach, light.sun, light.around, light.softness)
    air = (light.fog, light.fog_color)
    pixels = (hits.face, hits.inverse_depth, hits.uv)
    _shade(pixels, geometry, paint, lens, (lamps, air, shadow.from_camera(camera), open_sky), image)
    return image


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _texture_density(corner_uv, area):  # type: ignore[no-untyped-def]
    """How many textures side by side fill a metre of a triangle of this (twice its) area."""
    pu, pv = corner_uv[1, 0] - corner_uv[0, 0], corner_uv[1, 1] - corner_uv[0, 1]
    qu, qv = corner_uv[2, 0] - corner_uv[0, 0], corner_uv[2, 1] - corner_uv[0, 1]
    return np.sqrt(abs(pu * qv - pv * qu) / area)


@njit(cache=True, nogil=True)
def _toward(light, x, y, z, reach):  # type: ignore[no-untyped-def]
    """The unit vector to a light (homogeneous) and how bright it is at this point."""
    lx, ly, lz = light[0] - light[3] * x, light[1] - light[3] * y, light[2] - light[3] * z
    length = np.sqrt(lx * lx + ly * ly + lz * lz) + 1e-9
    bright = 1.0
    if light[3] > 0:
        bright = min(BRIGHTEST_LAMP, (reach / length) ** 2)
    return lx / length, ly / length, lz / length, bright


@njit(cache=True, nogil=True)
def gloss_of(texture):  # type: ignore[no-untyped-def]
    """How much of straight light a glossy surface mirrors, 0.03..0.3, by its texture."""
    return 0.03 + 0.27 * ((texture * 0.6180339887) % 1.0) ** 3


@njit(cache=True, nogil=True)
def _gleam(point, normal, to_light, gloss):  # type: ignore[no-untyped-def]
    """The mirrored light's strength (Blinn, 1977): the glossier, the smaller and brighter."""
    x, y, z = point
    away = np.sqrt(x * x + y * y + z * z)
    hx, hy, hz = to_light[0] - x / away, to_light[1] - y / away, to_light[2] - z / away
    length = np.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
    straight = max(0.0, (normal[0] * hx + normal[1] * hy + normal[2] * hz) / length)
    return GLEAM * (0.3 + 3 * gloss) * straight ** (15 + 900 * gloss)


@njit(cache=True, nogil=True)
def _shade(hits, geometry, paint, lens, lighting, image):  # type: ignore[no-untyped-def]
    hit_face, hit_inverse, hit_uv = hits
    seen, normals, faces, uv = geometry
    texture, finish, texels = paint
    focal, cx, cy = lens
    (lights, reach, sun, around, softness), (fog, fog_color), shadow, open_sky = lighting
    height, width = hit_face.shape
    tall, wide = height // open_sky.shape[0], width // open_sky.shape[1]
    color, normal, facet = np.empty(3), np.empty(3), np.empty((FACET_ROWS, 3))
    known_face, painted, density = -1, texels[0], 0.0
    for y in range(height):
        for x in range(width):
            t = hit_face[y, x]
            if t < 0:
                continue
            if t != known_face:  # neighbours mostly see the same triangle
                known_face, painted = t, texels[texture[t]]
                area = set_up_facet(seen, normals, faces[t], facet)
                density = _texture_density(uv[t], area)
            z = 1 / hit_inverse[y, x]
            px, py = (x + 0.5 - cx) / focal * z, (y + 0.5 - cy) / focal * z
            bend_normal(facet, px, py, z, normal)
            away = np.sqrt(px * px + py * py + z * z)
            facing = abs(facet[0, 0] * px + facet[0, 1] * py + facet[0, 2] * z) / away
            footprint = SIDE * density * z / focal / np.sqrt(max(0.09, facing))
            level = min(LEVELS - 1, int(np.log2(max(1.0, footprint))))
            _sample(painted, hit_uv[y, x, 0], hit_uv[y, x, 1], level, color)
            lx, ly, lz, bright = _toward(lights[0], px, py, z, reach)
            lit = max(0.0, normal[0] * lx + normal[1] * ly + normal[2] * lz)
            gleam = 0.0
            if lit > 0:
                bright *= 1 - in_shadow(shadow, (px, py, z), (normal[0], normal[1], normal[2]))
                if finish[t] == GLOSSY:
                    gloss = gloss_of(texture[t])
                    gleam = bright * _gleam((px, py, z), normal, (lx, ly, lz), gloss)
            soft = normal[0] * lights[1, 0] + normal[1] * lights[1, 1] + normal[2] * lights[1, 2]
            soft = (1 - softness + softness * soft) * open_sky[y // tall, x // wide]
            veil = 1 - np.exp(-z * fog) if fog > 0 else 0.0
            for k in range(3):
                seen_color = color[k] * (around[k] * soft + sun[k] * lit * bright) + gleam * sun[k]
                image[y, x, k] = seen_color * (1 - veil) + fog_color[k] * veil
