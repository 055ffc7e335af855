"""What a rectification shows of itself: is this a pair whose depth stereo can tell?"""

from dataclasses import dataclass

import numpy as np

from stereopsis.depth.drift import Drift, Reason
from stereopsis.depth.match import Matches
from stereopsis.scene.camera import Camera

CELLS = 4  # coverage counts the cells of a grid of so many rows and columns


@dataclass(frozen=True)
class Evidence:
    """Measures of one fit; those of shares lie in 0..1, px are of the rectified pictures.

    `matches` and `inliers` count. `agreement` is the share of coarse matches, found without
    guidance, that fit: low where two pictures share nothing. `density` is the share of the left
    picture with disparities that hold both ways. `coverage` is the share of 4 x 4 cells of the left
    picture with an inlier. `confidence` is the median likeness.

    `residual_median_px` is the vertical offset of the inliers after the fit. `turn_deg` is the size
    of pitch and roll. `disparity_px` has the 5th, 50th and 95th percentile.
    """

    reason: Reason
    matches: int = 0
    inliers: int = 0
    agreement: float = 0.0
    density: float = 0.0
    coverage: float = 0.0
    confidence: float = 0.0
    residual_median_px: float = 0.0
    turn_deg: float = 0.0
    yaw_deg: float = 0.0
    tilt_deg: float = 0.0
    focal_ratio: float = 1.0
    disparity_px: tuple[float, float, float] = (0.0, 0.0, 0.0)


def gather_evidence(found: Matches, rectified: Matches, drift: Drift, left: Camera) -> Evidence:
    """What `found` matches and their inliers, now `rectified`, show. `left` is the left camera."""
    if len(rectified) == 0:
        return Evidence(drift.reason, len(found), agreement=found.agreement, density=found.density)
    offsets = np.abs(rectified.right[:, 1] - rectified.left[:, 1])
    disparity = rectified.left[:, 0] - rectified.right[:, 0]
    low, middle, high = (float(number) for number in np.percentile(disparity, [5, 50, 95]))
    return Evidence(
        reason=drift.reason,
        matches=len(found),
        inliers=len(rectified),
        agreement=found.agreement,
        density=found.density,
        coverage=coverage(found.picked(drift.inliers), left),
        confidence=float(np.median(rectified.confidence)),
        residual_median_px=float(np.median(offsets)),
        turn_deg=drift.turn_deg,
        yaw_deg=drift.yaw_deg,
        tilt_deg=float(np.degrees(np.hypot(*drift.tilt))),
        focal_ratio=drift.focal_ratio,
        disparity_px=(low, middle, high),
    )


def coverage(matches: Matches, camera: Camera) -> float:
    """The share of the left picture's cells that hold a match."""
    cell = (matches.left / (camera.width, camera.height) * CELLS).astype(int)
    cell = np.clip(cell, 0, CELLS - 1)
    return len(np.unique(cell @ (1, CELLS))) / CELLS**2
