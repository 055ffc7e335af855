from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from stereopsis.depth.exposure import even_out, is_blank
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo
from stereopsis.scene.stereo import Eye, StereoPair
from tests.scene.eyes import eyes, texture

Change = Callable[[np.ndarray], np.ndarray]

CHANGES: dict[str, Change] = {
    "darker": lambda v: 0.5 * v,
    "brighter and clipped": lambda v: 1.6 * v,
    "gamma": lambda v: 255 * (v / 255) ** 1.8,
    "white balance": lambda v: v * (1.3, 1.0, 0.7),
    "haze": lambda v: 60 + 0.6 * v,
    "tone curve": lambda v: 255 * (0.5 - 0.5 * np.cos(np.pi * v / 255)),
}


def photo(pixels: np.ndarray) -> Photo:
    return Photo(pixels, Camera.from_focal_35mm(pixels.shape[1], pixels.shape[0]))


def pair(shown: Eye = "left", change: Change = lambda v: v) -> StereoPair:
    """Two eyes, the hidden one's colours changed."""
    left, right = map(photo, eyes(240, 160, disparity=12))
    hidden = right if shown == "left" else left
    pixels = change(hidden.pixels.astype(np.float64)).round().clip(0, 255).astype(np.uint8)
    changed = replace(hidden, pixels=pixels)
    return (
        StereoPair(left, changed, shown) if shown == "left" else StereoPair(changed, right, shown)
    )


def hidden_of(given: StereoPair) -> Photo:
    return given.right if given.shown == "left" else given.left


@pytest.mark.parametrize("shown", ["left", "right"])
@pytest.mark.parametrize("name", CHANGES)
def test_exposure_and_colour_are_undone(name: str, shown: Eye) -> None:
    given = pair(shown, CHANGES[name])
    evened = even_out(given)
    assert evened.shown_photo is given.shown_photo
    wanted = hidden_of(pair(shown)).pixels.astype(int)
    before = np.abs(hidden_of(given).pixels - wanted)
    after = np.abs(hidden_of(evened).pixels - wanted)
    assert np.median(after) <= 3
    assert after.mean() < 0.25 * before.mean()
    other = "right" if shown == "left" else "left"
    assert evened.notes[0].endswith(f"the {other} picture was made as the {shown}.")


@pytest.mark.parametrize(
    "change", [lambda v: v, lambda v: 1.03 * v, lambda v: v + np.array([4, 0, -4])]
)
def test_eyes_that_are_alike_are_left_alone(change: Change) -> None:
    given = pair(change=change)
    assert even_out(given) is given


def test_what_one_eye_alone_sees_changes_nothing() -> None:
    given = pair()
    pixels = given.right.pixels.copy()
    pixels[:, -24:] = texture(24, 160, seed=3) // 2 + 100
    given = replace(given, right=replace(given.right, pixels=pixels))
    assert even_out(given) is given


@pytest.mark.parametrize("shown", ["left", "right"])
def test_equal_exposure_is_left_alone_where_the_middle_is_flat(shown: Eye) -> None:
    """Anything is like a flat middle, so it cannot say which columns both eyes see."""
    left, right = (each.copy() for each in eyes(240, 160, disparity=12))
    for image in (left, right):
        image[:, 50:190] = 128
        image[:, :50] //= 3
    given = StereoPair(photo(left), photo(right), shown)
    assert even_out(given) is given


def test_curves_never_fall_and_are_not_steep() -> None:
    shown = texture(240, 160)
    hidden = 100 + texture(240, 160) // 16
    given = StereoPair(photo(shown), photo(hidden))
    evened = even_out(given).right.pixels
    for channel in range(3):
        before, after = hidden[..., channel].ravel(), evened[..., channel].ravel().astype(int)
        levels = [int(after[before == level][0]) for level in np.unique(before)]
        assert all(0 <= step <= 5 for step in np.diff(levels))
        assert levels[-1] - levels[0] > 2 * (int(before.max()) - int(before.min()))


def test_a_blank_eye_is_no_trouble() -> None:
    blank = np.full((160, 240, 3), 7, np.uint8)
    evened = even_out(StereoPair(photo(texture(240, 160)), photo(blank)))
    assert len(np.unique(evened.right.pixels.reshape(-1, 3), axis=0)) == 1


def noisy(level: float, sigma: float) -> np.ndarray:
    values = np.random.default_rng(0).normal(level, sigma, (160, 240, 3))
    return values.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (noisy(4, 3), "nearly black"),
        (noisy(253, 2), "nearly white"),
        (noisy(120, 6), "nearly uniform"),
        (texture(), None),
        (texture() // 8 + 5, None),
        (noisy(40, 0) + np.arange(240, dtype=np.uint8)[:, None] // 8, None),
    ],
)
def test_blank_pictures(pixels: np.ndarray, words: str | None) -> None:
    expected = None if words is None else f"The left picture is {words}."
    assert is_blank(photo(pixels), "The left picture") == expected


def test_a_small_picture_may_be_blank_too() -> None:
    assert is_blank(photo(np.zeros((32, 32, 3), np.uint8))) == "The picture is nearly black."
