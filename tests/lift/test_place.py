"""What place() promises of any depth, whatever its outliers."""

import numpy as np
import pytest

from stereopsis.lift.cut import cut
from stereopsis.lift.grow import grow
from stereopsis.lift.place import place
from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap, DepthScale

HEIGHT, WIDTH = 96, 128
CAMERA = Camera.from_focal_35mm(WIDTH, HEIGHT)


def with_blob(scale: DepthScale, value: float) -> DepthMap:
    """A slope, and at the picture's border a blob of 72 pixels, 0.6 %, of this inverse depth."""
    slope = np.linspace(0.1, 1.0, HEIGHT, dtype=np.float32)[:, None] + np.zeros(WIDTH, np.float32)
    if scale == "relative":
        slope = (slope - slope.min()) / np.ptp(slope)
    slope[40:52, :6] = value
    return DepthMap(slope, np.ones_like(slope, np.bool_), scale, "file", "Made up.")


@pytest.mark.parametrize("scale", ["relative", "metric"])
@pytest.mark.parametrize("value", [3.0, 100.0, 1e3, 1e6, 1e30])
def test_near_outliers_hide_no_more_than_the_picture(scale: DepthScale, value: float) -> None:
    scene, cone = place(with_blob(scale, value), CAMERA)
    parallax_px = CAMERA.focal_px * cone.radius
    layers = cut(np.zeros((HEIGHT, WIDTH, 3), np.uint8), scene, parallax_px)
    layers = grow(layers, parallax_px, 1.0 / cone.window_depth)
    assert layers.hidden.sum() < HEIGHT * WIDTH
    assert cone.radius < 1.0 / scene.max()  # nobody reaches what is nearest


@pytest.mark.parametrize("scale", ["relative", "metric"])
def test_depth_without_outliers_is_left_alone(scale: DepthScale) -> None:
    depth = with_blob(scale, 1.5)
    scene, _ = place(depth, CAMERA)
    expected = depth.inverse_depth if scale == "metric" else 0.25 + 0.75 * depth.inverse_depth
    np.testing.assert_allclose(scene, expected, rtol=1e-6)
