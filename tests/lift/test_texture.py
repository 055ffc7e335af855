import numpy as np

from stereopsis.lift.inpaint import find_anchors
from stereopsis.lift.rims import CLEAN, MIXED_PX, find_rims
from stereopsis.lift.texture import find_mirrored, texture_of
from tests.lift import scenes


def test_texture_is_found_as_far_before_a_silhouette_as_it_is_shown_behind_it() -> None:
    layers = scenes.grown_disk()
    anchor = find_anchors(layers.links, layers.visible_count)
    mirrored = find_mirrored(layers, anchor)
    middle = layers.hidden & (layers.y == scenes.HEIGHT // 2) & (layers.inverse_depth < 0.6)
    middle &= (layers.x > 64 - scenes.RADIUS) & (layers.x < 64 + scenes.RADIUS)
    middle &= layers.y[anchor] == layers.y
    assert middle.sum() > 10
    behind = np.abs(layers.x - layers.x[anchor])[middle]
    before = np.abs(layers.x[mirrored] - layers.x[anchor])[middle]
    assert (before == behind + MIXED_PX).all()


def test_a_front_has_no_part_in_the_texture_beside_it() -> None:
    layers = scenes.grown_disk()
    rims = find_rims(layers)
    wall = ~scenes.disk().ravel()
    wanted = np.flatnonzero(wall & (rims > MIXED_PX)).astype(np.int32)
    assert not texture_of(layers, rims, wanted, 5).any()  # the wall is plain, the disk is red


def test_mixed_colours_are_no_texture() -> None:
    layers = scenes.grown_disk()
    rims = find_rims(layers)
    wanted = np.flatnonzero(rims < CLEAN).astype(np.int32)
    assert len(wanted) and not texture_of(layers, rims, wanted, 5).any()
