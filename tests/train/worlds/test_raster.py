from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import join
from stereopsis.train.worlds.raster import NEAR, rasterise
from stereopsis.train.worlds.shapes import cutout_card, ellipsoid, rectangle
from stereopsis.train.worlds.texture import TextureBank

CAMERA = Camera(80, 60, 70.0, (40.0, 30.0))
BLANK = TextureBank()
BLANK.add(np.full((4, 4, 4), 255, np.uint8))
TEXELS = BLANK.stacked()


def rays() -> tuple[np.ndarray, np.ndarray]:
    x = (np.arange(CAMERA.width) + 0.5 - CAMERA.center_px[0]) / CAMERA.focal_px
    y = (np.arange(CAMERA.height) + 0.5 - CAMERA.center_px[1]) / CAMERA.focal_px
    return np.broadcast_arrays(x[None], y[:, None])


@settings(max_examples=25, deadline=None)
@given(
    slant=st.tuples(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8)),
    distance=st.floats(0.5, 50.0),
)
def test_a_plane_has_its_analytic_inverse_depth(slant: tuple[float, float], distance: float):
    a, b = slant  # the plane z = distance + a x + b y, large enough to fill the picture
    along, down = np.array([1, 0, a]), np.array([0, 1, b])
    size = 30 * distance
    corner = np.array([0, 0, distance]) - size / 2 * (along + down)
    hits = rasterise(rectangle(corner, size * along, size * down, 0), TEXELS, CAMERA)
    x, y = rays()
    assert (hits.face >= 0).all()
    assert hits.inverse_depth == pytest.approx((1 - a * x - b * y) / distance, rel=1e-5, abs=1e-7)


def test_texture_coordinates_are_perspective_correct():
    floor = rectangle(np.array([-20, 1, 0.5]), np.array([40, 0, 0]), np.array([0, 0, 40]), 0)
    hits = rasterise(floor, TEXELS, CAMERA)
    rows, columns = np.nonzero(hits.face >= 0)
    x, y = rays()
    depth = 1 / hits.inverse_depth[rows, columns]
    assert len(rows) > 500
    assert depth == pytest.approx(1 / y[rows, columns], rel=1e-5)
    u, v = hits.uv[rows, columns].T
    assert u == pytest.approx((x[rows, columns] * depth + 20) / 40, abs=1e-4)
    assert v == pytest.approx((depth - 0.5) / 40, abs=1e-4)


def test_a_sphere_has_its_analytic_inverse_depth():
    ball = ellipsoid(np.array([2.0, 2.0, 2.0]), 0).placed(np.array([0.3, 1.0, 4.0]))
    hits = rasterise(ball, TEXELS, CAMERA)
    x, y = rays()
    norm = x * x + y * y + 1
    middle = (0.3 * x + 4) / norm
    discriminant = middle**2 - (0.3**2 + 16 - 1) / norm
    inside = discriminant > 0.02
    truth = 1 / (middle - np.sqrt(np.maximum(discriminant, 0)))
    assert (hits.face[inside] >= 0).all()
    assert not (hits.face[discriminant < 0] >= 0).any()
    assert np.abs(hits.inverse_depth - truth)[inside].max() < 0.01


def test_the_nearer_surface_wins_whatever_the_order():
    near = rectangle(np.array([-9, -9, 2]), np.array([18, 0, 0]), np.array([0, 18, 0]), 0)
    far = near.placed(np.array([0, 0, 3.0]))
    for pair in ((near, far), (far, near)):
        assert rasterise(join(pair), TEXELS, CAMERA).inverse_depth == pytest.approx(0.5)


def test_what_crosses_the_camera_is_clipped_and_what_is_behind_vanishes():
    floor = rectangle(np.array([-50, 0.5, -50]), np.array([100, 0, 0]), np.array([0, 0, 100]), 0)
    hits = rasterise(floor, TEXELS, CAMERA)
    _, y = rays()
    below = y > 0.02
    assert hits.inverse_depth[below] == pytest.approx(y[below] / 0.5, rel=1e-5)
    assert (hits.inverse_depth <= 1 / NEAR).all()
    behind = floor.placed(np.array([0, 0, -60.0]))
    assert (rasterise(behind, TEXELS, CAMERA).face == -1).all()


def test_cutout_faces_have_holes_and_others_do_not():
    half = np.full((8, 8, 4), 255, np.uint8)
    half[:, :4, 3] = 0
    bank = TextureBank()
    card = cutout_card(40.0, 40.0, bank.add(half)).placed(np.array([0, 20.0, 5.0]))
    solid = replace(card, cutout=~card.cutout)
    assert (rasterise(solid, bank.stacked(), CAMERA).face >= 0).all()
    seen = rasterise(card, bank.stacked(), CAMERA).face >= 0
    assert not seen[:, :39].any() and seen[:, 41:].all()


def test_an_empty_model_leaves_an_empty_picture():
    hits = rasterise(join([]), TEXELS, CAMERA)
    assert (hits.face == -1).all() and (hits.inverse_depth == 0).all()
