import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.peel import CLEAR, connected, peel
from stereopsis.train.worlds.raster import rasterise
from stereopsis.train.worlds.shapes import box, capsule, cushion, ellipsoid, rectangle, tube
from stereopsis.train.worlds.texture import TextureBank

CAMERA = Camera(40, 30, 35.0, (20.0, 15.0))
BLANK = TextureBank()
BLANK.add(np.full((4, 4, 4), 255, np.uint8))
TEXELS = BLANK.stacked()
SOLIDS = [
    ellipsoid(np.ones(3), 0),
    box([1, 1, 1], (0, 0, 0)),
    cushion([1, 1, 1], 0),
    capsule([-0.5, -0.5, 0], [0.5, -0.6, 0.2], 0.2, 0.1, 0),
    tube(np.array([[-0.3, -0.4, 0], [0, -0.5, 0.1], [3, -0.5, 0.2]]), np.full(3, 0.2), 0),
]


def wall(distance: float) -> Model:
    corner, size = np.array([-50.0, -50.0, distance]), 100.0
    return rectangle(corner, np.array([size, 0, 0]), np.array([0, size, 0]), 0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_layers_lie_strictly_behind_each_other(seed: int):
    rng = np.random.default_rng(seed)
    things = [
        SOLIDS[rng.integers(len(SOLIDS))].placed(
            rng.uniform([-1, -0.5, 1.5], [1, 1.5, 6]), turn(*rng.uniform(-2, 2, 3))
        )
        for _ in range(6)
    ]
    model = join([*things, wall(7.0)])
    before = rasterise(model, TEXELS, CAMERA).inverse_depth
    for hits in peel(model, TEXELS, CAMERA, 3):
        there = hits.face >= 0
        assert ((hits.inverse_depth > 0) == there).all()
        assert (hits.inverse_depth[there] * (1 + CLEAR) <= before[there] * (1 + 1e-9)).all()
        before = np.where(there, hits.inverse_depth, 0)


@pytest.mark.parametrize("solid", SOLIDS)
def test_behind_a_solid_is_not_its_own_back(solid: Model):
    model = join([solid.placed([0, 0.5, 2]), wall(5.0)])
    first = rasterise(model, TEXELS, CAMERA)
    second, third = peel(model, TEXELS, CAMERA, 2)
    covered = first.face < len(solid.faces)
    assert covered.sum() > 30
    assert ((second.face >= 0) == covered).all()
    assert second.inverse_depth[covered] == pytest.approx(0.2)
    assert (third.face == -1).all()


def test_what_lies_within_a_solid_is_no_layer():
    stone = ellipsoid(np.full(3, 0.5), 0).placed([0, 0.25, 2])
    model = join([ellipsoid(np.full(3, 1.5), 0).placed([0, 0.75, 2]), stone, wall(5.0)])
    (hidden,) = peel(model, TEXELS, CAMERA, 1)
    assert set(hidden.inverse_depth[hidden.face >= 0].round(6)) == {0.2}


def test_walls_behind_walls_are_all_layers():
    model = join([wall(2.0), wall(3.0), wall(4.0)])
    second, third = peel(model, TEXELS, CAMERA, 2)
    assert second.inverse_depth == pytest.approx(1 / 3)
    assert third.inverse_depth == pytest.approx(1 / 4)
    assert (second.uv != 0).any()


def test_what_nearly_touches_is_one_layer():
    model = join([wall(2.0), wall(2.0 * (1 + 0.5 * CLEAR)), wall(4.0)])
    (hidden,) = peel(model, TEXELS, CAMERA, 1)
    assert hidden.inverse_depth == pytest.approx(1 / 4)


def test_triangles_are_connected_where_their_corners_meet():
    model = join([box([1, 1, 1], (0, 0, 0)), wall(5.0), ellipsoid(np.ones(3), 0).placed([3, 0, 0])])
    owners = connected(model)
    assert len(np.unique(owners)) == 3
    assert len(np.unique(owners[:12])) == 1
    assert len(connected(join([]))) == 0
