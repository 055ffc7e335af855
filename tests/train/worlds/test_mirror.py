from dataclasses import replace

import numpy as np
import pytest

from stereopsis.train.worlds.light import Light
from stereopsis.train.worlds.mirror import WATER_MIRRORS, Ripples
from stereopsis.train.worlds.model import Model, join
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shapes import rectangle
from stereopsis.train.worlds.sky import Sky
from stereopsis.train.worlds.stage import Conditions, draw, set_stage
from stereopsis.train.worlds.texture import TextureBank
from stereopsis.train.worlds.view import View

UP = np.array([0.0, -1.0, 0.0])
LIGHT = Light(UP, np.zeros(3), np.ones(3), 0.0, np.zeros(3), UP, softness=0.0)
SKY = Sky(np.full(3, 200.0), np.full(3, 200.0), 1.0, 0.0, 0)
STILL = Ripples(np.zeros((0, 5)))
BANK = TextureBank()
BLACK, RED, WHITE = (
    BANK.add(np.full((4, 4, 4), [*color, 255], np.uint8))
    for color in ((0, 0, 0), (250, 0, 0), (255, 255, 255))
)
TEXELS = BANK.stacked()
FLOOR = rectangle(np.array([-40, 1, 0]), np.array([80, 0, 0]), np.array([0, 0, 80]), BLACK)
WALL = rectangle(np.array([-40, -1, 10]), np.array([80, 0, 0]), np.array([0, 2, 0]), RED)


def drawing(things: list[Model], ripples: Ripples = STILL, outdoors: bool = True):
    shell = join([])
    view = View(join(things), shell, np.zeros(3), 0.0, 0.0, 0.0, np.radians(60), outdoors)
    conditions = Conditions(LIGHT, SKY, ripples, casts_shadows=False, shell_casts=False)
    return draw(set_stage(view, TEXELS, conditions), view.camera(64, 48))


def test_still_water_mirrors_the_wall_and_the_sky_above_it():
    water = FLOOR.labelled(Semantic.WATER, Finish.WATER)
    image = drawing([water, WALL]).image[:, 32]
    rows = np.arange(48) + 0.5 - 24
    angle = np.arctan(rows / (32 / np.tan(np.radians(30))))
    share = WATER_MIRRORS + (1 - WATER_MIRRORS) * (1 - np.sin(angle)) ** 5
    wall, sky = (rows > 6.5) & (rows < 15.5), rows > 17.5  # its image ends 16.6 rows down
    assert image[wall, 0] == pytest.approx(250 * share[wall], rel=0.05)
    assert image[wall, 2] == pytest.approx(0, abs=0.5)
    assert image[sky] == pytest.approx(200 * share[sky, None].repeat(3, 1), rel=0.05)


def test_the_depth_and_class_of_water_are_its_surfaces():
    water = FLOOR.labelled(Semantic.WATER, Finish.WATER)
    plain, wet = drawing([FLOOR, WALL]), drawing([water, WALL])
    assert (plain.inverse_depth == wet.inverse_depth).all()
    assert set(np.unique(wet.semantic)) == {Semantic.SKY, Semantic.WATER, Semantic.OBJECT}


def test_ripples_break_the_mirror_image():
    water = FLOOR.labelled(Semantic.WATER, Finish.WATER)
    rough = Ripples(np.array([[0.1, 0.0, 6.0, 0.0, 0.3], [0.0, 0.1, 0.0, 4.0, 0.0]]))
    calm, broken = drawing([water, WALL]).image, drawing([water, WALL], rough).image
    assert np.abs(calm - broken)[30:].max() > 5
    assert calm[:24] == pytest.approx(broken[:24])


@pytest.mark.parametrize("seed", range(5))
def test_sampled_ripples_are_waves_of_their_length(seed: int):
    waves = Ripples.sampled(np.random.default_rng(seed)).waves
    slope, number = np.hypot(*waves[:, :2].T), np.hypot(*waves[:, 2:4].T)
    assert (slope < 0.13).all()
    assert ((number > 2) & (number < 42)).all()


def test_glossy_floors_mirror_less_than_half_of_straight_light_and_matte_ones_nothing():
    glossy = FLOOR.labelled(Semantic.FLOOR, Finish.GLOSSY)
    below = drawing([glossy, WALL, WALL.placed([0, -2, 0])]).image[30:44, :, 0]
    assert (below > 5).all() and (below < 200).all()
    assert drawing([FLOOR, WALL]).image[32:] == pytest.approx(0)


def test_indoors_the_picture_itself_is_mirrored_where_nothing_is_found():
    glossy = FLOOR.labelled(Semantic.FLOOR, Finish.GLOSSY)
    outside, inside = (drawing([glossy, WALL], outdoors=o).image[46] for o in (True, False))
    assert inside.mean() < outside.mean()


def test_panes_tint_and_mirror_but_have_the_depth_of_what_is_behind():
    pane = rectangle(np.array([-1, -1, 3]), np.array([1, 0, 0]), np.array([0, 2, 0]), WHITE)
    pane = pane.labelled(Semantic.WINDOW, Finish.GLASS)
    without, clear = drawing([FLOOR, WALL]), drawing([FLOOR, WALL, pane])
    dark = replace(pane, texture=np.full_like(pane.texture, BLACK))
    tinted = drawing([FLOOR, WALL, dark])
    for other in (clear, tinted):
        assert (other.inverse_depth == without.inverse_depth).all()
        assert (other.semantic == without.semantic).all()
        assert other.image[:, 34:] == pytest.approx(without.image[:, 34:])
    red = (slice(20, 28), slice(16, 31), 0)
    assert clear.image[red].mean() == pytest.approx(250 * 0.96, rel=0.03)
    assert tinted.image[red].mean() == pytest.approx(250 * 0.96 * 0.7, rel=0.03)


def test_a_pane_behind_a_wall_changes_nothing():
    pane = rectangle(np.array([-1, -1, 30]), np.array([2, 0, 0]), np.array([0, 2, 0]), WHITE)
    hidden = drawing([FLOOR, WALL, pane.labelled(Semantic.WINDOW, Finish.GLASS)])
    assert (hidden.image == drawing([FLOOR, WALL]).image).all()
