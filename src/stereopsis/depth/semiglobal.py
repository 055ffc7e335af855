"""Semi-global matching: a classical matcher's disparity, and where both eyes agree on it."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.scene.arrays import ColorImage, Mask

SEARCH_STEP_PX = 16  # OpenCV searches whole multiples
Disparity = Float32[np.ndarray, "h w"]


@dataclass(frozen=True)
class SemiglobalConfig:
    """How OpenCV's StereoSGBM matches; costs are grey levels summed over a block and 3 channels."""

    block: int = 3  # with 5, as is usual, 0.5 points more pixels are off by 2 px
    small_change: int = 8 * 3 * 9  # P1
    large_change: int = 32 * 3 * 9  # P2
    uniqueness_percent: int = 10
    speckle_pixels: int = 100
    speckle_px: int = 2
    agreement_px: int = 1  # between the eyes' own disparities


def match_semiglobally(
    left: ColorImage,
    right: ColorImage,
    least_px: int,
    most_px: int,
    config: SemiglobalConfig = SemiglobalConfig(),
) -> tuple[Disparity, Mask]:
    """The disparity of a rectified pair's left eye, and where it is sure; 0 where it is not.

    The search covers at least `least_px` to `most_px`, of any sign. A disparity is sure where
    the right eye's agrees, no other costs about as little, and what it matches is in the picture.

    Source: Hirschmüller, Stereo Processing by Semiglobal Matching and Mutual Information (2008),
    as in OpenCV, with three directions.
    """
    assert least_px < most_px
    count = -(-(most_px - least_px) // SEARCH_STEP_PX) * SEARCH_STEP_PX
    matcher = cv2.StereoSGBM.create(
        minDisparity=least_px,
        numDisparities=count,
        blockSize=config.block,
        P1=config.small_change,
        P2=config.large_change,
        disp12MaxDiff=config.agreement_px,
        uniquenessRatio=config.uniqueness_percent,
        speckleWindowSize=config.speckle_pixels,
        speckleRange=config.speckle_px,
        preFilterCap=63,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )
    # Columns whose matches lie outside the other picture are left out unless both are widened.
    before, after = max(least_px + count, 0), max(-least_px, 0)
    widened = [
        cv2.copyMakeBorder(image, 0, 0, before, after, cv2.BORDER_REPLICATE)
        for image in (left, right)
    ]
    found = matcher.compute(*widened)[:, before : before + left.shape[1]]
    disparity = found.astype(np.float32) / np.float32(cv2.STEREO_MATCHER_DISP_SCALE)
    column = np.arange(left.shape[1], dtype=np.float32) - disparity
    inside = (column >= 0) & (column <= left.shape[1] - 1)
    sure = np.asarray((found >= least_px * cv2.STEREO_MATCHER_DISP_SCALE) & inside)
    return np.where(sure, disparity, np.float32(0)), sure
