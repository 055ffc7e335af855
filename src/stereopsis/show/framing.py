"""How much of a photo a film shows: less a margin, so that its border stays out of sight."""

from dataclasses import replace

import numpy as np

from stereopsis.scene.camera import Camera
from stereopsis.scene.mesh import Mesh
from stereopsis.show.render import render

PROBE_PX = 192  # the border is looked at in a picture of this size
DECIDING_PERCENTILE = 98  # a few specks at the border do not decide
LARGEST_MARGIN = 0.1  # films that would need more show some of what lies beyond
EDGES = ((np.s_[:, 0], 0, 1), (np.s_[:, -1], 0, -1), (np.s_[0], 1, 1), (np.s_[-1], 1, -1))


def border_margin(mesh: Mesh, path: list[Camera]) -> float:
    """How far the photo's border comes into the picture along a path, as a share of each side.

    `path` belongs to the mesh's own camera, in any size. What lies beyond the border was invented
    and is best not looked at. The margin is between 0 and LARGEST_MARGIN.
    """
    scale = PROBE_PX / mesh.camera.long_side
    width, height = (max(2, round(scale * n)) for n in (mesh.camera.width, mesh.camera.height))
    probe = mesh.camera.resized(width, height)
    inverse_depth = render(mesh, probe).inverse_depth
    pixels = np.dstack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5))
    margin = 0.0
    for edge, axis, inwards in EDGES:
        known = inverse_depth[edge] > 0
        if not known.any():
            continue
        rest = pixels[edge][known].astype(np.float32)
        points = probe.unproject(rest, inverse_depth[edge][known])
        for camera in path:
            seen, _ = camera.project(points)
            sizes = ((camera.width, camera.height), (width, height))
            shift = seen[:, axis] / sizes[0][axis] - rest[:, axis] / sizes[1][axis]
            margin = max(margin, float(np.percentile(inwards * shift, DECIDING_PERCENTILE)))
    return min(margin, LARGEST_MARGIN)


def zoomed_past(camera: Camera, margin: float) -> Camera:
    """The camera zoomed in on the middle of its picture, with this share of each side left out."""
    zoom = 1.0 / (1.0 - 2.0 * margin)
    x, y = camera.center_px
    middle_x, middle_y = camera.width / 2, camera.height / 2
    center_px = (middle_x + zoom * (x - middle_x), middle_y + zoom * (y - middle_y))
    return replace(camera, focal_px=zoom * camera.focal_px, center_px=center_px)
