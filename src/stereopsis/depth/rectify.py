"""Turns two eyes' pictures so that what both see lies on one row, from the pair alone."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from stereopsis.depth.drift import (
    Drift,
    fit_drift,
    no_drift,
    rotation_matrix,
)
from stereopsis.depth.evidence import Evidence, gather_evidence
from stereopsis.depth.match import Matches, find_matches
from stereopsis.depth.undistort import undistort
from stereopsis.scene.arrays import ColorImage, Homography, Pixels
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import MIN_SIDE
from stereopsis.scene.stereo import Eye, StereoPair

LEAST_AREA = 0.25  # of the shown picture; a crop to less is a fit gone wrong

WarpedImage = UInt8[np.ndarray, "rows columns 3"]
_CV_FROM_OURS = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1.0]])


@dataclass(frozen=True)
class Rectification:
    """How to warp a pair so that rows agree, and how well they then do.

    The homographies take pixels of the given pictures to pixels of the rectified ones, which share
    one `camera`: the shown eye's, cropped to what it has seen in rows that both eyes have.
    `residual_px` is the vertical offset of each of `matches`, the inliers in rectified pixels.
    """

    homography_left: Homography
    homography_right: Homography
    camera: Camera
    matches: Matches
    residual_px: Float[np.ndarray, " n"]
    drift: Drift
    verdict: Evidence


def rectify(pair: StereoPair) -> Rectification:
    """The rectification of a pair around the cameras it came with.

    A pair with a rig is undistorted first: the homographies take pixels of undistort(pair).
    The shown eye is turned as little as the baseline allows. Where the pictures do not tell how
    the eyes have turned, the cameras are believed, and the verdict has the reason.
    """
    pair = undistort(pair) if pair.rig else pair
    found = find_matches(pair.left.pixels, pair.right.pixels)
    drift = fit_drift(found, pair.left.camera, pair.right.camera)
    box = common_box(pair, drift)
    shown = pair.shown_photo.camera
    if box is None:
        drift = no_drift(len(found), "no overlap" if drift.reason == "fitted" else drift.reason)
        box = common_box(pair, drift) or (0, 0, shown.width, shown.height)
    camera = shown.cropped(*box)
    crop = np.array([[1, 0, -box[0]], [0, 1, -box[1]], [0, 0, 1.0]])
    left, right = (crop @ homography for homography in homographies(pair, drift))
    inliers = found.picked(drift.inliers)
    rectified = replace(
        inliers, left=transform(left, inliers.left), right=transform(right, inliers.right)
    )
    residual = (rectified.right[:, 1] - rectified.left[:, 1]).astype(np.float64)
    evidence = gather_evidence(found, rectified, drift, pair.left.camera)
    return Rectification(left, right, camera, rectified, residual, drift, evidence)


def apply(rectification: Rectification, pair: StereoPair) -> StereoPair:
    """The rectified pair; both pictures have the size and the camera of the rectification.

    A pair with a rig is undistorted first, as in rectify().
    """
    pair = undistort(pair) if pair.rig else pair
    camera = rectification.camera
    left = warp(pair.left.pixels, rectification.homography_left, camera)
    right = warp(pair.right.pixels, rectification.homography_right, camera)
    return replace(
        pair,
        left=replace(pair.left, pixels=left, camera=camera),
        right=replace(pair.right, pixels=right, camera=camera),
    )


def warp(image: ColorImage, homography: Homography, camera: Camera) -> WarpedImage:
    """The picture that the camera has of it; the border's colours go on where nothing was seen."""
    return np.asarray(
        cv2.warpPerspective(
            image,
            in_opencv_pixels(homography),
            (camera.width, camera.height),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


def in_opencv_pixels(homography: Homography) -> Homography:
    """The homography for OpenCV, whose first pixel has its centre at (0, 0)."""
    return np.asarray(_CV_FROM_OURS @ homography @ np.linalg.inv(_CV_FROM_OURS))


def transform(homography: Homography, pixels: Pixels) -> Pixels:
    """Where a homography takes these pixels."""
    moved = np.column_stack([pixels.astype(np.float64), np.ones(len(pixels))]) @ homography.T
    result: Pixels = (moved[:, :2] / moved[:, 2:]).astype(np.float32)
    return result


def homographies(pair: StereoPair, drift: Drift) -> tuple[Homography, Homography]:
    """From the left and from the right picture to rectified ones, not cropped yet."""
    focused = replace(pair.right.camera, focal_px=pair.right.camera.focal_px * drift.focal_ratio)
    target = _intrinsics(pair.shown_photo.camera)
    turn_left, turn_right = eye_turns(drift, pair.shown)
    left = target @ turn_left @ np.linalg.inv(_intrinsics(pair.left.camera))
    return left, target @ turn_right @ np.linalg.inv(_intrinsics(focused))


def eye_turns(drift: Drift, shown: Eye) -> tuple[Homography, Homography]:
    """The rotations of the left and of the right eye that bring the baseline onto their x axes.

    That of the shown eye is the least there is.
    """
    left_from_right = rotation_matrix(np.array(drift.rotation))
    baseline = np.array(drift.baseline_direction)
    if shown == "left":
        turn = _least_turn(baseline)
        return turn, turn @ left_from_right
    turn = _least_turn(left_from_right.T @ baseline)
    return turn @ left_from_right.T, turn


def common_box(pair: StereoPair, drift: Drift) -> tuple[int, int, int, int] | None:
    """Left, top, width and height of what is kept of the rectified pictures.

    The shown eye has seen all of it, and the hidden one has all of its rows; for turns of some
    degrees no larger rectangle is either. None if that is too little.
    """
    shown, hidden = pair.left.camera, pair.right.camera
    seen, other = homographies(pair, drift)
    if pair.shown == "right":
        shown, hidden, seen, other = hidden, shown, other, seen
    x0, y0, x1, y1 = _inner_box(seen, shown)
    _, top, _, bottom = _inner_box(other, hidden)
    left, top = int(np.ceil(x0 - 1e-6)), int(np.ceil(max(y0, top) - 1e-6))
    width, height = int(x1 + 1e-6) - left, int(min(y1, bottom) + 1e-6) - top
    if min(width, height) < MIN_SIDE or width * height < LEAST_AREA * shown.width * shown.height:
        return None
    return left, top, width, height


def _inner_box(homography: Homography, camera: Camera) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the upright rectangle within the corners' new places."""
    right, bottom = camera.width, camera.height
    corners = np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]], np.float32)
    x, y = transform(homography, corners).astype(np.float64).T
    return max(x[0], x[2]), max(y[0], y[1]), min(x[1], x[3]), min(y[2], y[3])


def _least_turn(direction: Float[np.ndarray, "3"]) -> Homography:
    """The rotation by the smallest angle that takes a direction to the x axis."""
    axis = np.cross(direction, [1.0, 0.0, 0.0])
    sine = float(np.linalg.norm(axis))
    if sine < 1e-12:
        return np.eye(3)
    return rotation_matrix(axis / sine * np.arctan2(sine, direction[0]))


def _intrinsics(camera: Camera) -> Homography:
    x, y = camera.center_px
    return np.array([[camera.focal_px, 0, x], [0, camera.focal_px, y], [0, 0, 1]])
