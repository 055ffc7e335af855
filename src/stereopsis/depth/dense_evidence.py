"""What a dense match shows of itself: did both eyes see one scene, each from its own side?"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.depth.semiglobal import Disparity
from stereopsis.depth.stereo import DenseMatch
from stereopsis.scene.arrays import ColorImage, Mask
from stereopsis.scene.stereo import Eye

LEAST_STEP_PX = 2.0  # by which the disparity rises across what one eye alone sees
LONGEST_RUN = 200  # px of a row that one eye alone sees
END_PX = 2  # about each end of a run, where the picture's edge is looked for
FEWEST_RUNS = 40  # rows of runs below which their ends say nothing

Guess = Float32[np.ndarray, "rows columns"]


@dataclass(frozen=True)
class DenseEvidence:
    """Measures of a dense match.

    `sure` is the share of pixels whose disparity is the same from both eyes. `mono` is the rank
    correlation with what the mono network guesses from the picture alone. `sides` says on which
    end of what this eye alone sees the picture has its edges, -0.5 to 0.5: positive where near
    things hide far ones, negative where far things would hide near ones, as in swapped pictures; 0
    where there is too little to tell. `spread_px` is from the 5th to the 95th percentile of the
    disparity.
    """

    sure: float
    mono: float
    sides: float
    spread_px: float


def gather_dense_evidence(
    image: ColorImage, match: DenseMatch, guess: Guess, eye: Eye
) -> DenseEvidence:
    """What the match of this eye's picture shows; `guess` is the mono network's, of any size."""
    low, high = np.percentile(match.disparity, [5, 95])
    size = (image.shape[1] // 4, image.shape[0] // 4)
    disparity, nearness = (
        np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA))
        for each in (match.disparity, guess)
    )
    at_left_eye = (
        each if eye == "left" else each[:, ::-1] for each in (image, match.disparity, match.sure)
    )
    return DenseEvidence(
        sure=float(match.sure.mean()),
        mono=rank_correlation(disparity.ravel(), nearness.ravel()),
        sides=hidden_sides(*at_left_eye),
        spread_px=float(high - low),
    )


def hidden_sides(image: ColorImage, disparity: Disparity, sure: Mask) -> float:
    """On which end of what the left eye alone sees its picture has edges: see DenseEvidence.

    Where the disparity rises from left to right across a run of unmatched pixels, those belong to
    the surface on the left if the right one hides it, so the outline is at their right end.
    """
    rows, starts, ends = unmatched_runs(sure)
    inside = (starts > 0) & (ends < sure.shape[1]) & (ends - starts <= LONGEST_RUN)
    rows, starts, ends = rows[inside], starts[inside], ends[inside]
    rises = disparity[rows, ends] - disparity[rows, starts - 1] > LEAST_STEP_PX
    if np.count_nonzero(rises) < FEWEST_RUNS:
        return 0.0
    rows, starts, ends = rows[rises], starts[rises], ends[rises]
    contrast = _contrast(np.ascontiguousarray(image))
    at_left, at_right = (
        contrast[rows, np.clip(at, 0, contrast.shape[1] - 1)].astype(np.float64).mean()
        for at in (starts, ends)
    )
    return float(at_right / max(at_left + at_right, 1e-9) - 0.5)


def unmatched_runs(sure: Mask) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, first and one-past-last column of each run of pixels that are not sure."""
    edges = np.diff(np.pad(~sure, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return rows, starts, ends


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation of two vectors; 0 if one is constant."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Each value's place in the order; equal ones share the mean of theirs."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((counts.cumsum() - (counts - 1) / 2)[where], np.float64)


def _contrast(image: ColorImage) -> Float32[np.ndarray, "h w"]:
    """How much colours change along the row, at most within a few pixels."""
    smooth = cv2.GaussianBlur(image, (0, 0), 1.0).astype(np.float32)
    change = np.abs(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)).max(axis=2)
    return np.asarray(cv2.dilate(change, np.ones((1, 2 * END_PX + 1), np.uint8)))
