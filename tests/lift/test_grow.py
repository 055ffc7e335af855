import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.lift.cut import cut
from stereopsis.lift.grow import TILE, GrowConfig, grow
from tests.lift import scenes


def visible_at(layers, pixels):
    """The visible pixel at the place of each of these, and which of them have one."""
    x, y = layers.x[pixels], layers.y[pixels]
    inside = (x >= 0) & (x < layers.width) & (y >= 0) & (y < layers.height)
    return np.where(inside, y * layers.width + x, 0), inside


def test_the_back_reaches_as_far_as_the_cone_reveals() -> None:
    layers = scenes.grown_disk()
    layers.check()
    (hidden,) = np.nonzero(layers.hidden)
    front, inside = visible_at(layers, hidden)
    covered = hidden[inside & scenes.disk().ravel()[front]]
    from_center = np.hypot(
        layers.x[covered] + 0.5 - scenes.WIDTH / 2, layers.y[covered] + 0.5 - scenes.HEIGHT / 2
    )
    depth_inside = scenes.RADIUS - from_center
    reach = scenes.PARALLAX_PX * (scenes.NEAR - scenes.FAR)
    assert depth_inside.max() >= reach - 2.5  # the slope is nearer than FAR below
    assert depth_inside.max() <= reach + GrowConfig().margin_px + 2 * TILE
    for depth in np.arange(0.5, 0.8 * reach):  # nothing is missing in between
        assert (np.abs(depth_inside - depth) < 1).sum() > 2 * (scenes.RADIUS - depth)


def test_no_cut_no_growth_behind() -> None:
    color = np.zeros((24, 32, 3), np.uint8)
    flat = np.full((24, 32), scenes.WINDOW, np.float32)
    layers = grow(cut(color, flat, scenes.PARALLAX_PX), scenes.PARALLAX_PX, scenes.WINDOW)
    assert not layers.hidden.any()  # and at the window's depth the border does not move either


def test_the_picture_continues_past_its_border() -> None:
    color = np.zeros((24, 32, 3), np.uint8)
    near = np.full((24, 32), 1.0, np.float32)
    layers = grow(cut(color, near, scenes.PARALLAX_PX), scenes.PARALLAX_PX, scenes.WINDOW)
    layers.check()
    reach = scenes.PARALLAX_PX * (1.0 - scenes.WINDOW)
    for low, high in ((layers.x.min(), layers.x.max() - 31), (layers.y.min(), layers.y.max() - 23)):
        assert reach <= -low <= reach + 2 * TILE
        assert reach <= high <= reach + 2 * TILE


@settings(max_examples=25)
@given(st.integers(0, 2**31))
def test_laws_hold_on_any_depth(seed: int) -> None:
    color, inverse_depth = scenes.noise(seed)
    layers = grow(
        cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP),
        scenes.PARALLAX_PX,
        scenes.WINDOW,
    )
    layers.check()
    (hidden,) = np.nonzero(layers.hidden)
    front, inside = visible_at(layers, hidden)
    assert (layers.inverse_depth[hidden[inside]] < layers.inverse_depth[front[inside]]).all()
    places = np.column_stack([layers.x, layers.y, np.round(layers.inverse_depth, 6)])
    assert len(np.unique(places, axis=0)) == len(places)  # no surface is there twice


def test_the_front_does_not_grow() -> None:
    layers = scenes.grown_disk()
    (hidden,) = np.nonzero(layers.hidden)
    assert layers.inverse_depth[hidden].max() < scenes.NEAR - 0.1
    assert not (layers.color[hidden] == scenes.RED).all(axis=1).any()


def test_each_layer_lies_behind_those_before_it() -> None:
    color, inverse_depth = scenes.noise(3)
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    grown = grow(layers, scenes.PARALLAX_PX, scenes.WINDOW)
    stacks: dict[tuple[int, int], list[float]] = {}
    for x, y, depth in zip(grown.x, grown.y, grown.inverse_depth, strict=True):
        stacks.setdefault((x, y), []).append(depth)
    assert max(len(stack) for stack in stacks.values()) > 2
    assert all(stack == sorted(stack, reverse=True) for stack in stacks.values())


def test_a_wider_cone_needs_more() -> None:
    sizes = [len(grow(scenes.cut_disk(), px, scenes.WINDOW).x) for px in (4.0, 12.0, 24.0, 48.0)]
    assert sizes == sorted(set(sizes))
