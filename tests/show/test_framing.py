from dataclasses import replace

import numpy as np
import pytest

from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.mesh import Mesh
from stereopsis.show.framing import LARGEST_MARGIN, border_margin, zoomed_past
from stereopsis.show.moves import MOVES, camera_path
from stereopsis.show.render import render
from tests.show.meshes import flat_mesh, sheet

BLUE, RED = (0, 0, 255), (255, 0, 0)


def framed_wall(radius: float, window_depth: float = 2.0) -> Mesh:
    """A blue wall that fills the photo, red where it goes on beyond."""
    camera = Camera.from_focal_35mm(160, 120)
    vertices, faces = sheet(camera, (-80, -60, 240, 180), depth=4.0, cells=8)
    pixels, _ = camera.project(vertices)
    texture = np.full((240, 320, 3), RED, np.uint8)
    texture[60:180, 80:240] = BLUE
    uv = (pixels + np.float32([80, 60])) / (320, 240)
    cone = ViewingCone(radius, window_depth)
    return Mesh(vertices, faces, uv.clip(0, 1).astype(np.float32), texture, camera, cone)


@pytest.mark.parametrize("move", MOVES)
def test_what_lies_beyond_the_border_stays_out_of_sight(move):
    mesh = framed_wall(radius=0.08)
    path = camera_path(move, mesh.camera, mesh.cone, 16)
    shown = zoomed_past(mesh.camera, border_margin(mesh, path))
    for camera in camera_path(move, shown, mesh.cone, 16):
        inner = render(mesh, camera).color[1:-1, 1:-1]
        assert (inner == BLUE).all()


def test_without_the_margin_it_would_be_seen():
    mesh = framed_wall(radius=0.08)
    path = camera_path("orbit", mesh.camera, mesh.cone, 16)
    assert any((render(mesh, camera).color[1:-1, 1:-1] == RED).all(axis=2).any() for camera in path)


def test_the_margin_is_the_parallax_of_the_border():
    mesh = framed_wall(radius=0.05)
    path = camera_path("swing", mesh.camera, mesh.cone, 16)
    shift_px = abs(mesh.cone.shift_px(mesh.camera, np.float32([[1 / 4]])).item())
    assert border_margin(mesh, path) == pytest.approx(shift_px / 160, rel=0.01)
    path = [camera.resized(640, 480) for camera in path]
    assert border_margin(mesh, path) == pytest.approx(shift_px / 160, rel=0.01)


def test_moves_that_keep_to_the_photo_need_no_margin():
    mesh = framed_wall(radius=0.1)
    assert border_margin(mesh, camera_path("push-in", mesh.camera, mesh.cone, 8)) < 1e-6
    resting = flat_mesh(160, 120)
    assert border_margin(resting, camera_path("orbit", resting.camera, resting.cone, 8)) < 1e-6


def test_the_margin_has_a_limit_and_an_empty_border_has_none():
    mesh = framed_wall(radius=1.0)
    path = camera_path("orbit", mesh.camera, mesh.cone, 8)
    assert border_margin(mesh, path) == LARGEST_MARGIN
    behind = replace(mesh, vertices=mesh.vertices - np.float32([0, 0, 9]))
    assert border_margin(behind, path) == 0


def test_zooming_past_a_margin_leaves_that_much_out():
    camera = Camera(200, 100, 150.0, (90.0, 55.0))
    zoomed = zoomed_past(camera, 0.1)
    inner = np.float32([(20, 10), (180, 90)])
    points = camera.unproject(inner, np.full(2, 0.5, np.float32))
    np.testing.assert_allclose(zoomed.project(points)[0], [(0, 0), (200, 100)], atol=1e-3)
    assert zoomed_past(camera, 0.0) == camera
