import numpy as np
import pytest

from stereopsis.lift.continued import describe, evaluate, fit_planes
from stereopsis.lift.inpaint import find_anchors, inpaint
from stereopsis.lift.rims import CLEAN, find_rims
from stereopsis.lift.unfold import unfold
from tests.lift import scenes


def test_a_plane_behind_a_front_goes_on_as_a_plane() -> None:
    layers = scenes.grown_disk()
    patches = unfold(layers)
    anchor = find_anchors(layers.links, layers.visible_count)
    shown = describe(patches, inpaint(layers, scenes.PARALLAX_PX), anchor, scenes.PARALLAX_PX)
    values = shown.inverse_depth(shown.parallax, scenes.PARALLAX_PX)
    folded, covered = patches.fold(values[..., None], len(layers.x))
    slope = scenes.FAR + 0.1 * (layers.y / (scenes.HEIGHT - 1))
    behind = layers.hidden & covered & (layers.inverse_depth < 0.6)
    off_px = scenes.PARALLAX_PX * np.abs(folded[:, 0] - slope)[behind]
    diffused = inpaint(layers, scenes.PARALLAX_PX).inverse_depth
    rival_px = scenes.PARALLAX_PX * np.abs(diffused - slope)[behind]
    assert behind.sum() > 500 and off_px.max() < 0.05
    assert off_px.mean() < 0.2 * rival_px.mean()  # the diffusion levels off


def test_what_is_known_stays_as_it_is() -> None:
    layers = scenes.grown_disk()
    patches = unfold(layers)
    anchor = find_anchors(layers.links, layers.visible_count)
    shown = describe(patches, layers, anchor, scenes.PARALLAX_PX)
    known = shown.known > 0
    assert not (known & (shown.hole > 0)).any()
    is_rim = np.zeros(len(layers.x), bool)
    is_rim[: layers.visible_count] = find_rims(layers) < CLEAN
    clear = patches.shown & ~is_rim[patches.pixels]
    assert ((shown.known | shown.hole) > 0).tolist() == clear.tolist()
    heights = shown.inverse_depth(shown.parallax, scenes.PARALLAX_PX)[known]
    np.testing.assert_allclose(heights, layers.inverse_depth[patches.pixels[known]], atol=1e-5)
    assert (shown.color[known] == layers.color[patches.pixels[known]]).all()
    assert not shown.color[~patches.shown].any() and not shown.parallax[~patches.shown].any()


def test_planes_are_found_in_spite_of_what_stands_on_them() -> None:
    rng = np.random.default_rng(0)
    true = np.array([[3.0, 0.02, -0.01], [0.5, 0.0, 0.03]], np.float32)
    px = evaluate(true, 64)
    known = rng.random(px.shape) < 0.4
    px[:, 40:, 40:] += 12  # a box on the wall
    found = fit_planes(np.where(known, px, 0).astype(np.float32), known)
    off = np.abs(evaluate(found, 64) - evaluate(true, 64))[:, :40, :40]
    assert off.mean() < 1.0 and off.mean() < 0.5 * np.abs(px - evaluate(true, 64)).mean()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_few_pixels_do_not_make_a_slope(count: int) -> None:
    px, known = np.zeros((1, 64, 64), np.float32), np.zeros((1, 64, 64), bool)
    px[0, 10, 10 : 10 + count] = np.arange(count) + 5
    known[0, 10, 10 : 10 + count] = True
    plane = fit_planes(px, known)
    assert np.isfinite(plane).all() and np.abs(plane[0, 1:]).max() < 0.3
    assert np.abs(evaluate(plane, 64)).max() < 20
