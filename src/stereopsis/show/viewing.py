"""What glTF has no words for: the exact camera and the viewing cone, as a file's `extras`.

Lengths and axes are ours (x right, y down, z forward), the matrix is written by rows.
"""

import math

import numpy as np

from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.mesh import Mesh
from stereopsis.show.glb_container import Json

VERSION = 1


def write_viewing(mesh: Mesh) -> Json:
    """The camera and the cone of the mesh as JSON, and where in the texture the photo lies."""
    camera, cone = mesh.camera, mesh.cone
    return {
        "version": VERSION,
        "camera": {
            "width": camera.width,
            "height": camera.height,
            "focal_px": float(camera.focal_px),
            "center_px": [float(value) for value in camera.center_px],
            "T_camera_from_scene": camera.T_camera_from_scene.ravel().tolist(),
        },
        "cone": {"radius": float(cone.radius), "window_depth": float(cone.window_depth)},
        "photo_in_texture": photo_in_texture(mesh),
    }


def photo_in_texture(mesh: Mesh) -> list[float]:
    """Left, top, right, bottom of the photo in the texture, 0 to 1.

    Most of the mesh shows the photo itself. There, texture coordinates are a scale and a shift of
    the place in the picture, which the medians over all triangles, weighed by size, therefore find.
    """
    pixels, _ = mesh.camera.project(mesh.vertices)
    places, texels = pixels[mesh.faces].astype(np.float64), mesh.uv[mesh.faces].astype(np.float64)
    size = np.ptp(places, axis=1).prod(axis=1)
    corners = []
    for axis, length in enumerate((mesh.camera.width, mesh.camera.height)):
        place, texel = places[:, :, axis], texels[:, :, axis]
        first, last = place.argmin(axis=1)[:, None], place.argmax(axis=1)[:, None]
        run, rise = (
            np.take_along_axis(values, last, 1) - np.take_along_axis(values, first, 1)
            for values in (place, texel)
        )
        scale = _weighted_median((rise / np.where(run > 0, run, 1))[:, 0], size)
        shift = _weighted_median((texel - scale * place).mean(axis=1), size)
        corners.append((shift, shift + scale * length))
    (left, right), (top, bottom) = corners
    return [left, top, right, bottom]


def read_viewing(viewing: Json) -> tuple[Camera, ViewingCone]:
    """The camera and the cone in this JSON.

    Raises:
        ValueError: no camera or cone can have these values.
    """
    lens, cone = viewing["camera"], viewing["cone"]
    lengths = [lens["width"], lens["height"], lens["focal_px"], *cone.values()]
    if not all(0 < float(length) < math.inf for length in lengths):
        raise ValueError("its camera or its viewing cone is impossible")
    if not all(isinstance(lens[side], int) for side in ("width", "height")):
        raise ValueError("its camera has no whole number of pixels")
    center_x, center_y = (float(value) for value in lens["center_px"])
    T_camera_from_scene = np.array(lens["T_camera_from_scene"], np.float32).reshape(4, 4)
    if not np.isfinite([center_x, center_y, *T_camera_from_scene.ravel()]).all():
        raise ValueError("its camera stands nowhere")
    camera = Camera(
        width=lens["width"],
        height=lens["height"],
        focal_px=float(lens["focal_px"]),
        center_px=(center_x, center_y),
        T_camera_from_scene=T_camera_from_scene,
    )
    return camera, ViewingCone(float(cone["radius"]), float(cone["window_depth"]))


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    heavier = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(heavier, heavier[-1] / 2)]])
