import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.scene.second_eye import SecondEye

FAR_PX, NEAR_PX = 3.0, 40.0


def turned_eye(seed: int = 0, height: int = 60, width: int = 80) -> SecondEye:
    """An eye whose homographies turn, shift and tilt a little."""
    generator = np.random.default_rng(seed)
    size = np.array([[1e-2, 1e-2, 5.0], [1e-2, 1e-2, 5.0], [1e-4, 1e-4, 1e-2]])
    shown, other = (np.eye(3) + size * generator.uniform(-1, 1, (3, 3)) for _ in range(2))
    picture = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return SecondEye(picture, shown, other, FAR_PX, NEAR_PX)


def moved(homography: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    homogeneous = np.column_stack([pixels, np.ones(len(pixels))]) @ homography.T
    return homogeneous[:, :2] / homogeneous[:, 2:]


def places(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    pixels = generator.uniform((0, 0), (80, 60), (50, 2)).astype(np.float32)
    return pixels, generator.uniform(-0.2, 1.2, 50).astype(np.float32)


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_on_the_shared_rows_only_the_disparity_is_between_the_eyes(seed: int) -> None:
    eye = turned_eye(seed)
    pixels, relative = places()
    found = moved(eye.rows_from_other, eye.locate(pixels, relative))
    expected = moved(eye.rows_from_shown, pixels)
    expected[:, 0] -= FAR_PX + relative * (NEAR_PX - FAR_PX)
    assert np.abs(found - expected).max() < 0.01


def test_straight_eyes_need_no_homographies() -> None:
    straight = SecondEye(np.zeros((60, 80, 3), np.uint8), np.eye(3), np.eye(3), FAR_PX, NEAR_PX)
    pixels = np.array([(50.5, 20.5), (50.5, 20.5)], np.float32)
    found = straight.locate(pixels, np.array([0.0, 1.0], np.float32))
    assert found == pytest.approx(np.array([(47.5, 20.5), (10.5, 20.5)]))


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_resized_photo_shows_the_same_in_the_same_places(factor: float) -> None:
    eye = turned_eye()
    pixels, relative = places()
    resized = eye.for_photo_scaled(factor).locate(pixels * np.float32(factor), relative)
    assert resized == pytest.approx(eye.locate(pixels, relative), abs=0.01)


def test_a_shrunk_picture_shows_the_same_in_smaller_places() -> None:
    eye = turned_eye()
    pixels, relative = places()
    small = eye.shrunk(0.5)
    assert small.pixels.shape == (30, 40, 3)
    assert small.locate(pixels, relative) == pytest.approx(
        0.5 * eye.locate(pixels, relative), abs=0.01
    )
    assert eye.shrunk(1.5) is eye


def test_what_lies_on_the_horizon_is_nowhere() -> None:
    tilted = np.array([[1.0, 0, 0], [0, 1, 0], [-0.02, 0, 1]])
    eye = SecondEye(np.zeros((60, 80, 3), np.uint8), tilted, np.eye(3), FAR_PX, NEAR_PX)
    found = eye.locate(np.array([(50.0, 20.0)], np.float32), np.zeros(1, np.float32))
    assert not np.isfinite(found).any()
