import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.train.worlds.model import Model
from stereopsis.train.worlds.shapes import box, capsule, cushion, ellipsoid, rod, slab, tube

sides = st.floats(0.05, 5)


def extents(model: Model) -> np.ndarray:
    return np.ptp(model.vertices, axis=0)


@settings(max_examples=25)
@given(st.tuples(sides, sides, sides))
def test_boxes_balls_and_cushions_fill_their_measures(size: tuple[float, float, float]):
    for made in (box(size, (0, 0, 0)), ellipsoid(np.array(size), 0), cushion(size, 0)):
        assert extents(made) == pytest.approx(size, rel=1e-4)
        assert made.vertices[:, 1].max() == pytest.approx(0, abs=1e-4)
        assert made.vertices[:, [0, 2]].mean() == pytest.approx(0, abs=0.1 * max(size))


def test_a_box_bears_its_three_textures_by_side():
    made = box([1, 2, 3], (7, 8, 9))
    corners = made.vertices[made.faces]
    flat = np.ptp(corners, axis=1) < 1e-6
    assert [set(made.texture[flat[:, axis]]) for axis in range(3)] == [{7}, {8}, {9}]


def test_a_round_cushion_is_a_ball_and_a_hard_one_a_box():
    half = np.array([0.5, 0.5, 0.5])
    center = np.array([0, -0.5, 0])
    ball = np.linalg.norm(cushion([1, 1, 1], 0, 1.0).vertices - center, axis=1)
    assert ball == pytest.approx(0.5, abs=1e-5)
    hard = np.abs(cushion([1, 1, 1], 0, 0.05).vertices - center).max(1)
    assert hard == pytest.approx(half.max(), abs=0.1)


@given(st.integers(0, 1000))
def test_a_capsule_is_all_that_is_near_its_axis(seed: int):
    rng = np.random.default_rng(seed)
    start, end, radius = rng.normal(size=3), rng.normal(size=3) * 3, rng.uniform(0.05, 0.3)
    made = capsule(start, end, radius, radius, 0)
    along = np.clip((made.vertices - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
    away = np.linalg.norm(made.vertices - start - along[:, None] * (end - start), axis=1)
    assert away == pytest.approx(radius, rel=1e-3)


def test_a_tube_keeps_its_radius_around_a_bent_path():
    turns = np.linspace(0, np.pi, 40)
    path = np.stack([np.cos(turns), -np.sin(turns), 0 * turns], 1)
    made = tube(path, np.full(40, 0.1), 3)
    ring = np.linalg.norm(made.vertices[:, :2], axis=1)
    around = np.hypot(ring - 1, made.vertices[:, 2])
    assert around == pytest.approx(0.1, rel=1e-3)
    assert (made.texture == 3).all()


def test_a_rod_joins_its_ends():
    made = rod(np.zeros(3), np.array([0, -2.0, 0]), 0.05, 0)
    assert extents(made)[1] == pytest.approx(2)


def test_a_slab_repeats_its_texture_by_the_metre():
    made = slab(np.zeros(3), np.array([3.0, 0, 0]), np.array([0, 0, 5.0]), 0, 0.5)
    assert made.uv.max(axis=(0, 1)) == pytest.approx([6, 10])
