from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.depth.drift import (
    DriftConfig,
    RowProblem,
    fit_drift,
    left_jacobian,
    rotation_matrix,
)
from stereopsis.depth.match import NO_MATCHES, Matches
from tests.depth.eyes import CAMERA, Eyes

angles = st.floats(-0.04, 0.04)
UNSURE = DriftConfig(turn=1.0, yaw=1.0, log_focal_ratio=1.0, tilt=1.0)  # believes nothing


def problem(eyes: Eyes) -> RowProblem:
    return RowProblem.of(eyes.matches(), CAMERA, CAMERA)


@given(st.tuples(*[st.floats(-0.2, 0.2)] * 6))
def test_the_jacobian_is_what_finite_differences_are(parameters: tuple[float, ...]) -> None:
    here, step = np.array(parameters), 1e-6
    posed = problem(Eyes((0.01, 0.02, 0.03)))
    slopes = [
        (posed.offsets(here + move) - posed.offsets(here - move)) / (2 * step)
        for move in step * np.eye(6)
    ]
    exact = posed.jacobian(here)
    assert np.abs(np.column_stack(slopes) - exact).max() < 1e-5 * max(1, np.abs(exact).max())


@given(angles, angles, angles, st.floats(-0.02, 0.02))
def test_exact_matches_tell_the_exact_drift(
    pitch: float, yaw: float, roll: float, log_ratio: float
) -> None:
    eyes = Eyes((pitch, yaw, roll), float(np.exp(log_ratio)), (1.0, 0.01, -0.02))
    drift = fit_drift(eyes.matches(), CAMERA, CAMERA, UNSURE)
    assert drift.reason == "fitted"
    assert drift.inliers.all()
    assert np.allclose(drift.rotation, eyes.rotation, atol=2e-4)
    assert drift.focal_ratio == pytest.approx(eyes.focal_ratio, abs=2e-4)
    direction = np.array(eyes.right_eye) / np.linalg.norm(eyes.right_eye)
    assert np.allclose(drift.baseline_direction, direction, atol=1e-3)
    assert np.abs(problem(eyes).offsets(drift.parameters)).max() < 0.01


@pytest.mark.parametrize("share", [0.2, 0.4, 0.5])
def test_outliers_do_not_move_the_fit(share: float) -> None:
    eyes = Eyes((0.03, 0.0, -0.03), 1.005)
    clean = eyes.matches(300, noise_px=0.1)
    lost = np.random.default_rng(1).random(300) < share
    wrong = clean.right.copy()
    wrong[lost, 1] += np.random.default_rng(2).uniform(-60, 60, lost.sum()).astype(np.float32)
    drift = fit_drift(replace(clean, right=wrong), CAMERA, CAMERA)
    alone = fit_drift(clean.picked(~lost), CAMERA, CAMERA)
    far = lost & (np.abs(wrong - clean.right)[:, 1] > 2)
    assert not drift.inliers[far].any()
    assert drift.inliers[~lost].mean() > 0.97
    offsets = problem(eyes).offsets(drift.parameters) - problem(eyes).offsets(alone.parameters)
    assert np.abs(offsets).max() < 0.1


def test_what_is_believed_of_the_baseline_holds_where_all_is_far() -> None:
    far = Eyes(right_eye=(0.001, 0.0, 0.0)).matches(200, noise_px=0.3)
    assert np.abs(fit_drift(far, CAMERA, CAMERA).tilt).max() < DriftConfig().tilt
    assert np.abs(fit_drift(far, CAMERA, CAMERA, UNSURE).tilt).max() > DriftConfig().tilt


def test_what_is_believed_of_the_yaw_holds_where_few_matches_tell() -> None:
    matches = Eyes((0.0, 0.02, 0.0)).matches(400, noise_px=0.2)
    middle = np.abs(matches.left - CAMERA.center_px).max(1) < 30  # where yaw moves no rows
    drift = fit_drift(matches.picked(middle), CAMERA, CAMERA, DriftConfig(yaw=0.001))
    assert abs(drift.rotation[1]) < 0.002
    assert abs(drift.yaw_deg) < np.degrees(0.002)


def test_precise_matches_count_for_more() -> None:
    eyes = Eyes((0.01, 0.0, 0.0))
    right, sigma = eyes.matches(200).right.copy(), np.full(200, 0.01, np.float32)
    right[:90, 1] += 0.3
    sigma[:90] = 1.0
    drift = fit_drift(replace(eyes.matches(200), right=right, sigma_px=sigma), CAMERA, CAMERA)
    assert np.abs(problem(eyes).offsets(drift.parameters)).mean() < 0.05


def scattered() -> Matches:
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 240, (2, 30, 2)).astype(np.float32)
    return Matches(places[0], places[1], np.ones(30, np.float32), np.full(30, 0.01, np.float32))


def upside_down() -> Matches:
    matches = Eyes().matches(30)
    flipped = np.float32([1, -1]) * matches.right + np.float32([0, 1000])
    return replace(matches, right=flipped)


@pytest.mark.parametrize(
    ("matches", "reason"),
    [
        (NO_MATCHES, "too few matches"),
        (Eyes().matches(7), "too few matches"),
        (scattered(), "no agreement"),
        (upside_down(), "no agreement"),
    ],
)
def test_nothing_is_claimed_without_evidence(matches: Matches, reason: str) -> None:
    drift = fit_drift(matches, CAMERA, CAMERA)
    assert drift.reason == reason
    assert drift.inliers.sum() == 0 and len(drift.inliers) == len(matches)
    assert np.array_equal(drift.parameters, np.zeros(6))
    assert drift.turn_deg == drift.yaw_deg == 0


@given(st.tuples(*[st.floats(-1, 1)] * 3), st.tuples(*[st.floats(-1, 1)] * 3))
def test_rotation_vectors_add_up_as_their_jacobian_says(
    vector: tuple[float, ...], change: tuple[float, ...]
) -> None:
    here, small = np.array(vector), 1e-5 * np.array(change)
    together = rotation_matrix(here + small)
    after = rotation_matrix(left_jacobian(here) @ small) @ rotation_matrix(here)
    assert np.allclose(together, after, atol=1e-8)
