"""What is left of a drift that was put in on purpose: ours, a rival, and doing nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import cv2
import numpy as np

from stereopsis.depth.rectify import (
    rectify,
)
from stereopsis.scene.arrays import ColorImage, Homography
from stereopsis.scene.stereo import StereoPair
from stereopsis.studies.drift_data import Drifted, TruePair, drift, moved

SIGMAS_DEG = (0.0, 0.25, 0.5, 1.0, 2.0)
SEEDS = 3
RESAMPLES = 2000

Homographies = tuple[Homography, Homography]
Method = Callable[[StereoPair], Homographies]


@dataclass(frozen=True)
class Trial:
    """The mean vertical error (px) that a method left in one drifted pair."""

    method: str
    scene: str
    sigma_deg: float
    error_px: float


@dataclass(frozen=True)
class Summary:
    """Median and 90th percentile over trials (px), with 95 % intervals over scenes."""

    trials: int
    median: float
    median_low: float
    median_high: float
    p90: float
    p90_low: float
    p90_high: float


def nothing(_: StereoPair) -> Homographies:
    """The pictures as they are."""
    return np.eye(3), np.eye(3)


def ours(pair: StereoPair) -> Homographies:
    """What stereopsis.rectify finds."""
    found = rectify(pair)
    return found.homography_left, found.homography_right


def opencv_uncalibrated(pair: StereoPair) -> Homographies:
    """A fundamental matrix of SIFT matches, rectified without cameras; as it is on failure.

    Source: Hartley, Theory and Practice of Projective Rectification (1999), as in OpenCV.
    """
    left, right = sift_matches(pair.left.pixels, pair.right.pixels)
    if len(left) < 8:
        return nothing(pair)
    fundamental, inliers = cv2.findFundamentalMat(left, right, cv2.FM_RANSAC, 1.0, 0.999)
    if fundamental is None or fundamental.shape != (3, 3):
        return nothing(pair)
    kept = inliers.ravel() == 1
    size = (pair.left.camera.width, pair.left.camera.height)
    good, ours, theirs = cv2.stereoRectifyUncalibrated(
        left[kept], right[kept], fundamental, size, threshold=2
    )
    return (np.asarray(ours), np.asarray(theirs)) if good else nothing(pair)


METHODS: dict[str, Method] = {
    "nothing": nothing,
    "opencv_uncalibrated": opencv_uncalibrated,
    "ours": ours,
}


def sift_matches(left: ColorImage, right: ColorImage) -> tuple[np.ndarray, np.ndarray]:
    """Up to 2,000 features of either picture that pass Lowe's ratio test."""
    sift = cv2.SIFT.create(2000)
    equalise = cv2.createCLAHE(2.0, (8, 8))
    grays = (equalise.apply(cv2.cvtColor(eye, cv2.COLOR_RGB2GRAY)) for eye in (left, right))
    (ours, our_codes), (theirs, their_codes) = (sift.detectAndCompute(g, None) for g in grays)
    if our_codes is None or their_codes is None or len(theirs) < 2:
        return np.zeros((0, 2)), np.zeros((0, 2))
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(our_codes, their_codes, k=2)
    good = [best for best, second in pairs if best.distance < 0.75 * second.distance]
    places = [(ours[m.queryIdx].pt, theirs[m.trainIdx].pt) for m in good]
    both = np.array(places, np.float64).reshape(-1, 2, 2) + 0.5
    return both[:, 0], both[:, 1]


def vertical_error(drifted: Drifted, found: Homographies) -> np.ndarray:
    """Right minus left row of every true match in the rectified pictures (px)."""
    return np.asarray(moved(found[1], drifted.right)[:, 1] - moved(found[0], drifted.left)[:, 1])


def try_scene(true: TruePair, seed: int) -> list[Trial]:
    """Every method at every drift; `repeat` is how far ours is from itself without any drift."""
    trials: list[Trial] = []
    still = vertical_error(drift(true, 0.0, np.random.default_rng(0)), ours(true.pair))
    for number, sigma in enumerate(SIGMAS_DEG):
        if sigma == 0 and seed > 0:
            continue  # nothing is drawn
        drifted = drift(
            true, sigma, np.random.default_rng([seed, number, crc32(true.name.encode())])
        )
        errors = {n: vertical_error(drifted, method(drifted.pair)) for n, method in METHODS.items()}
        errors["repeat"] = errors["ours"] - still
        sizes = {name: float(np.abs(error).mean()) for name, error in errors.items()}
        trials += [Trial(name, true.name, sigma, size) for name, size in sizes.items()]
    return trials


def summarise(trials: list[Trial]) -> Summary:
    """The summary of one method at one drift."""
    scenes = sorted({trial.scene for trial in trials})
    errors = [np.array([t.error_px for t in trials if t.scene == scene]) for scene in scenes]
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(scenes), (RESAMPLES, len(scenes)))
    redrawn = [np.percentile(np.concatenate([errors[k] for k in d]), [50, 90]) for d in draws]
    low, high = np.percentile(redrawn, [2.5, 97.5], axis=0)
    median, p90 = np.percentile(np.concatenate(errors), [50, 90])
    numbers = (median, low[0], high[0], p90, low[1], high[1])
    return Summary(len(trials), *(round(float(number), 4) for number in numbers))
