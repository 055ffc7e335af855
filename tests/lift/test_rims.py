import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.lift.cut import cut
from stereopsis.lift.rims import CLEAN, MIXED_PX, clean_sources, find_rims
from stereopsis.scene.layers import LayeredImage
from tests.lift import scenes


def noisy(seed: int) -> LayeredImage:
    return cut(*scenes.noise(seed), scenes.PARALLAX_PX, config=scenes.SHARP)


def test_a_rim_lies_behind_a_silhouette_and_not_before_it() -> None:
    rims = find_rims(scenes.grown_disk()).reshape(scenes.HEIGHT, scenes.WIDTH)
    assert (rims[scenes.disk()] == CLEAN).all()
    is_rim = rims < CLEAN
    row, column = np.nonzero(is_rim)
    away = np.hypot(row + 0.5 - scenes.HEIGHT / 2, column + 0.5 - scenes.WIDTH / 2) - scenes.RADIUS
    assert is_rim.sum() > 200 and away.min() >= 0 and away.max() <= MIXED_PX
    assert not is_rim[:, [0, -1]].any() and not is_rim[[0, -1]].any()  # borders hide nothing


def test_growing_does_not_change_what_a_rim_is() -> None:
    assert (find_rims(scenes.grown_disk()) == find_rims(scenes.cut_disk())).all()


@given(st.integers(0, 999))
def test_rims_count_steps_along_links(seed: int) -> None:
    layers = noisy(seed)
    rims = find_rims(layers)
    for direction in range(4):
        (linked,) = np.nonzero(layers.links[:, direction] >= 0)
        step = rims[layers.links[linked, direction]].astype(int) - rims[linked]
        assert np.abs(step).max() <= 1


@given(st.integers(0, 999))
def test_what_stands_for_a_pixel_is_clean(seed: int) -> None:
    layers = noisy(seed)
    rims = find_rims(layers)
    source = clean_sources(layers, rims)
    itself = source == np.arange(len(source))
    assert itself[rims == CLEAN].all()
    assert (rims[source[~itself]] == CLEAN).all()


def test_a_sliver_takes_the_colour_of_what_it_leans_on() -> None:
    """A surface one pixel wide, between a front and a wall a little behind it, is all mixed."""
    inverse_depth = np.full((40, 60), 0.2, np.float32)
    inverse_depth[:, 30] = 0.4
    inverse_depth[:, 31:] = 1.0
    color = np.zeros((40, 60, 3), np.uint8)
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    source = clean_sources(layers, find_rims(layers)).reshape(40, 60)
    assert (source[:, 30] % 60 < 30).all()
    assert (source[:, 31:].ravel() == np.arange(2400).reshape(40, 60)[:, 31:].ravel()).all()


def test_pixels_get_the_nearest() -> None:
    layers = scenes.grown_disk()
    rims = find_rims(layers)
    source = clean_sources(layers, rims)
    (rim,) = np.nonzero(rims < CLEAN)
    off = np.abs(layers.x[source[rim]] - layers.x[rim])
    off += np.abs(layers.y[source[rim]] - layers.y[rim])
    assert off.max() <= MIXED_PX + 2


def test_a_speck_of_something_in_front_has_no_clean_colours_around_it() -> None:
    color, inverse_depth = scenes.disk_over_slope()
    inverse_depth[10:12, 20:23] = scenes.NEAR  # as near as the disk, but hardly there
    color[10:12, 20:23] = scenes.RED
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX)
    assert layers.inverse_depth.reshape(color.shape[:2])[10:12, 20:23].max() < 0.5
    assert layers.speck is not None and layers.speck.sum() == 6
    rims = find_rims(layers).reshape(color.shape[:2])
    assert (rims[8:14, 20:23] == MIXED_PX).all() and (rims[10:12, 18:25] == MIXED_PX).all()
    assert (rims[7, 18:25] == CLEAN).all() and (rims[8:14, 17] == CLEAN).all()
    sources = clean_sources(layers, find_rims(layers)).reshape(color.shape[:2])[10:12, 20:23]
    assert (color.reshape(-1, 3)[sources] == scenes.GREEN).all()


def test_a_speck_behind_a_front_leaves_the_front_clean() -> None:
    color, inverse_depth = scenes.disk_over_slope()
    inverse_depth[48:50, 64:67] = scenes.FAR  # a small gap in the disk
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX)
    assert layers.speck is not None and not layers.speck.any()
