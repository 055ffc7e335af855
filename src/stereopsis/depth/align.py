"""A first alignment of two eyes' pictures from coarse matches: which row goes with which."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from stereopsis.depth.consensus import find_consensus
from stereopsis.scene.arrays import Pixels

Gray = UInt8[np.ndarray, "h w"]

COARSE_SIDE = 600  # px of the long side at which corners are looked for
FEATURES = 1200
FAST_THRESHOLD = 7  # gray levels: faint corners are wanted too, where there is little else
CONTRAST = 2.0  # at most so much is added where there is little
RATIO = 0.8  # of the distances to the best and to the second best match
ENOUGH = 8  # matches that agree; fewer say nothing
LIMITS = np.array([0.35, 0.12, 0.10])  # offset, roll and scale, as shares of the long side
CURVATURE_RIDGE = 0.05  # keeps what few matches cannot tell at zero


@dataclass(frozen=True)
class Alignment:
    """How to turn the right picture about upright: rows agree to a few pixels, or better.

    The vertical offset is `terms` times 1, x, y, xy and y^2, where x and y count from the middle
    in units of the long side. `disparity_px` is the range of the turned picture. `agreement` is
    the share of the coarse matches that follow.
    """

    width: int
    height: int
    terms: Float[np.ndarray, "5"]
    disparity_px: tuple[float, float]
    agreement: float

    def raw(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the raw right picture has what the turned one has at x, y."""
        side = np.float32(max(self.width, self.height))
        u, v = (x - self.width / 2) / side, (y - self.height / 2) / side
        offset, roll, scale, keystone, bow = self.terms.astype(np.float32)
        turned_x = x + scale * u - roll * v
        return turned_x, y + offset + roll * u + scale * v + keystone * u * v + bow * v * v


def align(left: Gray, right: Gray) -> Alignment | None:
    """The alignment of two pictures of one size; None if too few coarse matches agree on one.

    It holds for turns of some degrees about any axis and for disparities of any size and sign.
    """
    ours, theirs = coarse_matches(left, right)
    height, width = left.shape
    side = max(width, height)
    tolerance = max(1.5, 0.004 * side)
    x, y = (theirs[:, 0] - width / 2) / side, (ours[:, 1] - height / 2) / side
    design = np.stack([np.ones_like(x), x, y, x * y, y * y], 1).astype(np.float64)
    offset = (theirs[:, 1] - ours[:, 1]).astype(np.float64)
    start = find_consensus(design[:, :3], offset, tolerance, LIMITS * side)
    if start is None:
        return None
    terms = _polished(design, offset, np.append(start, [0.0, 0.0]), tolerance)
    near = np.abs(offset - design @ terms) < tolerance
    if near.sum() < ENOUGH:
        return None
    shift = ours[near, 0] - theirs[near, 0] + (design[near, 1:3] @ (terms[2], -terms[1]))
    low, high = np.percentile(shift, [2, 98])
    margin = 0.15 * (high - low) + 0.02 * width
    reach = (max(low - margin, -width / 2), min(high + margin, width / 2))
    if reach[0] >= reach[1]:  # they share less than half of what they show
        return None
    return Alignment(width, height, terms, reach, float(near.mean()))


def coarse_matches(left: Gray, right: Gray) -> tuple[Pixels, Pixels]:
    """Corners of the left picture and the same corners in the right one, for the most part.

    Source: Rublee et al., ORB (2011); Lowe's ratio test (2004), and no corner is used twice.
    """
    nothing = np.zeros((0, 2), np.float32)
    zoom = min(1.0, COARSE_SIDE / max(left.shape))
    if zoom < 1:
        left, right = (
            cv2.resize(eye, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
            for eye in (left, right)
        )
    equalise = cv2.createCLAHE(CONTRAST, (8, 8))
    detector = cv2.ORB.create(FEATURES, fastThreshold=FAST_THRESHOLD)
    (ours, our_codes), (theirs, their_codes) = (
        detector.detectAndCompute(equalise.apply(eye), None) for eye in (left, right)
    )
    if our_codes is None or their_codes is None:
        return nothing, nothing
    best: dict[tuple[float, float], cv2.DMatch] = {}
    for pair in cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(our_codes, their_codes, k=2):
        if len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance:
            x, y = theirs[pair[0].trainIdx].pt
            place = (x, y)
            if place not in best or pair[0].distance < best[place].distance:
                best[place] = pair[0]
    if not best:
        return nothing, nothing
    found = [(ours[match.queryIdx].pt, place) for place, match in best.items()]
    places = (np.array(found, np.float32) + np.float32(0.5)) / np.float32(zoom)
    return places[:, 0], places[:, 1]


def _polished(
    design: Float[np.ndarray, "n 5"],
    offset: Float[np.ndarray, " n"],
    terms: Float[np.ndarray, "5"],
    tolerance: float,
) -> Float[np.ndarray, "5"]:
    """The terms by reweighted least squares, from a start that most of the matches agree with."""
    ridge = CURVATURE_RIDGE * np.diag([0.0, 0.0, 0.0, 1.0, 1.0]) + 1e-6 * np.eye(5)
    for _ in range(8):
        error = np.abs(offset - design @ terms)
        spread = max(1.4826 * float(np.median(error[error < 2 * tolerance])), 0.3)
        weights = np.where(error < 2 * tolerance, 1 / (1 + (error / (2 * spread)) ** 2), 0)
        weighted = design.T * weights
        terms = np.linalg.solve(weighted @ design + ridge, weighted @ offset)
    return terms
