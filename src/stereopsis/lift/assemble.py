"""Lifts a triangulated layered image into space and wraps its texture around it."""

from dataclasses import replace

import numpy as np

from stereopsis.lift.atlas import PHOTO_CHART, Atlas, draw_texture
from stereopsis.lift.fringe import Strip
from stereopsis.lift.triangulate import Surface
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.layers import LayeredImage
from stereopsis.scene.mesh import Fringe, Mesh
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
    canvas = draw_texture(atlas, layers, texture.pixels)
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


def with_fringe(
    mesh: Mesh, strip: Strip, layers: LayeredImage, atlas: Atlas, texture: Photo
) -> Mesh:
    """The mesh with a strip beside its silhouettes, coloured by the photo in its texture.

    `texture` is that photo at the size it is drawn with.
    """
    if len(strip.faces) == 0:
        return mesh
    chart = np.full(len(strip.position), PHOTO_CHART, np.int32)
    size = (texture.camera.width, texture.camera.height)
    texels = atlas.texture_positions(strip.color_at, chart, layers, size)
    height, width = mesh.texture.shape[:2]
    layered_camera = mesh.camera.resized(layers.width, layers.height)
    fringe = Fringe(
        layered_camera.unproject(strip.position, strip.inverse_depth),
        strip.faces,
        (texels / np.array((width, height), np.float32)).astype(np.float32),
        strip.coverage,
    )
    return replace(mesh, fringe=fringe)
