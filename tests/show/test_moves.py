import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.show.moves import MOVES, camera_path
from stereopsis.show.render import render
from tests.show.meshes import layered_mesh

CAMERA = Camera(320, 240, 260.0, (150.0, 125.0))
CONE = ViewingCone(radius=0.08, window_depth=2.0)

moves = st.sampled_from(MOVES)
frame_counts = st.integers(2, 240)
amplitudes = st.floats(0.05, 1.0)


def offsets(path: list[Camera]) -> np.ndarray:
    """Where the cameras stand (n, 3); they all look along z."""
    return np.array([-camera.T_camera_from_scene[:3, 3] for camera in path])


def lenses(path: list[Camera]) -> np.ndarray:
    """Focal length and centre (n, 3) of each camera, in focal lengths of the photo's."""
    return np.array([(camera.focal_px, *camera.center_px) for camera in path]) / CAMERA.focal_px


@given(moves, frame_counts, amplitudes)
def test_no_move_leaves_the_cone(move, frames, amplitude):
    path = camera_path(move, CAMERA, CONE, frames, amplitude)
    assert len(path) == frames
    distance = np.linalg.norm(offsets(path), axis=1)
    assert distance.max() <= amplitude * CONE.radius * (1 + 1e-5)


@pytest.mark.parametrize("move", MOVES)
def test_a_move_uses_most_of_the_cone(move):
    distance = np.linalg.norm(offsets(camera_path(move, CAMERA, CONE, 120)), axis=1)
    assert distance.max() > 0.9 * CONE.radius


@given(moves, st.integers(12, 240), amplitudes)
def test_every_move_is_smooth_across_the_seam(move, frames, amplitude):
    path = camera_path(move, CAMERA, CONE, frames, amplitude)
    states = np.hstack([offsets(path) / CONE.radius, lenses(path)])
    speed = np.roll(states, -1, axis=0) - states
    change = np.roll(speed, -1, axis=0) - speed
    step = 2 * np.pi / frames
    assert np.abs(speed).max() <= amplitude * step * 1.01 + 1e-5
    assert np.abs(change).max() <= amplitude * 1.3 * step**2 + 1e-5


@given(st.sampled_from(["orbit", "swing", "sway", "dolly-zoom"]), frame_counts, amplitudes)
def test_the_window_rests(move, frames, amplitude):
    pixels = np.float32([(0, 0), (320, 0), (160, 120), (320, 240)])
    points = CAMERA.unproject(pixels, np.full(4, 1 / CONE.window_depth, np.float32))
    for camera in camera_path(move, CAMERA, CONE, frames, amplitude)[:8]:
        np.testing.assert_allclose(camera.project(points)[0], pixels, atol=1e-2)


@pytest.mark.parametrize("move", MOVES)
def test_no_move_shows_what_lies_beyond_the_photo_grown_by_its_parallax(move):
    mesh = layered_mesh(96, 72)
    for camera in camera_path(move, mesh.camera, mesh.cone, 12):
        assert not render(mesh, camera).uncovered.any()


def test_pushing_in_and_dollying_change_the_size_of_the_window():
    for move in ("push-in", "dolly"):
        path = camera_path(move, CAMERA, CONE, 8)
        sizes = [c.focal_px / (CONE.window_depth + c.T_camera_from_scene[2, 3]) for c in path]
        assert max(sizes) > 1.04 * min(sizes)
        assert min(sizes) >= CAMERA.focal_px / CONE.window_depth * (1 - 1e-6)


@pytest.mark.parametrize("frames", [-1, 0, 1])
def test_a_move_needs_two_frames(frames):
    with pytest.raises(OptionError, match="stands still"):
        camera_path("orbit", CAMERA, CONE, frames)


@pytest.mark.parametrize("amplitude", [-0.5, 0.0, 1.01, float("nan"), float("inf")])
def test_the_amplitude_is_a_share_of_the_cone(amplitude):
    with pytest.raises(OptionError, match="out of range"):
        camera_path("orbit", CAMERA, CONE, 10, amplitude)
