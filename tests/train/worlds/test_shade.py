from dataclasses import replace

import numpy as np
import pytest

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.light import Light
from stereopsis.train.worlds.model import Model, join
from stereopsis.train.worlds.raster import rasterise
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shade import shade
from stereopsis.train.worlds.shadow import Shadow, cast_by_lamp, cast_by_sun, no_shadow
from stereopsis.train.worlds.shapes import box, ellipsoid, rectangle
from stereopsis.train.worlds.texture import SIDE, TextureBank

CAMERA = Camera(64, 48, 60.0, (32.0, 24.0))
UP = np.array([0.0, -1.0, 0.0])
NOON = Light(UP, np.full(3, 0.6), np.full(3, 0.4), 0.0, np.full(3, 200.0), UP)
OPEN = np.ones((1, 1), np.float32)
FLOOR = rectangle(np.array([-40, 1, 0]), np.array([80, 0, 0]), np.array([0, 0, 80]), 0, 40)


def gray_bank(level: int = 100) -> TextureBank:
    bank = TextureBank()
    bank.add(np.full((8, 8, 4), [level, level, level, 255], np.uint8))
    return bank


def picture(model: Model, light: Light, shadow: Shadow, bank: TextureBank | None = None):
    texels = (bank or gray_bank()).stacked()
    hits = rasterise(model, texels, CAMERA)
    return shade(hits, model, texels, CAMERA, (light, shadow, OPEN)), hits


def test_full_sun_and_sky_give_the_texture_its_own_colour():
    image, hits = picture(FLOOR, NOON, no_shadow())
    assert image[hits.face >= 0] == pytest.approx(100, abs=0.5)
    assert (image[hits.face < 0] == 0).all()


def test_a_box_overhead_darkens_the_floor_below_it_and_nothing_else():
    roof = box(np.array([2.0, 0.1, 2.0]), (0, 0, 0)).placed([0, -1.0, 5.0])
    ball = (np.array([0, 0, 5.0]), 6.0)
    shadow = cast_by_sun(join([FLOOR, roof]), gray_bank().stacked(), NOON.to_sun, ball)
    image, hits = picture(FLOOR, NOON, shadow)
    rows, columns = np.nonzero(hits.face >= 0)
    pixels = np.stack([columns + 0.5, rows + 0.5], 1).astype(np.float32)
    points = CAMERA.unproject(pixels, hits.inverse_depth[rows, columns].astype(np.float32))
    beside = np.maximum(np.abs(points[:, 0]), np.abs(points[:, 2] - 5))
    levels = image[rows, columns, 0]
    assert (beside < 0.9).sum() > 20
    assert levels[beside < 0.9] == pytest.approx(40, abs=1)
    assert levels[beside > 1.1] == pytest.approx(100, abs=1)


@pytest.mark.parametrize("spread", [0.0, 4.0])
def test_a_floor_does_not_shade_itself(spread: float):
    slanting = replace(NOON, to_sun=np.array([0.8, -0.6, 0.0]))
    ball = (np.array([0, 0, 5.0]), 6.0)
    shadow = cast_by_sun(FLOOR, gray_bank().stacked(), slanting.to_sun, ball, spread=spread)
    image, hits = picture(FLOOR, slanting, shadow)
    near = hits.inverse_depth > 0.1
    assert image[near] == pytest.approx(100 * (0.4 + 0.6 * 0.6), abs=1)


def test_fog_hides_what_is_far():
    fog = replace(NOON, fog=0.1)
    image, hits = picture(FLOOR, fog, no_shadow())
    depth = 1 / hits.inverse_depth[40, 32]
    veil = 1 - np.exp(-0.1 * depth)
    assert image[40, 32, 0] == pytest.approx(100 * (1 - veil) + 200 * veil, abs=0.5)


def test_a_distant_checkerboard_becomes_its_mean():
    checks = (np.indices((SIDE, SIDE)).sum(0) % 2 * 255).astype(np.uint8)
    bank = TextureBank()
    bank.add(np.dstack([checks] * 3 + [np.full_like(checks, 255)]))
    wall = rectangle(np.array([-60, -60, 50]), np.array([120, 0, 0]), np.array([0, 120, 0]), 0, 60)
    toward = np.array([0, 0, -1.0])
    front = replace(NOON, to_sun=toward, to_soft=toward, around=np.full(3, 0.4))
    image, _ = picture(wall, front, no_shadow(), bank)
    assert image.std() < 2
    assert image.mean() == pytest.approx(127.5, abs=2)


def test_a_lamp_is_as_bright_as_the_sun_at_its_reach_and_fades_with_the_square():
    lit = NOON.with_lamp(np.array([0.0, -1.0, 5.0]), 2.0)
    image, hits = picture(FLOOR, lit, no_shadow())
    dark, _ = picture(FLOOR, replace(lit, sun=np.zeros(3)), no_shadow())
    rows, columns = np.nonzero(hits.face >= 0)
    pixels = np.stack([columns + 0.5, rows + 0.5], 1).astype(np.float32)
    points = CAMERA.unproject(pixels, hits.inverse_depth[rows, columns].astype(np.float32))
    away = np.linalg.norm(points - np.array([0, -1, 5.0]), axis=1)
    expected = 100 * 0.6 * (2 / away) ** 2 * (2 / away)  # and slanting by the cosine
    assert (image - dark)[rows, columns, 0] == pytest.approx(expected, abs=0.1)


def test_a_lamp_casts_a_shadow_larger_than_what_casts_it():
    tray = box(np.array([1.0, 0.02, 1.0]), (0, 0, 0)).placed([0, 0, 5.0])
    place = np.array([0.0, -1.0, 5.0])
    shadow = cast_by_lamp(tray, gray_bank().stacked(), place)
    lit = NOON.with_lamp(place, 2.0)
    image, hits = picture(FLOOR, lit, shadow)
    free, _ = picture(FLOOR, lit, no_shadow())
    rows, columns = np.nonzero(hits.face >= 0)
    pixels = np.stack([columns + 0.5, rows + 0.5], 1).astype(np.float32)
    points = CAMERA.unproject(pixels, hits.inverse_depth[rows, columns].astype(np.float32))
    beside = np.maximum(np.abs(points[:, 0]), np.abs(points[:, 2] - 5))
    darker = (image < free - 5)[rows, columns, 0]
    assert darker[beside < 0.9].all() and (beside < 0.9).any()
    assert not darker[beside > 1.1].any()


def test_glossy_surfaces_gleam_where_they_mirror_the_light():
    glossy = FLOOR.labelled(Semantic.FLOOR, Finish.GLOSSY)
    ahead = replace(NOON, to_sun=np.array([0, -np.sin(0.26), np.cos(0.26)]))
    matte, hits = picture(FLOOR, ahead, no_shadow())
    shiny, _ = picture(glossy, ahead, no_shadow())
    gleam = (shiny - matte)[..., 0]
    assert (gleam[hits.face >= 0] >= -1e-3).all() and gleam.max() > 20
    row, column = np.unravel_index(gleam.argmax(), gleam.shape)
    assert column == pytest.approx(31.5, abs=2)
    assert row == pytest.approx(23.5 + 60 * np.tan(0.26), abs=3)


def test_round_things_are_shaded_without_facets():
    ball = ellipsoid(np.array([2.0, 2.0, 2.0]), 0).placed([0, 1.0, 4.0])
    image, hits = picture(ball, replace(NOON, to_sun=np.array([0, 0, -1.0])), no_shadow())
    middle = image[10:38, 32, 0]
    assert (hits.face[10:38, 32] >= 0).all()
    assert np.abs(np.diff(middle, 2)).max() < 1.5  # facets would jump by some grey levels


def test_closed_corners_are_darker_all_around():
    closed = np.full((1, 1), 0.5, np.float32)
    texels = gray_bank().stacked()
    hits = rasterise(FLOOR, texels, CAMERA)
    night = replace(NOON, sun=np.zeros(3))
    half = shade(hits, FLOOR, texels, CAMERA, (night, no_shadow(), closed))
    full = shade(hits, FLOOR, texels, CAMERA, (night, no_shadow(), OPEN))
    assert half == pytest.approx(full / 2, abs=1e-3)
