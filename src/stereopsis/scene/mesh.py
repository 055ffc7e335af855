"""Mesh: textured triangles that a viewer can show."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stereopsis.scene.arrays import ColorImage, Pixels, Points, Triangles
from stereopsis.scene.camera import Camera, ViewingCone


@dataclass(frozen=True)
class Fringe:
    """Thin triangles beside a mesh's silhouettes that hide only a part of what is behind them.

    They have the mesh's texture, and of each vertex the share (0 to 1) that it covers. They are
    drawn after the mesh, and hide nothing from each other.
    """

    vertices: Points
    faces: Triangles
    uv: Pixels
    coverage: Float32[np.ndarray, " n"]

    def __post_init__(self) -> None:
        assert len(self.vertices) == len(self.uv) == len(self.coverage)
        assert len(self.faces) > 0
        assert self.faces.min() >= 0 and self.faces.max() < len(self.vertices)
        assert np.isfinite(self.vertices).all() and np.isfinite(self.uv).all()
        assert self.coverage.min() >= 0 and self.coverage.max() <= 1


@dataclass(frozen=True)
class Mesh:
    """A 3D photo: vertices in scene units (x right, y down, z forward), seen from `camera`.

    `uv` lies in [0, 1], v downwards from the texture's top edge. Triangles that face the camera
    run clockwise in the picture (x right, y down). `cone` says from where it may be looked at.
    With a `fringe` its silhouettes are soft; whoever cannot draw that may leave it out.
    """

    vertices: Points
    faces: Triangles
    uv: Pixels
    texture: ColorImage
    camera: Camera
    cone: ViewingCone
    fringe: Fringe | None = None

    def __post_init__(self) -> None:
        assert len(self.vertices) == len(self.uv)
        assert len(self.faces) > 0
        assert self.faces.min() >= 0 and self.faces.max() < len(self.vertices)
        assert np.isfinite(self.vertices).all() and np.isfinite(self.uv).all()
