"""What glTF has no words for: the exact camera and the viewing cone, as a file's `extras`.

Lengths and axes are ours (x right, y down, z forward), the matrix is written by rows.
"""

import math

import numpy as np

from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.show.glb_container import Json

VERSION = 1


def write_viewing(camera: Camera, cone: ViewingCone) -> Json:
    """The camera and the cone as JSON."""
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
    }


def read_viewing(viewing: Json) -> tuple[Camera, ViewingCone]:
    """The camera and the cone in this JSON.

    Raises:
        ValueError: no camera or cone can have these values.
    """
    lens, cone = viewing["camera"], viewing["cone"]
    lengths = [lens["width"], lens["height"], lens["focal_px"], *cone.values()]
    if not all(0 < float(length) < math.inf for length in lengths):
        raise ValueError("its camera or its viewing cone is impossible")
    center_x, center_y = (float(value) for value in lens["center_px"])
    T_camera_from_scene = np.array(lens["T_camera_from_scene"], np.float32).reshape(4, 4)
    if not np.isfinite([center_x, center_y, *T_camera_from_scene.ravel()]).all():
        raise ValueError("its camera stands nowhere")
    camera = Camera(
        width=int(lens["width"]),
        height=int(lens["height"]),
        focal_px=float(lens["focal_px"]),
        center_px=(center_x, center_y),
        T_camera_from_scene=T_camera_from_scene,
    )
    return camera, ViewingCone(float(cone["radius"]), float(cone["window_depth"]))
