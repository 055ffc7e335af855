"""What a rectification shows of itself: is this a pair whose depth stereo can tell?"""

from dataclasses import dataclass

import numpy as np

from stereopsis.depth.drift import Drift, DriftConfig, Reason
from stereopsis.depth.match import Matches
from stereopsis.scene.camera import Camera

CELLS = 4  # coverage counts the cells of a grid of so many rows and columns
USUAL_WIDTH = 720  # px; residuals are told at this width too


@dataclass(frozen=True)
class Evidence:
    """Measures of one fit; those of shares lie in 0..1, px are of the rectified pictures.

    `matches` and `inliers` count. `inlier_ratio` is theirs. `agreement` is the share of coarse
    matches, found without guidance, that fit: low where two pictures share nothing. `density` is
    the share of the left picture with disparities that hold both ways. `coverage` is the share of
    4 x 4 cells of the left picture with an inlier. `confidence` is the median likeness.

    `offset_px` is the median vertical offset before the fit; the residuals are those of the
    inliers after it, also for pictures as if 720 px wide. `turn_deg` is the size of pitch and roll.

    `disparity_px` has the 5th, 50th and 95th percentile. `negative_disparity_share` leaves out what
    a yaw of one standard deviation explains. `kept_area` is what the crop leaves of the shown eye.
    """

    reason: Reason
    matches: int = 0
    inliers: int = 0
    inlier_ratio: float = 0.0
    agreement: float = 0.0
    density: float = 0.0
    coverage: float = 0.0
    confidence: float = 0.0
    offset_px: float = 0.0
    residual_median_px: float = 0.0
    residual_p90_px: float = 0.0
    residual_median_at_720_px: float = 0.0
    residual_p90_at_720_px: float = 0.0
    turn_deg: float = 0.0
    yaw_deg: float = 0.0
    tilt_deg: float = 0.0
    focal_ratio: float = 1.0
    disparity_px: tuple[float, float, float] = (0.0, 0.0, 0.0)
    negative_disparity_share: float = 0.0
    kept_area: float = 1.0

    @property
    def disparity_spread_px(self) -> float:
        """From the 5th to the 95th percentile; depth cannot be told from none."""
        return self.disparity_px[2] - self.disparity_px[0]


def gather_evidence(
    found: Matches, rectified: Matches, drift: Drift, cameras: tuple[Camera, Camera]
) -> Evidence:
    """What `found` matches and their inliers, now `rectified`, show.

    `cameras` are that of the left picture and that of the rectified ones.
    """
    if len(rectified) == 0:
        return Evidence(drift.reason, len(found), agreement=found.agreement, density=found.density)
    left, shared = cameras
    offsets = np.abs(rectified.right[:, 1] - rectified.left[:, 1])
    disparity = rectified.left[:, 0] - rectified.right[:, 0]
    median, p90 = (float(np.percentile(offsets, share)) for share in (50, 90))
    at_720 = USUAL_WIDTH / left.width
    low, middle, high = (float(number) for number in np.percentile(disparity, [5, 50, 95]))
    allowance = shared.focal_px * np.tan(DriftConfig().yaw)
    return Evidence(
        reason=drift.reason,
        matches=len(found),
        inliers=len(rectified),
        inlier_ratio=len(rectified) / len(found),
        agreement=found.agreement,
        density=found.density,
        coverage=coverage(found.picked(drift.inliers), left),
        confidence=float(np.median(rectified.confidence)),
        offset_px=float(np.median(np.abs(found.right[:, 1] - found.left[:, 1]))),
        residual_median_px=median,
        residual_p90_px=p90,
        residual_median_at_720_px=median * at_720,
        residual_p90_at_720_px=p90 * at_720,
        turn_deg=drift.turn_deg,
        yaw_deg=drift.yaw_deg,
        tilt_deg=float(np.degrees(np.hypot(*drift.tilt))),
        focal_ratio=drift.focal_ratio,
        disparity_px=(low, middle, high),
        negative_disparity_share=float((disparity < -allowance).mean()),
        kept_area=shared.width * shared.height / (left.width * left.height),
    )


def coverage(matches: Matches, camera: Camera) -> float:
    """The share of the left picture's cells that hold a match."""
    cell = (matches.left / (camera.width, camera.height) * CELLS).astype(int)
    cell = np.clip(cell, 0, CELLS - 1)
    return len(np.unique(cell @ (1, CELLS))) / CELLS**2
