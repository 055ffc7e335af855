from dataclasses import replace

import numpy as np
import pytest

from stereopsis.scene.layers import DOWN, LEFT, RIGHT, LayeredImage
from tests.lift import scenes


@pytest.fixture
def layers() -> LayeredImage:
    return scenes.grown_disk()


def test_a_sound_image_passes(layers: LayeredImage) -> None:
    layers.check()
    assert layers.hidden.sum() == len(layers.x) - layers.visible_count


def broken(layers: LayeredImage, pixel: int, direction: int, target: int) -> LayeredImage:
    links = layers.links.copy()
    links[pixel, direction] = target
    return replace(layers, links=links)


@pytest.mark.parametrize(
    ("pixel", "direction", "target"),
    [
        (300, RIGHT, -1),  # one-sided
        (300, RIGHT, 302),  # skips a place
        (300, LEFT, 301),  # the wrong way
        (300, DOWN, 10**7),  # out of the image
    ],
)
def test_broken_links_are_caught(
    layers: LayeredImage, pixel: int, direction: int, target: int
) -> None:
    with pytest.raises(AssertionError):
        broken(layers, pixel, direction, target).check()


def test_misplaced_and_infinitely_far_pixels_are_caught(layers: LayeredImage) -> None:
    with pytest.raises(AssertionError):
        replace(layers, x=np.roll(layers.x, 1)).check()
    with pytest.raises(AssertionError):
        replace(layers, inverse_depth=np.zeros_like(layers.inverse_depth)).check()


def test_only_hidden_pixels_are_seen_by_a_second_eye(layers: LayeredImage) -> None:
    assert layers.seen_count == 0 and (layers.invented == layers.hidden).all()
    seen = layers.hidden & (np.arange(len(layers.x)) % 2 == 0)
    half = replace(layers, seen=seen)
    half.check()
    assert half.seen_count == seen.sum() > 0
    assert (half.invented == (layers.hidden & ~seen)).all()
    with pytest.raises(AssertionError):
        replace(layers, seen=np.ones(len(layers.x), bool)).check()
