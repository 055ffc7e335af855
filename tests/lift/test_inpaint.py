import numpy as np

from stereopsis.lift.cut import cut
from stereopsis.lift.grow import grow
from stereopsis.lift.inpaint import InpaintConfig, inpaint
from tests.lift import scenes

PLAIN = InpaintConfig(detail=0.0)


def test_the_front_never_bleeds_into_the_back() -> None:
    layers = inpaint(scenes.grown_disk(), scenes.PARALLAX_PX, PLAIN)
    is_red = layers.color.astype(int)[:, 0] > 100
    hidden_behind_disk = layers.hidden & (layers.inverse_depth < 0.6)
    inside = (np.abs(layers.x - scenes.WIDTH / 2) < 60) & (
        np.abs(layers.y - scenes.HEIGHT / 2) < 40
    )
    assert (hidden_behind_disk & inside).sum() > 500
    assert not (hidden_behind_disk & inside & is_red).any()


def test_what_is_visible_stays() -> None:
    grown = scenes.grown_disk()
    painted = inpaint(grown, scenes.PARALLAX_PX)
    shown = slice(0, grown.visible_count)
    assert (painted.color[shown] == grown.color[shown]).all()
    assert (painted.inverse_depth[shown] == grown.inverse_depth[shown]).all()
    assert (painted.links == grown.links).all()


def test_hidden_pixels_stay_behind() -> None:
    painted = inpaint(scenes.grown_disk(), scenes.PARALLAX_PX)
    (hidden,) = np.nonzero(painted.hidden)
    x, y = painted.x[hidden], painted.y[hidden]
    inside = (x >= 0) & (x < painted.width) & (y >= 0) & (y < painted.height)
    front = painted.inverse_depth[y[inside] * painted.width + x[inside]]
    assert (painted.inverse_depth[hidden[inside]] < front).all()


def test_diffusion_is_harmonic() -> None:
    """Between fixed ends the values settle where each is the mean of its linked neighbours."""
    many = InpaintConfig(detail=0.0, sweeps=600, behind_px=-1e9)
    grown = scenes.grown_disk()
    painted = inpaint(grown, scenes.PARALLAX_PX, many)
    (hidden,) = np.nonzero(painted.hidden)
    linked = painted.links[hidden] >= 0
    values = painted.inverse_depth[painted.links[hidden]]
    means = np.where(linked, values, 0).sum(axis=1) / linked.sum(axis=1)
    assert np.abs(means - painted.inverse_depth[hidden]).max() < 1e-3


def test_texture_continues_behind_the_silhouette() -> None:
    color, inverse_depth = scenes.disk_over_slope()
    stripes = (np.arange(scenes.WIDTH) % 6 < 3) * np.uint8(60)
    color[~scenes.disk()] = (color + stripes[None, :, None])[~scenes.disk()]

    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    grown = grow(layers, scenes.PARALLAX_PX, scenes.WINDOW)
    behind_disk = grown.hidden & (np.hypot(grown.x - 64, grown.y - 48) < scenes.RADIUS)
    contrast = [
        inpaint(grown, scenes.PARALLAX_PX, InpaintConfig(detail=detail)).color[behind_disk, 2].std()
        for detail in (0.0, 1.0)
    ]
    assert contrast[1] > 2 * contrast[0]


def test_nothing_hidden_nothing_done() -> None:
    layers = scenes.cut_disk()
    assert inpaint(layers, scenes.PARALLAX_PX) is layers


def test_three_surfaces_at_a_place_keep_their_colours_and_depths() -> None:
    """A fence before a person before a wall: behind a bar, both others go on."""
    color, inverse_depth = scenes.fence_before_person_before_wall()
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    grown = grow(layers, scenes.PARALLAX_PX, scenes.WINDOW)
    painted = inpaint(grown, scenes.PARALLAX_PX)
    painted.check()
    bar = (color == scenes.BLUE).all(-1)
    row, column = painted.y, painted.x
    inside = (row >= 0) & (row < scenes.HEIGHT) & (column >= 0) & (column < scenes.WIDTH)
    behind = painted.hidden & inside
    behind[behind] = bar[row[behind], column[behind]]
    is_disk = behind & (painted.inverse_depth > 0.8)
    is_wall = behind & (painted.inverse_depth < 0.4)
    assert (is_disk | is_wall)[behind].all()
    for surface, plain, depth in (
        (is_disk, scenes.RED, scenes.NEAR),
        (is_wall, scenes.GREEN, scenes.FAR),
    ):
        assert surface.sum() > 100
        assert np.abs(painted.color[surface].astype(int) - plain).max() <= 4
        np.testing.assert_allclose(painted.inverse_depth[surface], depth, atol=0.02)
    places = row * scenes.WIDTH + column
    assert len(np.intersect1d(places[is_disk], places[is_wall])) > 20
