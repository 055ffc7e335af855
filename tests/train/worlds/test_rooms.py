import numpy as np
import pytest

from stereopsis.train.worlds.layout import Layout
from stereopsis.train.worlds.model import Model, turn
from stereopsis.train.worlds.portraits import portrait
from stereopsis.train.worlds.rooms import interior, room
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.shapes import box
from stereopsis.train.worlds.stage import Conditions
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.walls import Opening, pierced_wall, sampled_opening, window

SIZE = np.array([4.0, 2.5, 5.0])


def area(model: Model) -> float:
    a, b, c = np.moveaxis(model.vertices[model.faces].astype(np.float64), 1, 0)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def empty_room(seed: int = 0) -> Layout:
    return Layout(np.random.default_rng(seed), SIZE)


def test_a_pierced_wall_lacks_its_opening_and_gains_its_inner_faces():
    frame = empty_room().walls()[0]
    whole = pierced_wall(frame, 4.0, 2.5, None, 0, 0.2)
    hole = Opening(1.0, 2.5, 0.8, 2.0)
    pierced = pierced_wall(frame, 4.0, 2.5, hole, 0, 0.2)
    assert area(whole) == pytest.approx(10)
    assert area(pierced) == pytest.approx(10 - 1.5 * 1.2 + 0.2 * 2 * (1.5 + 1.2), rel=1e-5)
    assert (pierced.semantic == Semantic.WALL).all()


def test_an_opening_fits_into_its_wall_or_there_is_none():
    rng = np.random.default_rng(0)
    for length in np.linspace(0.5, 6, 30):
        made = sampled_opening(rng, length, 2.5, door=bool(rng.random() < 0.5))
        if made is not None:
            assert 0 < made.left < made.right < length
            assert 0 <= made.sill < made.head < 2.5
    assert sampled_opening(rng, 1.0, 2.5, door=True) is None


def test_a_window_shows_what_is_far_outside(stock: Stock):
    layout = empty_room()
    frame = layout.walls()[0]
    made = window(np.random.default_rng(0), stock, frame, Opening(1, 3, 0.8, 2.0))
    view = made.vertices[made.faces[made.semantic == Semantic.BUILDING]]
    assert view[..., 2].min() > SIZE[2] + 5


@pytest.mark.parametrize("wall", range(4))
def test_what_hangs_on_a_wall_touches_it_from_inside(wall: int):
    layout = empty_room()
    made = layout.walls()[wall].hung(box([1, 1, 0.3], (0, 0, 0)), 2.0, 0.5).vertices
    assert -made[:, 1].max() == pytest.approx(0.5)
    low, high = np.array([-2, -2.5, 0]), np.array([2, 0, 5])
    assert (made > low - 1e-5).all() and (made < high + 1e-5).all()
    gap = np.minimum(np.abs(made - low), np.abs(made - high))[:, [0, 2]].min()
    assert gap == pytest.approx(0, abs=1e-5)


def test_furniture_avoids_furniture_while_there_is_room():
    layout = empty_room(3)
    for _ in range(4):
        layout.against_wall(box([0.5, 1, 0.4], (0, 0, 0)))
    for first in range(4):
        for second in range(first):
            (a, b), (c, d) = layout.extents[first], layout.extents[second]
            assert not ((a < d) & (c < b)).all()


def test_a_place_is_free_until_something_stands_there():
    layout = empty_room()
    middle = np.array([0.0, -0.5, 2.5])
    assert layout.is_free(middle, 0.1)
    layout.freely(box([9, 1, 9], (0, 0, 0)))
    assert not layout.is_free(middle, 0.1)


def test_rooms_are_furnished_and_labelled(stock: Stock):
    seen = set()
    for seed in range(6):
        inside = interior(np.random.default_rng(seed), stock)
        seen |= set(inside.shell.semantic)
        for model in inside.layout.models:
            seen |= set(model.semantic)
    wanted = {Semantic.FLOOR, Semantic.CEILING, Semantic.WALL, Semantic.WINDOW}
    assert seen >= wanted | {Semantic.FURNITURE, Semantic.OBJECT, Semantic.PLANT}


def test_cameras_stand_in_rooms_in_many_ways(stock: Stock):
    views = [room(np.random.default_rng(seed), stock) for seed in range(12)]
    heights = [-view.position[1] for view in views]
    assert min(heights) > 0 and np.ptp(heights) > 0.5
    assert np.ptp([view.field_of_view for view in views]) > 0.4
    assert np.ptp([view.yaw for view in views]) > 2


def test_lamps_hang_under_the_ceiling_of_the_room_that_one_is_in(stock: Stock):
    found = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        view = room(rng, stock)
        shell = view.shell
        walls = shell.vertices[shell.faces[shell.semantic == Semantic.WALL]]
        for _ in range(8):
            lamp = Conditions.sampled(rng, view).light.lamp
            if lamp is not None:
                assert walls[..., 1].min() < lamp[1] < -1.3  # and no window's view is above them
                assert np.linalg.norm(lamp - view.position) < 25
                found += 1
    assert found > 5


def test_portraits_look_at_their_subject(stock: Stock):
    for seed in range(6):
        view = portrait(np.random.default_rng(seed), stock)
        ahead = turn(view.yaw, view.pitch)[:, 2]
        along = (view.things.vertices - view.position) @ ahead
        away = np.linalg.norm(view.things.vertices - view.position, axis=1)
        assert ((along > 0.9 * away) & (away < 12)).any()
