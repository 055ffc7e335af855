import numpy as np
import pytest

from stereopsis.depth.drift import fit_drift, no_drift
from stereopsis.depth.evidence import Evidence, coverage, gather_evidence
from stereopsis.depth.match import NO_MATCHES
from stereopsis.depth.rectify import rectify
from tests.depth.eyes import CAMERA, Eyes


def test_coverage_counts_the_cells_that_hold_a_match() -> None:
    matches = Eyes().matches(2000)
    assert coverage(matches, CAMERA) == 1.0
    left_half = matches.picked(matches.left[:, 0] < CAMERA.width / 2)
    assert coverage(left_half, CAMERA) == 0.5
    assert coverage(matches.picked(np.array([0])), CAMERA) == 1 / 16
    assert coverage(NO_MATCHES, CAMERA) == 0.0


def test_without_inliers_only_the_reason_and_the_counts_are_told() -> None:
    drift = no_drift(0, "too few matches")
    found = gather_evidence(NO_MATCHES, NO_MATCHES, drift, CAMERA)
    assert found == Evidence("too few matches")


def test_residuals_are_those_of_the_noise() -> None:
    matches = Eyes().matches(200, noise_px=0.2)
    drift = fit_drift(matches, CAMERA, CAMERA)
    found = gather_evidence(matches, matches.picked(drift.inliers), drift, CAMERA)
    assert found.residual_median_px == pytest.approx(0.135, abs=0.05)
    low, middle, high = found.disparity_px
    assert low < middle < high


def test_the_correction_is_told_in_degrees() -> None:
    verdict = rectify(Eyes((float(np.radians(1.5)), 0.0, float(np.radians(-2)))).pair()).verdict
    assert verdict.turn_deg == pytest.approx(2.5, abs=0.1)
    assert abs(verdict.yaw_deg) < 0.5
