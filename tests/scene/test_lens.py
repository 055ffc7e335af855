from dataclasses import replace

import cv2
import numpy as np
import pytest

from stereopsis.scene.camera import Camera
from stereopsis.scene.lens import Lens, LensModel
from tests.scene.rigs import COEFFICIENTS, lens


def points(n: int = 200, spread: float = 0.6) -> np.ndarray:
    rng = np.random.default_rng(0)
    xy = rng.uniform(-spread, spread, (n, 2))
    return (np.column_stack([xy, np.ones(n)]) * rng.uniform(0.5, 5, (n, 1))).astype(np.float32)


def as_opencv(some: Lens) -> np.ndarray:
    (fx, fy), (cx, cy) = some.focal_px, some.center_px
    return np.array([[fx, 0, cx - 0.5], [0, fy, cy - 0.5], [0, 0, 1]])


def test_a_pinhole_lens_is_a_camera() -> None:
    given = Lens("pinhole", 160, 120, (150.0, 150.0), (81.0, 59.0))
    pixels, drawn = given.project(points())
    assert drawn.all()
    expected, _ = Camera(160, 120, 150.0, (81.0, 59.0)).project(points())
    np.testing.assert_allclose(pixels, expected, atol=1e-3)


@pytest.mark.parametrize("count", [4, 5, 8, 12, 14])
def test_rational_lenses_are_those_of_opencv(count: int) -> None:
    coefficients = (-0.12, 0.03, 0.001, -0.002, -0.002, 0.01, 0.02, 0.001, *[0.001] * 6)[:count]
    given = replace(lens("rational"), coefficients=coefficients)
    pixels, drawn = given.project(points())
    assert drawn.all()
    expected, _ = cv2.projectPoints(
        points()[:, None], np.zeros(3), np.zeros(3), as_opencv(given), np.array(coefficients)
    )
    np.testing.assert_allclose(pixels - 0.5, expected[:, 0], atol=1e-3)


def test_fisheye_lenses_are_those_of_opencv() -> None:
    given = lens("fisheye")
    pixels, drawn = given.project(points(spread=3))
    assert drawn.all()
    bends = np.array(given.coefficients)
    expected, _ = cv2.fisheye.projectPoints(
        points(spread=3)[:, None], np.zeros(3), np.zeros(3), as_opencv(given), bends
    )
    np.testing.assert_allclose(pixels - 0.5, expected[:, 0], atol=1e-3)


def test_fisheye624_lenses_are_those_of_project_aria() -> None:
    """The pixels are what projectaria-tools 2.1 gives for these points."""
    given = Lens("fisheye624", 640, 480, (240.0, 240.0), (320.5, 235.5), COEFFICIENTS["fisheye624"])
    rays = [(0, 0, 1), (0.5, -0.25, 1), (-2, 1, 1), (-0.01, 0.02, 0.5)]
    pixels, drawn = given.project(np.array(rays, np.float32))
    assert drawn.all()
    expected = [(320, 235), (429.488, 180.3003), (69.4071, 360.4757), (315.2042, 244.5919)]
    np.testing.assert_allclose(pixels - 0.5, expected, atol=1e-3)


def test_fisheye624_without_its_own_terms_is_fisheye() -> None:
    four = COEFFICIENTS["fisheye"]
    some = lens("fisheye")
    other = replace(some, model="fisheye624", coefficients=(*four, *[0.0] * 8))
    np.testing.assert_allclose(other.project(points())[0], some.project(points())[0], atol=1e-4)


@pytest.mark.parametrize("model", COEFFICIENTS)
def test_nothing_behind_a_lens_is_drawn(model: LensModel) -> None:
    rays = np.array([(0, 0, 0), (0, 0, -1), (1, 0, 0), (0.3, -0.2, -1), (1, 1, -0.01)], np.float32)
    pixels, drawn = lens(model).project(rays)
    assert np.isfinite(pixels).all()
    assert not drawn[1:].any()


def test_a_lens_ends_where_its_picture_turns_back() -> None:
    """r (1 - 0.5 r^2) grows up to r^2 = 2 / 3."""
    given = Lens("rational", 160, 120, (150.0, 150.0), (80.0, 60.0), (-0.5, 0.0, 0.0, 0.0))
    assert np.tan(given.reach) == pytest.approx((2 / 3) ** 0.5, rel=0.02)
    slopes = np.array([0.7, 0.78, 0.85, 1.2])
    rays = np.column_stack([slopes, np.zeros(4), np.ones(4)]).astype(np.float32)
    assert given.project(rays)[1].tolist() == [True, True, False, False]


def test_a_lens_whose_picture_never_turns_back_reaches_89_degrees() -> None:
    assert np.degrees(lens("fisheye").reach) == pytest.approx(89)


@pytest.mark.parametrize("model", COEFFICIENTS)
def test_resizing_scales_what_a_lens_draws(model: LensModel) -> None:
    given = lens(model)
    small = given.resized(80, 40)
    assert (small.width, small.height) == (80, 40)
    expected = given.project(points())[0] * np.array([1 / 2, 1 / 3], np.float32)
    np.testing.assert_allclose(small.project(points())[0], expected, atol=1e-3)
