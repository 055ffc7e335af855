import numpy as np
import pytest

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model, join
from stereopsis.train.worlds.occlusion import occlusion
from stereopsis.train.worlds.raster import rasterise
from stereopsis.train.worlds.shapes import ellipsoid, rectangle
from stereopsis.train.worlds.texture import TextureBank

CAMERA = Camera(128, 96, 120.0, (64.0, 48.0))
BANK = TextureBank()
BANK.add(np.full((4, 4, 4), 255, np.uint8))
TEXELS = BANK.stacked()
FLOOR = rectangle(np.array([-40, 1, 0]), np.array([80, 0, 0]), np.array([0, 0, 80]), 0)
WALL = rectangle(np.array([-40, -40, 6]), np.array([80, 0, 0]), np.array([0, 41, 0]), 0)


def seen(things: list[Model]) -> tuple[np.ndarray, np.ndarray]:
    model = join(things)
    hits = rasterise(model, TEXELS, CAMERA)
    return occlusion(hits, model, CAMERA), hits.face


def test_an_open_floor_gets_all_light_and_so_does_the_sky():
    open_sky, _ = seen([FLOOR])
    assert open_sky == pytest.approx(1, abs=0.02)


def test_corners_are_darker_than_the_middle_of_what_meets_there():
    open_sky, _ = seen([FLOOR, WALL])
    rows = open_sky.mean(1)
    corner = 48 + 120 / 6  # where floor and wall meet
    assert rows[int(corner) - 2 : int(corner) + 1].max() < 0.85
    assert rows[:40].min() > 0.97


def test_far_things_do_not_darken_near_ones_nor_near_ones_what_is_far_behind():
    far = WALL.placed([0, 0, 70])
    ball = ellipsoid(np.full(3, 0.5), 0).placed([0, 0.25, 2])
    open_sky, face = seen([ball, far])
    wall = face >= len(ball.faces)
    assert open_sky[wall].min() > 0.9
    assert open_sky[~wall].mean() > 0.9


def test_light_is_a_share():
    open_sky, _ = seen([FLOOR, WALL, ellipsoid(np.ones(3), 0).placed([0, 1, 5.5])])
    assert open_sky.min() >= 0 and open_sky.max() <= 1
