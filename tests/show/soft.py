"""A mesh with a fringe, for tests of what shows it."""

from dataclasses import replace

import numpy as np

from stereopsis.scene.mesh import Fringe, Mesh
from tests.show.meshes import NEAR, layered_mesh, sheet


def soft_mesh(coverage: float = 0.5) -> Mesh:
    """The yellow square before its wall, with a strip right of it that covers half."""
    mesh = layered_mesh()
    width, height = mesh.camera.width, mesh.camera.height
    place = (0.6 * width, 0.35 * height, 0.6 * width + 20, 0.65 * height)
    vertices, faces = sheet(mesh.camera, place, NEAR, cells=2)
    uv = np.full((len(vertices), 2), 0.75, np.float32)
    return replace(
        mesh, fringe=Fringe(vertices, faces, uv, np.full(len(vertices), coverage, np.float32))
    )
