"""Laws from layers to triangles: nothing crosses a cut, nothing cracks, errors are bounded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.lift.atlas import PHOTO_CHART, draw_texture, lay_out
from stereopsis.lift.cut import cut
from stereopsis.lift.grow import grow
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.simplify import SimplifyConfig, simplify
from stereopsis.lift.triangulate import Surface, triangulate
from stereopsis.scene.layers import LayeredImage
from tests.lift import scenes

FINE = 1e-6


def layered(seed: int | None = None) -> LayeredImage:
    if seed is None:
        return inpaint(scenes.grown_disk(), scenes.PARALLAX_PX)
    layers = cut(*scenes.noise(seed), scenes.PARALLAX_PX, config=scenes.SHARP)
    return inpaint(grow(layers, scenes.PARALLAX_PX, scenes.WINDOW), scenes.PARALLAX_PX)


def edges(surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    """Undirected edges and how many triangles each has."""
    sides = np.concatenate([surface.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    return np.unique(np.sort(sides, axis=1), axis=0, return_counts=True)


def doubled_areas(surface: Surface) -> np.ndarray:
    a, b, c = (surface.position[surface.faces[:, k]].astype(float) for k in range(3))
    return (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]


@settings(max_examples=15)
@given(st.integers(0, 2**31))
def test_triangles_cover_every_pixel_of_every_layer_once(seed: int) -> None:
    layers = layered(seed)
    surface = triangulate(layers, lay_out(layers, 128), FINE)
    areas = doubled_areas(surface)
    assert (areas > 0).all()  # and none is turned over
    assert areas.sum() / 2 == pytest.approx(len(layers.x))


@settings(max_examples=15)
@given(st.integers(0, 2**31))
def test_simplified_surfaces_stay_manifold_and_turned_to_the_camera(seed: int) -> None:
    layers = layered(seed)
    surface = triangulate(layers, lay_out(layers, 128), FINE)
    simple = simplify(surface, scenes.PARALLAX_PX)
    crowded = [(edges(each)[1] > 2).sum() for each in (surface, simple)]
    assert crowded[1] <= crowded[0] <= 0.01 * len(surface.faces)
    assert (doubled_areas(simple) > 0).all()
    assert len(simple.faces) < len(surface.faces)


def test_a_clean_scene_is_manifold() -> None:
    layers = layered()
    surface = triangulate(layers, lay_out(layers, 256), FINE)
    for each in (surface, simplify(surface, scenes.PARALLAX_PX)):
        assert edges(each)[1].max() == 2


def test_no_triangle_crosses_a_cut() -> None:
    """The disk and the slope share no vertex, before and after simplification."""
    layers = layered()
    surface = triangulate(layers, lay_out(layers, 256), FINE)
    for each in (surface, simplify(surface, scenes.PARALLAX_PX)):
        depth = each.inverse_depth[each.faces]
        assert (depth.max(axis=1) - depth.min(axis=1) < 0.3).all()
        assert (depth.max(axis=1) > 0.9).any() and (depth.min(axis=1) < 0.4).any()


def test_uncut_steps_are_stretched() -> None:
    """The same check fails when the links across the silhouette are kept."""
    color, inverse_depth = scenes.disk_over_slope()
    layers = cut(color, inverse_depth, parallax_px=0.5)
    surface = triangulate(layers, lay_out(layers, 256), FINE)
    depth = surface.inverse_depth[surface.faces]
    assert (depth.max(axis=1) - depth.min(axis=1)).max() > 0.3


def test_a_plane_needs_two_triangles() -> None:
    """A plane's inverse depth is affine in pixels, so only perspective texture keeps vertices."""
    y, x = np.mgrid[:64, :64].astype(np.float32)
    plane = 0.5 + 0.002 * x + 0.001 * y
    layers = cut(np.zeros((64, 64, 3), np.uint8), plane.astype(np.float32), scenes.PARALLAX_PX)
    surface = triangulate(layers, lay_out(layers, 64), 1e-4, texture_px=100.0)
    assert len(surface.faces) == 8  # four squares of the largest size
    relaxed = SimplifyConfig(texture_px=100.0)
    assert len(simplify(surface, scenes.PARALLAX_PX, relaxed).faces) <= 4


def test_errors_stay_within_the_tolerance() -> None:
    """At every pixel corner of a curved sheet, the triangle above it is as near as promised."""
    y, x = np.mgrid[:64, :64].astype(np.float32)
    bumpy = (0.6 + 0.1 * np.sin(x / 9) * np.cos(y / 7)).astype(np.float32)
    layers = cut(np.zeros((64, 64, 3), np.uint8), bumpy, scenes.PARALLAX_PX)
    surface = triangulate(layers, lay_out(layers, 64), FINE)
    config = SimplifyConfig(parallax_px=0.5)
    simple = simplify(surface, scenes.PARALLAX_PX, config)
    assert len(simple.faces) < 0.2 * len(surface.faces)
    inner = ((surface.position > 3) & (surface.position < 61)).all(axis=1)
    error = np.abs(height_at(simple, surface.position[inner]) - surface.inverse_depth[inner]).max()
    assert error * scenes.PARALLAX_PX <= config.parallax_px + 1e-4
    crude = simplify(surface, scenes.PARALLAX_PX, SimplifyConfig(parallax_px=5.0))
    worse = np.abs(height_at(crude, surface.position[inner]) - surface.inverse_depth[inner]).max()
    assert worse > 2 * error


@pytest.mark.parametrize("texture_px", [0.5, 0.25])
def test_texture_bends_no_more_than_promised(texture_px: float) -> None:
    """On a ground plane to the horizon, steep as planes go; a single pixel may be steeper still."""
    ground = np.maximum(np.linspace(-1, 1, 256), 0.01)[:, None] * np.ones(256)
    layers = cut(np.zeros((256, 256, 3), np.uint8), ground.astype(np.float32), scenes.PARALLAX_PX)
    surface = triangulate(layers, lay_out(layers, 256), 1e-3, texture_px)
    config = SimplifyConfig(texture_px=texture_px)
    simple = simplify(surface, scenes.PARALLAX_PX, config)
    for each in (surface, simple):
        a, b = edges(each)[0].T
        length = np.hypot(*(each.position[a] - each.position[b]).T)
        rise = np.abs(each.inverse_depth[a] - each.inverse_depth[b])
        bend = length * rise / (2 * (each.inverse_depth[a] + each.inverse_depth[b]))
        assert bend[length > 1.5].max() <= texture_px + 1e-3
    assert len(simple.faces) < 3000


def height_at(surface: Surface, points: np.ndarray) -> np.ndarray:
    """The inverse depth of a single sheet at points (n, 2) that it covers."""
    heights = np.full(len(points), np.nan)
    for face in surface.faces:
        a, b, c = surface.position[face].astype(float)
        to_barycentric = np.linalg.inv(np.column_stack([b - a, c - a]))
        s, t = to_barycentric @ (points - a).T
        inside = (s >= -1e-6) & (t >= -1e-6) & (s + t <= 1 + 1e-6)
        za, zb, zc = surface.inverse_depth[face]
        heights[inside] = (za + s * (zb - za) + t * (zc - za))[inside]
    assert not np.isnan(heights).any()
    return heights


def test_silhouettes_stay_pixel_sharp() -> None:
    layers = layered()
    surface = simplify(
        triangulate(layers, lay_out(layers, 256), FINE), scenes.PARALLAX_PX, SimplifyConfig()
    )
    is_front = surface.inverse_depth[surface.faces].min(axis=1) > 0.9
    rim = np.unique(surface.faces[is_front])
    from_center = np.hypot(*(surface.position[rim] - (scenes.WIDTH / 2, scenes.HEIGHT / 2)).T)
    area = doubled_areas(surface)[is_front].sum() / 2
    assert np.abs(from_center.max() - scenes.RADIUS) < 1.0
    assert area == pytest.approx(scenes.disk().sum(), rel=0.03)


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from([64, 100, 256]))
def test_atlas_holds_every_pixel_at_its_own_place(seed: int, columns: int) -> None:
    layers = layered(seed)
    atlas = lay_out(layers, columns)
    placed = atlas.cells[atlas.cells >= 0]
    assert len(np.unique(placed)) == len(placed) == len(layers.x)
    assert (atlas.chart[layers.hidden] != PHOTO_CHART).all()


def test_charts_of_a_narrow_photo_lie_in_about_a_square() -> None:
    layers = cut(*scenes.noise(3, 800, 24), scenes.PARALLAX_PX, config=scenes.SHARP)
    layers = inpaint(grow(layers, scenes.PARALLAX_PX, scenes.WINDOW), scenes.PARALLAX_PX)
    atlas = lay_out(layers, layers.width)
    rows, columns = atlas.cells.shape
    assert columns > 120 and rows - atlas.photo_rows < 1.5 * columns


def test_texture_shows_each_pixel_its_own_colour() -> None:
    layers = layered(5)
    size = (2 * layers.width, 2 * layers.height)
    atlas = lay_out(layers, size[0])
    picture = layers.color[: layers.visible_count].reshape(layers.height, layers.width, 3)
    texture = draw_texture(atlas, layers, picture.repeat(2, axis=0).repeat(2, axis=1))
    centres = np.column_stack([layers.x, layers.y]).astype(np.float32) + 0.5
    texels = atlas.texture_positions(centres, atlas.chart, layers, size)
    shown = texture[texels[:, 1].astype(int), texels[:, 0].astype(int)]
    assert (shown == layers.color).all()


def test_charts_are_padded_with_what_continues_them() -> None:
    layers = layered()
    size = (layers.width, layers.height)
    atlas = lay_out(layers, 256)
    texture = draw_texture(
        atlas, layers, layers.color[: layers.visible_count].reshape(*size[::-1], 3)
    )
    hidden = (layers.hidden & (layers.inverse_depth < 0.5)).nonzero()[0]
    centres = np.column_stack([layers.x[hidden], layers.y[hidden]]).astype(np.float32) + 0.5
    texels = atlas.texture_positions(centres, atlas.chart[hidden], layers, size).astype(int)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        beside = texture[texels[:, 1] + dy, texels[:, 0] + dx]
        assert (beside[:, 0] < 120).all()  # the front's red is nowhere near the hidden green
