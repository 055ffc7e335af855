import numpy as np
import pytest

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model, join
from stereopsis.train.worlds.raster import rasterise
from stereopsis.train.worlds.shade import Light, shade
from stereopsis.train.worlds.shadow import Shadow, cast_shadow, no_shadow
from stereopsis.train.worlds.shapes import box, rectangle
from stereopsis.train.worlds.texture import SIDE, TextureBank

CAMERA = Camera(64, 48, 60.0, (32.0, 24.0))
NOON = Light(np.array([0.0, -1.0, 0.0]), np.full(3, 0.6), np.full(3, 0.4), 0.0, np.full(3, 200.0))
FLOOR = rectangle(np.array([-40, 1, 0]), np.array([80, 0, 0]), np.array([0, 0, 80]), 0, 40)


def gray_bank(level: int = 100) -> TextureBank:
    bank = TextureBank()
    bank.add(np.full((8, 8, 4), [level, level, level, 255], np.uint8))
    return bank


def picture(model: Model, light: Light, shadow: Shadow, bank: TextureBank | None = None):
    texels = (bank or gray_bank()).stacked()
    hits = rasterise(model, texels, CAMERA)
    return shade(hits, model, texels, CAMERA, light, shadow), hits


def test_full_sun_and_sky_give_the_texture_its_own_colour():
    image, hits = picture(FLOOR, NOON, no_shadow())
    assert image[hits.face >= 0] == pytest.approx(100, abs=0.5)
    assert (image[hits.face < 0] == 0).all()


def test_a_box_overhead_darkens_the_floor_below_it_and_nothing_else():
    roof = box(np.array([2.0, 0.1, 2.0]), (0, 0, 0)).placed([0, -1.0, 5.0])
    shadow = cast_shadow(
        join([FLOOR, roof]), gray_bank().stacked(), NOON.to_sun, np.array([0, 0, 5.0]), 6.0
    )
    image, hits = picture(FLOOR, NOON, shadow)
    rows, columns = np.nonzero(hits.face >= 0)
    pixels = np.stack([columns + 0.5, rows + 0.5], 1).astype(np.float32)
    points = CAMERA.unproject(pixels, hits.inverse_depth[rows, columns].astype(np.float32))
    beside = np.maximum(np.abs(points[:, 0]), np.abs(points[:, 2] - 5))
    levels = image[rows, columns, 0]
    assert (beside < 0.9).sum() > 20
    assert levels[beside < 0.9] == pytest.approx(40, abs=1)
    assert levels[beside > 1.1] == pytest.approx(100, abs=1)


def test_a_floor_does_not_shade_itself():
    slanting = Light(np.array([0.8, -0.6, 0.0]), NOON.sun, NOON.around, 0.0, NOON.fog_color)
    shadow = cast_shadow(FLOOR, gray_bank().stacked(), slanting.to_sun, np.array([0, 0, 5.0]), 6.0)
    image, hits = picture(FLOOR, slanting, shadow)
    near = hits.inverse_depth > 0.1
    assert image[near] == pytest.approx(100 * (0.4 + 0.6 * 0.6), abs=1)


def test_fog_hides_what_is_far():
    fog = Light(NOON.to_sun, NOON.sun, NOON.around, 0.1, NOON.fog_color)
    image, hits = picture(FLOOR, fog, no_shadow())
    depth = 1 / hits.inverse_depth[40, 32]
    veil = 1 - np.exp(-0.1 * depth)
    assert image[40, 32, 0] == pytest.approx(100 * (1 - veil) + 200 * veil, abs=0.5)


def test_a_distant_checkerboard_becomes_its_mean():
    checks = (np.indices((SIDE, SIDE)).sum(0) % 2 * 255).astype(np.uint8)
    bank = TextureBank()
    bank.add(np.dstack([checks] * 3 + [np.full_like(checks, 255)]))
    wall = rectangle(np.array([-60, -60, 50]), np.array([120, 0, 0]), np.array([0, 120, 0]), 0, 60)
    front = Light(np.array([0, 0, -1.0]), np.full(3, 0.6), np.full(3, 0.5), 0.0, np.zeros(3))
    image, _ = picture(wall, front, no_shadow(), bank)
    assert image.std() < 2
    assert image.mean() == pytest.approx(127.5, abs=2)
