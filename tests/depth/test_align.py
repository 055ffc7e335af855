from dataclasses import replace

import cv2
import numpy as np
import pytest

from stereopsis.depth.align import Alignment, align, coarse_matches
from stereopsis.scene.arrays import ColorImage
from tests.depth.eyes import CAMERA, CARD, FAR, NEAR, Eyes
from tests.depth.two_planes import grain


def gray(image: ColorImage) -> np.ndarray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


@pytest.mark.parametrize("degrees", [(0, 0, 0), (2, 0, 0), (0, 2, 0), (0, 0, 2), (-2, 2, -2)])
def test_rows_agree_within_two_pixels_after_turning(degrees: tuple[float, float, float]) -> None:
    pitch, yaw, roll = np.radians(degrees)
    eyes = Eyes((float(pitch), float(yaw), float(roll)))
    pair = eyes.pair()
    alignment = align(gray(pair.left.pixels), gray(pair.right.pixels))
    assert alignment is not None
    assert alignment.agreement > 0.6
    matches = eyes.matches()
    x, _ = matches.right.T
    raw_y = alignment.raw(x, matches.left[:, 1])[1]
    assert np.abs(raw_y - matches.right[:, 1]).mean() < 2


def test_the_disparities_of_all_that_is_seen_are_within_reach() -> None:
    pair = Eyes().pair()
    alignment = align(gray(pair.left.pixels), gray(pair.right.pixels))
    assert alignment is not None
    least, most = alignment.disparity_px
    assert least < CAMERA.focal_px / FAR < CAMERA.focal_px / NEAR < most


def test_pictures_that_share_less_than_half_are_not_aligned() -> None:
    wide = grain(0, 240, 640, 120)
    left, right = gray(wide[:, 190:510]), gray(wide[:, :320])
    assert align(left, right) is None and align(right, left) is None


def test_no_terms_move_nothing() -> None:
    alignment = Alignment(320, 240, np.zeros(5), (0, 0), 1.0)
    x, y = np.meshgrid(np.arange(3.0), np.arange(4.0))
    assert np.array_equal(alignment.raw(x, y), (x, y))
    lifted = replace(alignment, terms=np.array([2.0, 0, 0, 0, 0]))
    assert np.array_equal(lifted.raw(x, y), (x, y + 2))


def test_pictures_that_share_nothing_are_not_aligned() -> None:
    ours, theirs = (Eyes().pair(seed=seed).left.pixels for seed in (0, 7))
    assert align(gray(ours), gray(theirs)) is None


@pytest.mark.parametrize("level", [0, 255])
def test_a_blank_eye_has_no_corners(level: int) -> None:
    ours = gray(Eyes().pair().left.pixels)
    assert len(coarse_matches(ours, np.full_like(ours, level))[0]) == 0
    assert align(ours, np.full_like(ours, level)) is None


def test_no_corner_of_the_right_picture_is_used_twice() -> None:
    pair = Eyes().pair()
    left = gray(pair.left.pixels)
    left[CARD] = left[:100, :110]  # the same again
    theirs = coarse_matches(left, gray(pair.right.pixels))[1]
    assert len(np.unique(theirs, axis=0)) == len(theirs) > 50
