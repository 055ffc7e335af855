"""Rays meet a ball where geometry says, and its shadow lies away from the light."""

from dataclasses import replace

import numpy as np
import pytest

from stereopsis.imagine.haystack import backdrop, noise
from stereopsis.imagine.haystack.fields import CELLS, REACH, Fields, bake
from stereopsis.imagine.haystack.outlines import half_round
from stereopsis.imagine.haystack.solids import SOLIDS, Part, Solid
from stereopsis.imagine.haystack.stage import (
    MIDDLE,
    Illumination,
    Stage,
    Surroundings,
    Thing,
    View,
)
from stereopsis.imagine.haystack.trace import trace

RADIUS = 0.4
GREY = np.full((2, 3), 0.4)
BALL = Solid("ball", (Part(half_round(MIDDLE, RADIUS, RADIUS)),))
THING = Thing(0, 0, 0, 1, 0, np.full((3, 3), 0.5), 0, 0.0, 0.0)


@pytest.fixture(scope="module")
def fields() -> Fields:
    return bake([BALL])


def stage(side: float = 1.0, roll: float = 0.0) -> Stage:
    """A ball in the middle, lit from one side."""
    towards = np.array([side, 1.0, 0.0]) / np.hypot(side, 1.0)
    one = np.ones(3)
    light = Illumination(towards, 2 * one, 0.2 * one, 0.2 * one, 0.0, 0.0)
    around = Surroundings(noise.PLAIN, GREY, backdrop.STUDIO, GREY, 0.0, 0.0)
    return Stage(View(1.8, 3.6, 0.2, roll, 0.5, 0.5), (THING,), light, around)


def test_the_field_of_a_ball_is_its_distance(fields: Fields) -> None:
    line = np.linspace(-REACH, REACH, CELLS)
    x, y, z = np.meshgrid(line, line + 0.5, line, indexing="ij")
    true = np.sqrt(x**2 + (y - MIDDLE) ** 2 + z**2) - RADIUS
    assert np.abs(fields.distances[0] - true).max() < 0.02


def test_all_solids_stand_on_the_ground_within_their_cubes() -> None:
    inside = bake(SOLIDS).distances < 0
    for solid, own in zip(SOLIDS, inside, strict=True):
        assert own.any(), solid.name
        x, y, z = (np.flatnonzero(own.any(axes)) for axes in ((1, 2), (0, 2), (0, 1)))
        for cells in (x, z):
            assert cells[0] > 0 and cells[-1] < CELLS - 1, solid.name
        lowest = y[0] / (CELLS - 1) * 2 * REACH - REACH + 0.5
        assert lowest == pytest.approx(0, abs=0.13), solid.name


def test_the_ball_covers_the_pixels_that_it_should(fields: Fields) -> None:
    share = trace(stage(), fields, 64).subject[:, :, 3]
    rows, columns = np.nonzero(share)
    assert rows.mean() == pytest.approx(31.5, abs=0.7)
    assert columns.mean() == pytest.approx(31.5, abs=0.7)
    radius_px = 64 * 1.8 * RADIUS / np.sqrt(3.6**2 - RADIUS**2)
    assert share.sum() == pytest.approx(np.pi * radius_px**2, rel=0.06)


def test_the_lit_side_faces_the_light_and_the_shadow_lies_opposite(fields: Fields) -> None:
    traced = trace(stage(side=1.0), fields, 64)
    ball = traced.subject[:, :, :3].mean(2)
    assert ball[:, 32:].sum() > 1.3 * ball[:, :32].sum()
    ground = traced.behind[36:, :, 0]
    assert ground[:, :32].min() < 0.6 * ground[:, 40:].min()


def test_a_mirrored_light_mirrors_the_picture(fields: Fields) -> None:
    one, other = trace(stage(side=1.0), fields, 32), trace(stage(side=-1.0), fields, 32)
    assert np.allclose(one.behind, other.behind[:, ::-1], atol=1e-4)
    assert np.allclose(one.subject, other.subject[:, ::-1], atol=1e-3)


def test_what_is_nearer_hides_the_subject(fields: Fields) -> None:
    before = replace(THING, z=-1.0, size=1.5)
    hidden = replace(stage(), things=(THING, before))
    assert trace(hidden, fields, 32).subject[:, :, 3].sum() == 0
