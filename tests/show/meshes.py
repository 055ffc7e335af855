"""Small 3D photos with known geometry, for tests of what shows them."""

from dataclasses import replace

import numpy as np

from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.mesh import Mesh

NEAR, FAR = 1.0, 4.0


def colourful(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture (h, w, 3) of soft colour bumps, different everywhere, kind to JPEG."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    picture = np.full((height, width, 3), 0.5)
    for _ in range(24):
        waves = generator.uniform(-20, 20, 2) @ np.stack([x.ravel(), y.ravel()])
        phase = generator.uniform(0, 2 * np.pi)
        bump = np.sin(waves + phase).reshape(height, width)
        picture += 0.08 * bump[..., None] * generator.uniform(-1, 1, 3)
    return (255 * picture.clip(0, 1)).astype(np.uint8)


def sheet(
    camera: Camera, rectangle: tuple[float, float, float, float], depth: float, cells: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of a flat grid at `depth` that fills this rectangle of the picture.

    The rectangle is left, top, right, bottom in pixels, and may reach beyond the picture.
    """
    left, top, right, bottom = rectangle
    x, y = np.meshgrid(np.linspace(left, right, cells + 1), np.linspace(top, bottom, cells + 1))
    pixels = np.column_stack([x.ravel(), y.ravel()]).astype(np.float32)
    vertices = camera.unproject(pixels, np.full(len(pixels), 1 / depth, np.float32))
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    right_of, below = corner + 1, corner + cells + 1
    faces = [[corner, right_of, below], [right_of, below + 1, below]]
    return vertices, np.concatenate([np.stack(face, axis=1) for face in faces]).astype(np.int32)


def flat_mesh(width: int = 320, height: int = 240, depth: float = 2.0) -> Mesh:
    """A photo on one plane at the window: it looks the same from everywhere in the cone."""
    camera = Camera.from_focal_35mm(width, height)
    vertices, faces = sheet(camera, (0, 0, width, height), depth)
    pixels, _ = camera.project(vertices)
    uv = (pixels / np.float32([width, height])).clip(0, 1)
    cone = ViewingCone(radius=0.1 * depth, window_depth=depth)
    return Mesh(vertices, faces, uv, colourful(height, width), camera, cone)


def layered_mesh(width: int = 320, height: int = 240) -> Mesh:
    """A yellow square before a colourful wall that reaches far beyond the picture.

    The texture's left half is the wall, its right half the square. The window lies between.
    """
    camera = Camera.from_focal_35mm(width, height)
    margin = 0.2
    wall = (-margin * width, -margin * height, (1 + margin) * width, (1 + margin) * height)
    square = (0.4 * width, 0.35 * height, 0.6 * width, 0.65 * height)
    behind, behind_faces = sheet(camera, wall, FAR)
    before, before_faces = sheet(camera, square, NEAR)
    texture = np.hstack([colourful(height, width), np.zeros((height, width, 3), np.uint8)])
    texture[:, width:] = (230, 190, 40)
    behind_uv = _grid_uv(behind) * np.float32([0.5, 1])
    before_uv = _grid_uv(before) * np.float32([0.4, 0.8]) + np.float32([0.55, 0.1])
    return Mesh(
        vertices=np.concatenate([behind, before]),
        faces=np.concatenate([behind_faces, before_faces + len(behind)]).astype(np.int32),
        uv=np.concatenate([behind_uv, before_uv]).astype(np.float32),
        texture=texture,
        camera=camera,
        cone=ViewingCone(radius=0.05, window_depth=2.0),
    )


def _grid_uv(vertices: np.ndarray) -> np.ndarray:
    """Each vertex's place (n, 2) within the box around all, 0 to 1."""
    low, high = vertices[:, :2].min(axis=0), vertices[:, :2].max(axis=0)
    return ((vertices[:, :2] - low) / (high - low)).clip(0, 1).astype(np.float32)


def posed(mesh: Mesh) -> Mesh:
    """The mesh with a camera that neither stands in the origin nor looks along z."""
    angle = 0.3
    T_camera_from_scene = np.eye(4, dtype=np.float32)
    T_camera_from_scene[:3, :3] = [
        [np.cos(angle), 0, np.sin(angle)],
        [0, 1, 0],
        [-np.sin(angle), 0, np.cos(angle)],
    ]
    T_camera_from_scene[:3, 3] = 0.1, -0.2, 0.3
    return replace(mesh, camera=replace(mesh.camera, T_camera_from_scene=T_camera_from_scene))
