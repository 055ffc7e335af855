from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.depth.drift import Drift, no_drift
from stereopsis.depth.match import find_matches
from stereopsis.depth.rectify import (
    apply,
    common_box,
    eye_turns,
    homographies,
    rectify,
    transform,
    warp,
)
from stereopsis.depth.undistort import undistort
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo
from stereopsis.scene.rig import Lens, Rig
from stereopsis.scene.stereo import Eye, StereoPair
from tests.depth.eyes import CAMERA, FAR, NEAR, Eyes, as_pair, texture

DRIFTED = Eyes((0.03, -0.01, 0.02), 1.004, (1.0, 0.01, 0.0))
EYES: tuple[Eye, Eye] = ("left", "right")
angles = st.floats(-0.05, 0.05)


def drift_of(eyes: Eyes) -> Drift:
    """The drift as it is."""
    _, y, z = np.array(eyes.right_eye) / np.linalg.norm(eyes.right_eye)
    sine = np.hypot(y, z)
    axis = np.array([z, -y]) * (np.arcsin(sine) / sine if sine else 1.0)
    return Drift(eyes.rotation, eyes.focal_ratio, (axis[0], axis[1]), np.ones(200, bool), 0.0)


def blank_pair(shown: Eye = "left") -> StereoPair:
    blank = np.full((CAMERA.height, CAMERA.width, 3), 90, np.uint8)
    return as_pair(blank, blank, shown)


@given(st.tuples(angles, angles, angles), angles, angles, angles, st.sampled_from(EYES))
def test_rectified_matches_share_their_rows(
    rotation: tuple[float, float, float],
    log_ratio: float,
    up: float,
    forward: float,
    shown: Eye,
) -> None:
    eyes = Eyes(rotation, float(np.exp(log_ratio)), (1.0, up, forward))
    left, right = homographies(blank_pair(shown), drift_of(eyes))
    matches = eyes.matches()
    ours, theirs = transform(left, matches.left), transform(right, matches.right)
    assert np.abs(ours[:, 1] - theirs[:, 1]).max() < 1e-2
    assert (ours[:, 0] > theirs[:, 0]).all()


@pytest.mark.parametrize("shown", EYES)
def test_the_shown_eye_turns_only_to_the_baseline(shown: Eye) -> None:
    straight = drift_of(Eyes((0.03, 0.0, 0.02)))
    left, right = eye_turns(straight, "left")
    assert np.allclose(left, np.eye(3))
    assert not np.allclose(right, np.eye(3), atol=1e-3)
    tilted = drift_of(DRIFTED)
    left, right = eye_turns(tilted, shown)
    ours = left if shown == "left" else right
    baseline = np.array(tilted.baseline_direction)
    if shown == "right":
        baseline = cv2.Rodrigues(np.array(DRIFTED.rotation))[0].T @ baseline
    angle = np.arccos((np.trace(ours) - 1) / 2)
    assert angle == pytest.approx(np.arccos(baseline[0]), abs=1e-6)
    assert np.allclose(ours @ baseline, [1, 0, 0])


@pytest.mark.parametrize("shown", EYES)
def test_a_drifted_pair_comes_out_with_its_rows_level(shown: Eye) -> None:
    pair = DRIFTED.pair(shown)
    found = rectify(pair)
    assert found.verdict.reason == "fitted"
    assert found.verdict.residual_median_px < 0.1
    assert found.verdict.inliers > 0.9 * found.verdict.matches
    rectified = apply(found, pair)
    assert rectified.left.camera == rectified.right.camera == found.camera
    again = find_matches(rectified.left.pixels, rectified.right.pixels)
    assert np.median(np.abs(again.left[:, 1] - again.right[:, 1])) < 0.1
    exact = DRIFTED.matches()
    rows = [
        transform(homography, places)[:, 1]
        for homography, places in (
            (found.homography_left, exact.left),
            (found.homography_right, exact.right),
        )
    ]
    assert np.median(np.abs(rows[0] - rows[1])) < 0.1


@pytest.mark.parametrize("shown", EYES)
def test_eyes_may_have_pictures_of_two_sizes(shown: Eye) -> None:
    pair = DRIFTED.pair(shown)
    half = cv2.resize(pair.right.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    small = replace(pair, right=Photo(half, pair.right.camera.resized(160, 120)))
    found = rectify(small)
    assert found.verdict.reason == "fitted"
    exact = DRIFTED.matches()
    ours = transform(found.homography_left, exact.left)
    theirs = transform(found.homography_right, exact.right / 2)
    assert np.median(np.abs(ours[:, 1] - theirs[:, 1])) < 0.3
    rectified = apply(found, small)
    assert rectified.left.pixels.shape == rectified.right.pixels.shape


def test_disparities_are_those_of_the_shared_camera() -> None:
    pair = Eyes((0.02, 0.0, 0.0)).pair()
    found = rectify(pair)
    low, _, high = found.verdict.disparity_px
    allowance = CAMERA.focal_px * abs(np.radians(found.verdict.yaw_deg)) + 0.5
    assert low == pytest.approx(CAMERA.focal_px / FAR, abs=allowance)
    assert high == pytest.approx(CAMERA.focal_px / NEAR, abs=allowance)
    assert found.residual_px.shape == (len(found.matches),)


def test_the_shown_picture_is_untouched_but_for_the_crop_if_the_baseline_is_straight() -> None:
    pair = DRIFTED.pair()
    camera = CAMERA.cropped(7, 5, 300, 220)
    moved = warp(pair.left.pixels, np.array([[1, 0, -7], [0, 1, -5], [0, 0, 1.0]]), camera)
    assert np.array_equal(moved, pair.left.pixels[5:225, 7:307])


@given(st.tuples(angles, angles, angles), angles, st.sampled_from(EYES))
def test_the_shown_eye_has_seen_all_that_is_kept(
    rotation: tuple[float, float, float], up: float, shown: Eye
) -> None:
    pair, drift = blank_pair(shown), drift_of(Eyes(rotation, 1.0, (1.0, up, 0.0)))
    box = common_box(pair, drift)
    assert box is not None
    left, top, width, height = box
    corners = np.array([[left, top], [left + width, top + height]], np.float32)
    corners = np.vstack([corners, [[left, top + height], [left + width, top]]]).astype(np.float32)
    both = homographies(pair, drift)
    seen, other = both if shown == "left" else both[::-1]
    inside = transform(np.linalg.inv(seen), corners)
    assert (inside > -0.01).all()
    assert (inside < np.array([CAMERA.width, CAMERA.height]) + 0.01).all()
    rows = transform(other, np.array([[0, 0], [CAMERA.width, CAMERA.height]], np.float32))[:, 1]
    assert rows[0] <= top + 0.01 and top + height <= rows[1] + 0.01
    assert width * height > 0.7 * CAMERA.width * CAMERA.height


def believed(pair: StereoPair) -> None:
    """The pair is left as it is."""
    found = rectify(pair)
    assert np.allclose(found.homography_left, np.eye(3))
    assert np.allclose(found.homography_right, np.eye(3))
    assert found.camera.center_px == pair.shown_photo.camera.center_px
    assert len(found.matches) == len(found.residual_px) == found.verdict.inliers == 0
    assert found.verdict.reason == found.drift.reason != "fitted"
    assert np.array_equal(apply(found, pair).left.pixels, pair.left.pixels)


@pytest.mark.parametrize("size", [(1, 1), (20, 30), (40, 400), (240, 320)])
def test_blank_or_tiny_pictures_are_left_alone(size: tuple[int, int]) -> None:
    blank = np.full((*size, 3), 90, np.uint8)
    believed(as_pair(blank, blank))


def test_one_blank_eye_or_another_scene_leaves_the_pair_alone() -> None:
    believed(as_pair(texture(0), np.full_like(texture(0), 90)))
    believed(as_pair(texture(0), texture(5)))


def test_cameras_that_contradict_the_matches_are_believed() -> None:
    pair = Eyes().pair()
    small = replace(CAMERA, focal_px=CAMERA.focal_px / 2)
    wrong = replace(pair, right=replace(pair.right, camera=small))
    found = rectify(wrong)
    assert found.verdict.reason == "no agreement"
    assert found.verdict.matches > 100 and found.verdict.inliers == 0


def test_a_fit_that_would_leave_nothing_of_the_picture_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turned_away = Drift((0.7, 0.0, 0.0), 1.0, (0.0, 0.0), np.ones(0, bool), 0.0)
    monkeypatch.setattr("stereopsis.depth.rectify.fit_drift", lambda *_: turned_away)
    found = rectify(blank_pair())
    assert found.verdict.reason == "no overlap"
    assert np.allclose(found.homography_right, np.eye(3))


def test_eyes_that_look_past_each_other_are_not_cropped() -> None:
    pair = blank_pair()
    past = Camera(CAMERA.width, CAMERA.height, CAMERA.focal_px, (160.0, 2000.0))
    pair = replace(pair, right=replace(pair.right, camera=past))
    assert common_box(pair, no_drift(0, "too few matches")) is None
    assert rectify(pair).camera.center_px == CAMERA.center_px
    assert rectify(pair).camera.width == CAMERA.width


def test_a_raw_pair_is_undistorted_first() -> None:
    lens = Lens("pinhole", 320, 240, (300.0, 300.0), (160.0, 120.0))
    beside = np.eye(4, dtype=np.float32)
    beside[0, 3] = -0.06
    pair = replace(Eyes().pair(), rig=Rig(lens, lens, beside))
    found = rectify(pair)
    np.testing.assert_allclose(
        found.homography_right, rectify(undistort(pair)).homography_right, atol=1e-9
    )
    assert apply(found, pair).left.camera == found.camera
