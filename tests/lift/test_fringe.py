"""Laws of the fringe: it lies outside of fronts, covers what they mixed in, and costs little."""

from dataclasses import replace

import numpy as np
import pytest

from stereopsis.lift.atlas import Atlas, lay_out
from stereopsis.lift.fringe import FringeConfig, Strip, add_fringe
from stereopsis.lift.front_edges import find_front_edges, sample
from stereopsis.lift.grow import grow
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.simplify import simplify
from stereopsis.lift.soften import separate
from stereopsis.lift.triangulate import Surface, triangulate
from stereopsis.scene.layers import LayeredImage
from tests.lift import scenes
from tests.lift.test_soften import mixed_disk

ALL = FringeConfig(most_triangles=10.0)
CENTER = np.array((scenes.WIDTH / 2, scenes.HEIGHT / 2))


def meshed(coverage: float) -> tuple[Surface, LayeredImage, Atlas]:
    grown = grow(mixed_disk(coverage), scenes.PARALLAX_PX, scenes.WINDOW)
    layers = inpaint(grown, scenes.PARALLAX_PX)
    atlas = lay_out(layers, 256)
    return simplify(triangulate(layers, atlas, 1e-3), scenes.PARALLAX_PX), layers, atlas


def fringed(coverage: float, config: FringeConfig = ALL) -> tuple[Strip, LayeredImage]:
    surface, layers, atlas = meshed(coverage)
    return add_fringe(surface, layers, atlas, separate(layers), config)


def from_center(position: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(*(position - CENTER).T))


def doubled_areas(strip: Strip) -> np.ndarray:
    a, b, c = (strip.position[strip.faces[:, k]].astype(float) for k in range(3))
    return np.asarray((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def test_front_edges_go_round_the_front_and_nothing_else() -> None:
    surface, layers, _ = meshed(0.5)
    edges = find_front_edges(surface, layers)
    start, end = surface.position[edges.start], surface.position[edges.end]
    assert np.abs(from_center(start) - scenes.RADIUS).max() < 1.5
    assert edges.length_px.sum() == pytest.approx(2 * np.pi * scenes.RADIUS, rel=0.2)
    away = (start + end) / 2 - CENTER
    assert ((away * edges.outward).sum(1) > 0).all()
    assert set(edges.start) == set(edges.end)  # they close


def test_samples_lie_on_their_edges_a_pixel_apart() -> None:
    surface, layers, _ = meshed(0.5)
    edges = find_front_edges(surface, layers)
    samples = sample(surface, edges)
    off = samples.position - surface.position[edges.start[samples.edge]]
    assert np.abs((off * edges.outward[samples.edge]).sum(1)).max() < 1e-3
    count = np.bincount(samples.edge)
    assert (count >= edges.length_px).all() and (count < edges.length_px + 1).all()


def test_a_fringe_lies_outside_at_the_front_s_depth() -> None:
    strip, _ = fringed(0.5)
    assert len(strip.faces) > 20
    radius = from_center(strip.position)
    assert radius.min() > scenes.RADIUS - 1.5 and radius.max() < scenes.RADIUS + 3
    assert np.abs(strip.inverse_depth - scenes.NEAR).max() < 1e-3
    assert (doubled_areas(strip) > 0).all()  # turned to the camera as all triangles are
    assert (from_center(strip.color_at) < scenes.RADIUS - 1).all()


def test_what_fringes_cover_is_what_was_mixed_in() -> None:
    """Covered area beyond the outline, against the area of the mixed pixels times their share."""

    def covered(coverage: float) -> float:
        strip, _ = fringed(coverage, replace(ALL, least_px=0.0))
        mean = strip.coverage[strip.faces].mean(axis=1)
        return float((mean * doubled_areas(strip)).sum() / 2)

    less, more = covered(0.2), covered(0.5)
    rim = len(separate(mixed_disk(0.5)).pixel)
    assert more - less == pytest.approx(0.3 * rim, rel=0.4)


def test_a_photo_without_mixed_colours_has_hardly_any_fringe() -> None:
    def mean_coverage(coverage: float) -> float:
        strip, _ = fringed(coverage)
        return float(strip.coverage.sum())

    assert mean_coverage(0.0) < 0.2 * mean_coverage(0.6)


def test_behind_the_fringe_the_front_s_colour_is_gone() -> None:
    _, before, _ = meshed(0.5)
    strip, after = fringed(0.5, replace(ALL, resting=0.0))
    changed = (after.color != before.color).any(axis=1)
    assert changed.sum() > 0.9 * len(separate(before).pixel)
    assert (after.color[changed] == scenes.GREEN).all()
    assert len(strip.faces) > 0


def test_few_triangles_are_kept_to() -> None:
    surface, _, _ = meshed(0.5)
    few = FringeConfig(most_triangles=0.02)
    strip, _ = fringed(0.5, few)
    assert 0 < len(strip.faces) <= 0.02 * len(surface.faces)
    _, before, _ = meshed(0.5)
    _, after = fringed(0.5, few)
    kept = (after.color == before.color).all(axis=1)[separate(before).pixel]
    assert kept.mean() > 0.3  # rims beside edges without a fringe stay mixed


def test_colours_that_cannot_be_told_leave_all_as_it_is() -> None:
    surface, layers, atlas = meshed(0.5)
    grey = replace(layers, color=np.full_like(layers.color, 90))
    strip, after = add_fringe(surface, grey, atlas, separate(grey))
    assert len(strip.faces) == 0 and (after.color == grey.color).all()
