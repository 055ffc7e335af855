import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.shapes import box, cylinder, ellipsoid, gable, lathe

angles = st.floats(-3, 3)


@given(angles, angles, angles)
def test_turns_are_rotations(yaw: float, pitch: float, roll: float):
    rotation = turn(yaw, pitch, roll)
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_turns_look_right_and_up():
    assert turn(0.3)[0, 2] > 0
    assert turn(0, 0.3)[1, 2] < 0


def test_joined_models_keep_their_triangles():
    a, b = box(np.ones(3), (0, 1, 2)), ellipsoid(np.ones(3), 3).placed([5, 0, 0])
    both = join([a, b])
    corners = np.concatenate([a.vertices[a.faces], b.vertices[b.faces]])
    assert (both.vertices[both.faces] == corners).all()
    assert (both.texture == np.concatenate([a.texture, b.texture])).all()


def test_things_stand_up_at_unit_size():
    thing = box(np.array([2.0, 4.0, 1.0]), (0, 0, 0)).placed([7, -3, 2]).stood_up()
    low, high = thing.vertices.min(0), thing.vertices.max(0)
    assert high - low == pytest.approx([0.5, 1, 0.25])
    assert [low[0] + high[0], high[1], low[2] + high[2]] == pytest.approx([0, 0, 0], abs=1e-6)


@pytest.mark.parametrize(
    "shape",
    [
        box(np.array([1.0, 2.0, 1.0]), (0, 0, 0)),
        ellipsoid(np.array([1.0, 2.0, 1.0]), 0),
        cylinder(0.5, 2.0, 0),
        lathe(np.array([0.0, 1.0, 2.0]), np.array([0.2, 0.5, 0.0]), 0),
        gable(1.0, 2.0, 1.0, 0),
    ],
)
def test_shapes_stand_on_the_origin_and_fill_their_size(shape: Model):
    low, high = shape.vertices.min(0), shape.vertices.max(0)
    assert low == pytest.approx([-0.5, -2, -0.5], abs=0.01)
    assert high == pytest.approx([0.5, 0, 0.5], abs=0.01)
