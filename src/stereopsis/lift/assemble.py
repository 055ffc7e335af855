"""Lifts a triangulated layered image into space and wraps its texture around it."""

import numpy as np

from stereopsis.lift.atlas import Atlas, paint
from stereopsis.lift.triangulate import Surface
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.layers import LayeredImage
from stereopsis.scene.mesh import Mesh
from stereopsis.scene.photo import Photo


def assemble(
    surface: Surface,
    layers: LayeredImage,
    atlas: Atlas,
    texture: Photo,
    camera: Camera,
    cone: ViewingCone,
) -> Mesh:
    """The textured mesh, its vertices split where charts meet, as glTF asks.

    `texture` is the photo at the size it is drawn with, `camera` the one of the photo itself.
    """
    charts = len(atlas.offset)
    key = surface.faces.astype(np.int64) * charts + surface.chart[:, None]
    corners, faces = np.unique(key, return_inverse=True)
    vertex, chart = np.divmod(corners, charts)
    position = surface.position[vertex]
    canvas = paint(atlas, layers, texture.pixels)
    size = (texture.camera.width, texture.camera.height)
    texels = atlas.texture_positions(position, chart.astype(np.int32), layers, size)
    layered_camera = camera.resized(layers.width, layers.height)
    return Mesh(
        vertices=layered_camera.unproject(position, surface.inverse_depth[vertex]),
        faces=faces.reshape(-1, 3).astype(np.int32),
        uv=(texels / np.array((canvas.shape[1], canvas.shape[0]), np.float32)).astype(np.float32),
        texture=canvas,
        camera=camera,
        cone=cone,
    )
