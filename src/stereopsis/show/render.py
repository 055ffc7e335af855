"""What a camera sees of a mesh: a renderer for plain CPUs."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.scene.camera import Camera
from stereopsis.scene.mesh import Mesh
from stereopsis.show import raster
from stereopsis.show.blend import FringeOnScreen, blend, project_fringe
from stereopsis.show.clip import clip_near

Samples = Literal[1, 4]

NEAREST = 0.02  # nothing nearer than this share of the cone's radius is drawn
ROUNDING = 0.05  # a texture of exactly twice the picture's size is halved
MOST_THREADS = 8  # every thread looks at every triangle, so more would not pay


@dataclass(frozen=True)
class Rendering:
    """A picture (h, w, 3), the inverse depth of what it shows, and where it shows nothing.

    Uncovered pixels are black and have inverse depth 0.
    """

    color: ColorImage
    inverse_depth: InverseDepth
    uncovered: Mask


def render(mesh: Mesh, camera: Camera, samples: Samples = 1) -> Rendering:
    """The mesh as this camera sees it, both sides of every triangle.

    With 4 samples to a pixel, colours are their mean, the inverse depth is the nearest, and a
    pixel counts as uncovered if any of them is.
    """
    return draw(with_fitting_texture(mesh, camera, samples), camera, samples)


def with_fitting_texture(mesh: Mesh, camera: Camera, samples: Samples = 1) -> Mesh:
    """The mesh with its texture halved until a sample of this camera's picture spans < 2 texels.

    Finer textures would shimmer. The step depends on the camera's focal length and not on its
    place; a film keeps the texture that fits its first picture, so that nothing pops.
    """
    few = mesh.faces[:: max(1, len(mesh.faces) // 4096)]
    pixels, _ = mesh.camera.project(mesh.vertices[few.ravel()])
    zoom = camera.focal_px / mesh.camera.focal_px
    height, width = mesh.texture.shape[:2]
    texels_area = _total_area(mesh.uv[few] * np.array((width, height), np.float32))
    samples_area = _total_area(pixels.reshape(-1, 3, 2)) * zoom**2 * samples
    halvings = int(0.5 * np.log2(max(texels_area / max(samples_area, 1e-9), 1.0)) + ROUNDING)
    if halvings == 0:
        return mesh
    size = (max(1, width >> halvings), max(1, height >> halvings))
    return replace(mesh, texture=cv2.resize(mesh.texture, size, interpolation=cv2.INTER_AREA))


def draw(mesh: Mesh, camera: Camera, samples: Samples = 1) -> Rendering:
    """As `render`, with the mesh's texture used as it is."""
    if samples == 1:
        return _draw_samples(mesh, camera)
    fine = _draw_samples(mesh, camera.resized(2 * camera.width, 2 * camera.height))
    size = (camera.width, camera.height)
    return Rendering(
        cv2.resize(fine.color, size, interpolation=cv2.INTER_AREA),
        _merge_fours(fine.inverse_depth, np.maximum),
        _merge_fours(fine.uncovered, np.logical_or),
    )


def _draw_samples(mesh: Mesh, camera: Camera) -> Rendering:
    """The picture with one sample to a pixel, drawn in bands of rows, one for each thread."""
    surface = screen, faces, _ = _projected(mesh, camera)
    texels = _packed(mesh.texture)
    shape = (camera.height, camera.width)
    inverse_depth, face_index = np.empty(shape, np.float32), np.empty(shape, np.uint32)
    color = np.empty(shape, np.uint32)
    threads = min(_cores(), MOST_THREADS)
    soft = _projected_fringe(mesh, camera)
    soft_depth, soft_face = np.empty(shape, np.float32), np.empty(shape, np.uint32)

    def draw_band(band: int) -> None:
        top, bottom = (camera.height * edge // threads for edge in (band, band + 1))
        raster.rasterise(screen, faces, top, bottom, inverse_depth, face_index)
        raster.shade(surface, texels, face_index, top, bottom, color)
        if soft is not None:
            raster.rasterise(soft.screen, soft.faces, top, bottom, soft_depth, soft_face)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(draw_band, range(threads)))
    rgb = cv2.cvtColor(color.view(np.uint8).reshape(*shape, 4), cv2.COLOR_RGBA2RGB)
    if soft is not None:
        blend(rgb, inverse_depth, soft_depth, soft_face, soft, mesh.texture)
    return Rendering(rgb, inverse_depth, face_index == raster.NOTHING)


def _projected(mesh: Mesh, camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners (n, 3) as pixel position and inverse depth; the triangles between them; their uv."""
    vertices, faces, uv = mesh.vertices, mesh.faces, mesh.uv
    transform = camera.T_camera_from_scene
    lens = _lens(mesh, camera)
    near = lens[2]
    screen = np.empty((len(vertices), 3), np.float32)
    if raster.project(vertices, transform, *lens, screen) > 0:
        seen = vertices @ transform[:3, :3].T + transform[:3, 3]
        vertices, faces, uv = clip_near(seen, faces, uv, near)
        screen = np.empty((len(vertices), 3), np.float32)
        raster.project(vertices, np.eye(4, dtype=np.float32), *lens, screen)
    return screen, np.ascontiguousarray(faces).view(np.uint32), uv


def _projected_fringe(mesh: Mesh, camera: Camera) -> FringeOnScreen | None:
    if mesh.fringe is None:
        return None
    return project_fringe(mesh.fringe, camera.T_camera_from_scene, _lens(mesh, camera))


def _lens(mesh: Mesh, camera: Camera) -> tuple[float, tuple[float, float], float]:
    """Focal length and centre in pixels, and the nearest depth that is drawn.

    That depth is a float32, so that corners cut exactly at it do not round to nearer ones.
    """
    return camera.focal_px, camera.center_px, float(np.float32(NEAREST * mesh.cone.radius))


def _packed(texture: ColorImage) -> np.ndarray:
    """The texture as one uint32 to a texel, at least 2 x 2."""
    height, width = texture.shape[:2]
    if min(height, width) < 2:
        texture = np.pad(texture, ((0, height == 1), (0, width == 1), (0, 0)), mode="edge")
    rgbx = cv2.cvtColor(texture, cv2.COLOR_RGB2RGBA)
    return rgbx.view(np.uint32)[:, :, 0]


def _merge_fours(samples: np.ndarray, merge: np.ufunc) -> np.ndarray:
    """Each 2 x 2 block of (2h, 2w) merged into one pixel of (h, w)."""
    upper = merge(samples[::2, ::2], samples[::2, 1::2])
    lower = merge(samples[1::2, ::2], samples[1::2, 1::2])
    return np.asarray(merge(upper, lower))


def _total_area(triangles: np.ndarray) -> float:
    """The summed area of triangles (n, 3, 2), whichever way they turn."""
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum() / 2)


def _cores() -> int:
    """How many processor cores this process may use; the picture does not depend on it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
