import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.lift.cut import cut
from stereopsis.lift.grow import grow
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.plane import fit_plane
from stereopsis.lift.rims import find_rims
from stereopsis.lift.slopes import SlopeConfig, measure_slopes
from tests.lift import scenes

SURE = SlopeConfig(evidence=1e-6)
slope = st.floats(-0.003, 0.003)


@given(slope, slope)
def test_a_planes_slopes_are_found_beside_what_stands_before_it(across: float, down: float) -> None:
    y, x = np.mgrid[: scenes.HEIGHT, : scenes.WIDTH]
    wall = 0.4 + across * (x - scenes.WIDTH / 2) + down * (y - scenes.HEIGHT / 2)
    inverse_depth = np.where(scenes.disk(), 1.5, np.maximum(wall, 0.01)).astype(np.float32)
    color = np.zeros((*inverse_depth.shape, 3), np.uint8)
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    rims = find_rims(layers)
    is_flat = np.abs(x - scenes.WIDTH / 2) < 40
    wanted = np.flatnonzero((rims > 1) & ~scenes.disk().ravel() & is_flat.ravel())[::97]
    found = measure_slopes(layers, rims, wanted, scenes.PARALLAX_PX, SURE)
    np.testing.assert_allclose(found, np.tile([across, down], (len(wanted), 1)), atol=1e-4)


def test_a_slope_needs_evidence() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-4, 4, (2, 5))
    z = 0.5 * x
    assert abs(fit_plane(x, y, z, 2.0, 0.0, 1)[1] - 0.5) < 1e-9
    assert abs(fit_plane(x, y, z, 2.0, 1e4, 1)[1]) < 0.01


def test_a_floor_behind_a_front_goes_on_as_a_plane() -> None:
    layers = cut(*scenes.disk_over_slope(0.4), scenes.PARALLAX_PX, config=scenes.SHARP)
    painted = inpaint(grow(layers, scenes.PARALLAX_PX, scenes.WINDOW), scenes.PARALLAX_PX)
    slope = scenes.FAR + 0.4 * painted.y / (scenes.HEIGHT - 1)
    behind = painted.hidden & (np.hypot(painted.x - 64, painted.y - 48) < scenes.RADIUS - 2)
    behind &= slope < scenes.NEAR - 0.25  # where the floor does not come too near to the disk
    off_px = scenes.PARALLAX_PX * np.abs(painted.inverse_depth - slope)[behind]
    assert behind.sum() > 500
    assert off_px.mean() < 0.2 and off_px.max() < 1.0


def test_slopes_never_lead_far_away() -> None:
    layers = grow(cut(*scenes.noise(3), scenes.PARALLAX_PX), scenes.PARALLAX_PX, scenes.WINDOW)
    painted = inpaint(layers, scenes.PARALLAX_PX)
    assert (painted.inverse_depth > 0).all()
    assert painted.inverse_depth.max() <= 2 * layers.inverse_depth.max()
