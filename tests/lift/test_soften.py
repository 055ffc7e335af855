import numpy as np
import pytest

from stereopsis.lift.cut import cut
from stereopsis.lift.rims import find_rims
from stereopsis.lift.soften import only, separate
from stereopsis.scene.layers import LayeredImage
from tests.lift import scenes


def mixed_disk(coverage: float) -> LayeredImage:
    """The red disk, and the green around it with so much red mixed into the pixels beside it."""
    color, inverse_depth = scenes.disk_over_slope()
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    rim = (find_rims(layers) == 1).reshape(color.shape[:2])
    mixed = coverage * np.array(scenes.RED) + (1 - coverage) * np.array(scenes.GREEN)
    color[rim] = np.rint(mixed)
    return cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)


@pytest.mark.parametrize("coverage", [0.0, 0.15, 0.3])
def test_what_was_mixed_is_separated(coverage: float) -> None:
    layers = mixed_disk(coverage)
    rim = separate(layers)
    assert set(rim.pixel) == set(np.flatnonzero(find_rims(layers) == 1))
    assert np.abs(rim.coverage - coverage).max() < 0.01
    assert (rim.front == scenes.RED).all() and (rim.clean == scenes.GREEN).all()


@pytest.mark.parametrize("coverage", [0.5, 0.8, 1.0])
def test_rims_that_are_mostly_front_are_separated_where_the_next_pixel_is_not(
    coverage: float,
) -> None:
    layers = mixed_disk(coverage)
    rim = separate(layers)
    assert len(rim.pixel) > 0.5 * (find_rims(layers) == 1).sum()
    assert np.abs(rim.coverage - coverage).max() < 0.01


def test_a_silhouette_beside_the_picture_s_own_edge_is_not_trusted() -> None:
    """The depth of the disk is three pixels too far right: its colours say nothing there."""
    color, inverse_depth = scenes.disk_over_slope()
    moved = np.roll(inverse_depth, 3, axis=1)
    layers = cut(color, moved, scenes.PARALLAX_PX, config=scenes.SHARP)
    rim = separate(layers)
    beside = np.abs(layers.y[rim.pixel] + 0.5 - scenes.HEIGHT / 2) < scenes.RADIUS / 2
    assert (find_rims(layers) == 1).sum() > 100 and not beside.any()


def test_mixing_again_gives_the_photo() -> None:
    layers = mixed_disk(0.4)
    rim = separate(layers)
    share = rim.coverage[:, None]
    mixed = share * rim.front + (1 - share) * rim.clean
    assert np.abs(mixed - layers.color[rim.pixel]).max() < 1


def test_surfaces_that_look_alike_cannot_be_told_apart() -> None:
    _, inverse_depth = scenes.disk_over_slope()
    color = np.full((*inverse_depth.shape, 3), 100, np.uint8)
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    assert (find_rims(layers) == 1).any() and len(separate(layers).pixel) == 0


def test_a_scene_without_silhouettes_has_no_rim() -> None:
    flat = np.full((40, 60), 0.5, np.float32)
    assert len(separate(cut(np.zeros((40, 60, 3), np.uint8), flat, 24.0)).pixel) == 0


def test_a_thin_front_shows_its_middle() -> None:
    """A bar of five pixels, of which only the third is not mixed: the colour is taken there."""
    inverse_depth = np.full((40, 60), 0.2, np.float32)
    inverse_depth[:, 30:35] = 1.0
    color = np.full((40, 60, 3), scenes.GREEN, np.uint8)
    color[:, 30:35] = 0.8 * np.array(scenes.RED) + 0.2 * np.array(scenes.GREEN)
    color[:, 32] = scenes.RED
    rim = separate(cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP))
    assert len(rim.pixel) == 80 and (rim.front == scenes.RED).all()


def test_only_the_chosen_stay() -> None:
    rim = separate(mixed_disk(0.5))
    chosen = np.arange(len(rim.pixel)) < 3
    assert (only(rim, chosen).pixel == rim.pixel[:3]).all()
    assert len(only(rim, chosen).coverage) == 3
