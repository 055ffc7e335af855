from dataclasses import replace

import cv2
import numpy as np
import pytest

from stereopsis.depth.evidence import coverage
from stereopsis.depth.match import MatchConfig, Matches, find_matches
from stereopsis.scene.arrays import ColorImage
from tests.depth.eyes import CAMERA, CARD, FAR, NEAR, Eyes, project

DRIFTED = Eyes((0.02, -0.01, 0.015), 1.004)


def errors(eyes: Eyes, matches: Matches) -> np.ndarray:
    """How far the right places are from the truth; edges of the card are left out."""
    x, y = matches.left.T
    rows, columns = CARD
    border = 12

    def on_card(margin: float) -> np.ndarray:
        inside = (x > columns.start - margin) & (x < columns.stop + margin)
        return np.asarray(inside & (y > rows.start - margin) & (y < rows.stop + margin))

    planes = [eyes.right_from_plane(depth) for depth in (FAR, NEAR)]
    near = on_card(-border)
    true = [project(planes[int(n)], p) for n, p in zip(near, matches.left, strict=True)]
    sure = near | ~on_card(border)
    return (matches.right - np.array(true))[sure]


def test_matches_are_precise_and_spread() -> None:
    pair = DRIFTED.pair()
    matches = find_matches(pair.left.pixels, pair.right.pixels)
    error = np.abs(errors(DRIFTED, matches)[:, 1])
    assert len(matches) > 250
    assert np.median(error) < 0.05
    assert np.percentile(error, 90) < 0.2
    assert coverage(matches, CAMERA) == 1.0
    assert matches.agreement > 0.6 and matches.density > 0.6
    assert (matches.confidence > 0.8).all() and (matches.confidence <= 1).all()
    assert (matches.sigma_px > 0).all()


def test_the_eyes_may_be_swapped() -> None:
    pair = DRIFTED.pair()
    matches = find_matches(pair.right.pixels, pair.left.pixels)
    turned = replace(matches, left=matches.right, right=matches.left)
    assert len(matches) > 250
    assert np.median(np.abs(errors(DRIFTED, turned)[:, 1])) < 0.05


def darker(image: ColorImage) -> ColorImage:
    return (0.4 * image + 10).astype(np.uint8)


def noisy(image: ColorImage) -> ColorImage:
    noise = np.random.default_rng(0).normal(0, 8, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def blurred(image: ColorImage) -> ColorImage:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.5))


@pytest.mark.parametrize("spoil", [darker, noisy, blurred])
def test_a_spoilt_eye_is_still_matched(spoil) -> None:
    pair = DRIFTED.pair()
    matches = find_matches(pair.left.pixels, spoil(pair.right.pixels))
    error = np.abs(errors(DRIFTED, matches)[:, 1])
    assert len(matches) > 100
    assert np.median(error) < 0.15


def test_large_pictures_are_matched_small_but_told_in_their_own_pixels() -> None:
    pair = DRIFTED.pair()
    small = find_matches(pair.left.pixels, pair.right.pixels)
    large = find_matches(
        *(cv2.resize(eye.pixels, None, fx=3, fy=3) for eye in (pair.left, pair.right)),
        MatchConfig(long_side=320),
    )
    for few, many in ((small.left, large.left), (small.right, large.right)):
        assert np.abs(np.median(many, 0) / 3 - np.median(few, 0)).max() < 8
    shrunk = replace(large, left=large.left / 3, right=large.right / 3)
    assert np.median(np.abs(errors(DRIFTED, shrunk)[:, 1])) < 0.1


def test_eyes_of_two_sizes_see_the_same_field() -> None:
    pair = DRIFTED.pair()
    half = cv2.resize(pair.right.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    matches = find_matches(pair.left.pixels, half)
    restored = replace(matches, right=matches.right * 2)
    assert len(matches) > 50
    assert np.median(np.abs(errors(DRIFTED, restored)[:, 1])) < 0.3


def blank(height: int, width: int) -> ColorImage:
    return np.full((height, width, 3), 128, np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (40, 300), (300, 40), (240, 320)])
def test_nothing_is_found_where_there_is_nothing(size: tuple[int, int]) -> None:
    matches = find_matches(blank(*size), blank(*size))
    assert len(matches) == 0
    assert matches.left.shape == matches.right.shape == (0, 2)
    assert matches.agreement == 0


def test_some_matches_can_be_picked() -> None:
    matches = DRIFTED.matches(10)
    picked = matches.picked(np.arange(10) % 2 == 0)
    assert len(picked) == 5
    assert np.array_equal(picked.right, matches.right[::2])
