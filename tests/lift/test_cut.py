import numpy as np
import pytest

from stereopsis.lift.cut import CutConfig, cut
from stereopsis.scene.layers import DOWN, RIGHT
from tests.lift import scenes


def test_links_end_at_the_silhouette_and_nowhere_else() -> None:
    layers = scenes.cut_disk()
    layers.check()
    is_disk = scenes.disk()
    shape = (scenes.HEIGHT, scenes.WIDTH)
    linked_right = (layers.links[:, RIGHT] >= 0).reshape(shape)[:, :-1]
    linked_down = (layers.links[:, DOWN] >= 0).reshape(shape)[:-1]
    assert (linked_right == (is_disk[:, 1:] == is_disk[:, :-1])).all()
    assert (linked_down == (is_disk[1:] == is_disk[:-1])).all()


def test_a_slope_is_never_cut() -> None:
    color, _ = scenes.disk_over_slope()
    slope = np.linspace(0.2, 1.0, scenes.WIDTH, dtype=np.float32) * np.ones(
        (scenes.HEIGHT, 1), np.float32
    )
    layers = cut(color, slope, scenes.PARALLAX_PX)
    assert (layers.links >= 0).sum() == 4 * len(layers.x) - 2 * (scenes.HEIGHT + scenes.WIDTH)


def test_a_weak_step_is_cut_only_where_it_continues_a_sure_one() -> None:
    config = CutConfig(sure_px=3.0, likely_px=1.5, shortest=1, smallest=1)
    color = np.zeros((8, 40, 3), np.uint8)
    weak = np.full((8, 40), 0.5, np.float32)
    weak[4:] += 2.0 / scenes.PARALLAX_PX
    assert (cut(color, weak, scenes.PARALLAX_PX, config=config).links >= 0).sum() == 1184
    partly_sure = weak.copy()
    partly_sure[4:, :20] += 2.0 / scenes.PARALLAX_PX
    layers = cut(color, partly_sure, scenes.PARALLAX_PX, config=config)
    rows = layers.links[:, DOWN].reshape(8, 40)
    assert (rows[3] == -1).all()


@pytest.mark.parametrize("side", [1, 3])
def test_specks_take_the_depth_around_them(side: int) -> None:
    color, inverse_depth = scenes.disk_over_slope(tilt=0.0)
    inverse_depth[10 : 10 + side, 10 : 10 + side] = 0.9
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=CutConfig(smallest=12))
    healed = layers.inverse_depth.reshape(inverse_depth.shape)
    assert healed[10, 10] == pytest.approx(scenes.FAR)
    coarse = cut(color, inverse_depth, scenes.PARALLAX_PX, config=CutConfig(smallest=1, shortest=1))
    assert coarse.inverse_depth.reshape(inverse_depth.shape)[10, 10] == pytest.approx(0.9)


def test_specks_grow_with_the_grain_of_the_depth() -> None:
    color, inverse_depth = scenes.disk_over_slope(tilt=0.0)
    inverse_depth[10:16, 10:16] = 0.9
    fine = cut(color, inverse_depth, scenes.PARALLAX_PX, grain_px=1.0)
    coarse = cut(color, inverse_depth, scenes.PARALLAX_PX, grain_px=4.0)
    assert fine.inverse_depth.reshape(inverse_depth.shape)[12, 12] == pytest.approx(0.9)
    assert coarse.inverse_depth.reshape(inverse_depth.shape)[12, 12] == pytest.approx(scenes.FAR)
