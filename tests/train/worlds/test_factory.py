from dataclasses import replace

import numpy as np
import pytest

from stereopsis.train.worlds.factory import MAKERS, has_contrast, make_frame, shows_something
from stereopsis.train.worlds.raster import Hits
from stereopsis.train.worlds.shapes import rectangle
from stereopsis.train.worlds.stage import Conditions, cast_shadows, draw, set_stage
from stereopsis.train.worlds.stock import Stock, Track, above
from stereopsis.train.worlds.tracks import track_view
from stereopsis.train.worlds.view import look_at


@pytest.fixture(scope="session")
def stock_with_track(stock: Stock) -> Stock:
    ground = rectangle(np.array([-50, 0, -50]), np.array([100, 0, 0]), np.array([0, 0, 100]), 0, 20)
    corners = np.array([[-2, 0, 0], [2, 0, 0], [2, 0, 4], [-2, 0, 4]], np.float32)
    road = np.stack([corners + np.array([0, 0, 4 * k]) for k in range(6)])
    return Stock(**{**vars(stock), "tracks": (Track("straight", ground, road),)})


def test_frames_depend_on_seed_and_index_alone(stock: Stock):
    first, second, again = (make_frame(stock, np.random.default_rng([7, k])) for k in (0, 1, 1))
    assert (second.image == again.image).all()
    assert (second.inverse_depth == again.inverse_depth).all()
    assert first.image.shape != second.image.shape or (first.image != second.image).any()
    other = make_frame(stock, np.random.default_rng([8, 0]))
    assert first.image.shape != other.image.shape or (first.image != other.image).any()


def test_frames_are_exact_and_known_everywhere(stock: Stock):
    frame = make_frame(stock, np.random.default_rng(3))
    assert frame.exact and frame.valid.all()
    assert np.isfinite(frame.inverse_depth).all()


@pytest.mark.parametrize("maker", [maker for maker, _ in MAKERS])
def test_every_maker_furnishes_a_world_that_can_be_drawn(maker, stock_with_track: Stock):
    rng = np.random.default_rng(5)
    view = maker(rng, stock_with_track)
    stage = set_stage(view, stock_with_track.texels, Conditions.sampled(rng, view))
    drawing = draw(cast_shadows(stage, view), view.camera(96, 72))
    assert np.isfinite(drawing.image).all()
    assert (drawing.inverse_depth >= 0).all()
    assert ((drawing.inverse_depth > 0) == (drawing.face >= 0)).all()
    assert (drawing.face >= 0).mean() > 0.2


def test_tracks_are_asked_for_only_where_there_are_some(stock: Stock, stock_with_track: Stock):
    assert not stock.tracks
    assert track_view in dict(MAKERS)
    with pytest.raises(ValueError):
        track_view(np.random.default_rng(0), stock)
    assert track_view(np.random.default_rng(0), stock_with_track).outdoors


def hits_of(inverse_depth: np.ndarray) -> Hits:
    faces = np.arange(inverse_depth.size, dtype=np.int32).reshape(inverse_depth.shape)
    return Hits(faces, inverse_depth, np.zeros((*inverse_depth.shape, 2), np.float32))


def test_worlds_that_show_little_are_refused():
    good = hits_of(np.linspace(0.1, 2, 600).reshape(20, 30))
    assert shows_something(good, outdoors=False)
    blocked = hits_of(np.full((20, 30), 2.0))
    touching = hits_of(good.inverse_depth * 10)
    empty = replace(good, face=np.where(good.face < 300, -1, good.face).astype(np.int32))
    plain = replace(good, face=good.face % 5)
    for bad in (blocked, touching, empty, plain):
        assert not shows_something(bad, outdoors=False)
    assert shows_something(empty, outdoors=True)


def test_even_and_dark_pictures_are_refused():
    noise = np.random.default_rng(0).uniform(0, 255, (20, 30, 3)).astype(np.float32)
    assert has_contrast(noise)
    assert not has_contrast(noise * 0.05)
    assert not has_contrast(100 + noise * 0.05)


def test_looking_at_a_point_puts_it_in_the_middle(stock_with_track: Stock):
    view = track_view(np.random.default_rng(1), stock_with_track)
    position, target = np.array([1.0, -2.0, 3.0]), np.array([2.0, -1.0, 7.0])
    yaw, pitch = look_at(position, target)
    turned = type(view)(**{**vars(view), "position": position, "yaw": yaw, "pitch": pitch})
    pixels, in_front = turned.camera(64, 48).project(target[None].astype(np.float32))
    assert in_front.all()
    assert pixels[0] == pytest.approx([32, 24], abs=1e-3)


def test_above_is_up():
    assert above(np.array([1.0, 0, 2]), 3) == pytest.approx([1, -3, 2])
