import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.scene.camera import FULL_FRAME_DIAGONAL_MM, Camera, ViewingCone

cameras = st.builds(
    Camera.from_focal_35mm, st.integers(40, 4000), st.integers(40, 4000), st.floats(12, 200)
)
small = st.floats(-0.2, 0.2)
offsets = st.tuples(small, small, small)


def scatter(camera: Camera, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    pixels = generator.uniform(0, (camera.width, camera.height), (50, 2)).astype(np.float32)
    return pixels, generator.uniform(0.2, 2.0, 50).astype(np.float32)


@given(cameras, offsets)
def test_project_undoes_unproject(camera: Camera, offset: tuple[float, float, float]) -> None:
    camera = camera.moved(offset)
    pixels, inverse_depth = scatter(camera)
    projected, in_front = camera.project(camera.unproject(pixels, inverse_depth))
    assert in_front.all()
    assert np.abs(projected - pixels).max() < 1e-2 + 1e-5 * camera.long_side


def test_axes_are_right_down_forward() -> None:
    camera = Camera(200, 100, 100.0, (100.0, 50.0))
    points = np.array([(0, 0, 1), (1, 0, 1), (0, 1, 1), (0, 0, -1)], np.float32)
    pixels, in_front = camera.project(points)
    assert pixels[:3].tolist() == [[100, 50], [200, 50], [100, 150]]
    assert in_front.tolist() == [True, True, True, False]


@given(cameras)
def test_resizing_scales_what_is_seen(camera: Camera) -> None:
    points = camera.unproject(*scatter(camera))
    twice = camera.resized(2 * camera.width, 2 * camera.height)
    assert np.allclose(twice.project(points)[0], 2 * camera.project(points)[0], rtol=1e-3, atol=0.1)


@given(cameras)
def test_cropping_shifts_what_is_seen(camera: Camera) -> None:
    points = camera.unproject(*scatter(camera))
    cropped = camera.cropped(7, 11, camera.width - 7, camera.height - 11)
    moved = camera.project(points)[0] - (7, 11)
    assert np.allclose(cropped.project(points)[0], moved, rtol=1e-3, atol=0.05)


@given(cameras, st.tuples(small, small, st.floats(-0.5, 0.5)), st.floats(1.0, 5.0))
def test_the_window_rests_while_the_camera_moves(
    camera: Camera, offset: tuple[float, float, float], window_depth: float
) -> None:
    pixels, _ = scatter(camera)
    on_window = camera.unproject(pixels, np.full(50, 1 / window_depth, np.float32))
    seen = camera.through_window(offset, window_depth).project(on_window)[0]
    assert np.abs(seen - pixels).max() < 1e-2 + 1e-4 * camera.long_side


def test_the_cone_tells_how_far_pixels_move() -> None:
    camera = Camera(640, 480, 500.0, (320.0, 240.0))
    cone = ViewingCone(radius=0.1, window_depth=2.0)
    pixels, inverse_depth = scatter(camera)
    points = camera.unproject(pixels, inverse_depth)
    seen = camera.through_window((cone.radius, 0.0, 0.0), cone.window_depth).project(points)[0]
    shift = cone.shift_px(camera, inverse_depth)
    assert np.allclose(pixels[:, 0] - seen[:, 0], shift, atol=1e-2)
    assert np.allclose(pixels[:, 1], seen[:, 1], atol=1e-2)


def test_focal_length_is_relative_to_the_diagonal() -> None:
    assert Camera.from_focal_35mm(3600, 2400, 50).focal_px == pytest.approx(5000, rel=1e-4)
    assert pytest.approx(np.hypot(36, 24), rel=1e-4) == FULL_FRAME_DIAGONAL_MM
    upright = Camera.from_focal_35mm(2400, 3600, 50)
    assert upright.focal_px == pytest.approx(5000, rel=1e-4)
