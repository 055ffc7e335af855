"""Mesh: textured triangles that a viewer can show."""

from dataclasses import dataclass

import numpy as np

from stereopsis.scene.arrays import ColorImage, Pixels, Points, Triangles
from stereopsis.scene.camera import Camera, ViewingCone


@dataclass(frozen=True)
class Mesh:
    """A 3D photo: vertices in scene units (x right, y down, z forward), seen from `camera`.

    `uv` lies in [0, 1], v downwards from the texture's top edge. Triangles that face the camera
    run clockwise in the picture (x right, y down). `cone` says from where it may be looked at.
    """

    vertices: Points
    faces: Triangles
    uv: Pixels
    texture: ColorImage
    camera: Camera
    cone: ViewingCone

    def __post_init__(self) -> None:
        assert len(self.vertices) == len(self.uv)
        assert len(self.faces) > 0
        assert self.faces.min() >= 0 and self.faces.max() < len(self.vertices)
        assert np.isfinite(self.vertices).all() and np.isfinite(self.uv).all()
