"""Look: all that a pair of pictures shows, gathered before anything is decided."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import cv2
import numpy as np

from stereopsis.depth.dense_evidence import DenseEvidence, gather_dense_evidence
from stereopsis.depth.exposure import even_out, is_blank
from stereopsis.depth.mono import guess_depth
from stereopsis.depth.pair_fault import PairFault, pair_fault
from stereopsis.depth.rectify import (
    Rectification,
    apply,
    in_opencv_pixels,
    rectify,
)
from stereopsis.depth.semiglobal import Disparity
from stereopsis.depth.stereo import (
    DenseMatch,
    match_densely,
    match_right,
    open_stereo_network,
)
from stereopsis.depth.undistort import undistort
from stereopsis.runtime.network import Network
from stereopsis.scene.arrays import Homography, Mask
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.second_eye import SecondEye
from stereopsis.scene.stereo import Eye, StereoPair

SEEN_SIDE = 1024  # px of the pictures that the second eye's view is kept of
MATCHED_PIXELS = 720 * 512  # area at which a pair is rectified and matched

Stages = Callable[[str], AbstractContextManager[None]]  # entered around each step, to time it


@dataclass(frozen=True)
class Look:
    """What came of each step; what follows a fault is None.

    `flat` is the undistorted pair, `seen` the same at most 1024 px long, its exposure evened, and
    `work` that at the size at which `rectification` and `match` were made. `match` is of the shown
    eye's rectified picture: what that eye sees at x the other sees `match.disparity` nearer to its
    own side. `blank` names the eye that saw nothing.
    """

    flat: StereoPair
    seen: StereoPair
    work: StereoPair
    blank: tuple[Eye, str] | None = None
    fault: PairFault | None = None
    rectification: Rectification | None = None
    match: DenseMatch | None = None
    dense: DenseEvidence | None = None


def look_with_both_eyes(
    pair: StereoPair,
    network: Network | None = None,
    stage: Stages = lambda name: nullcontext(),
) -> Look:
    """Undistorts, rectifies and matches the pair, as far as no fault stands in the way.

    Raises:
        PhotoError: the pictures are too small.
        RigError: the lenses of the rig see hardly anything in common.
        WeightsError: a network is missing or damaged.
    """
    with stage("undistort"):
        flat = undistort(pair)
        raw = _shrunk(flat, SEEN_SIDE)
        blank = _blank_eye(raw)
        seen = raw if blank is not None else even_out(raw)
        camera = seen.left.camera
        share = min(1.0, (MATCHED_PIXELS / (camera.width * camera.height)) ** 0.5)
        work = _shrunk(seen, int(camera.long_side * share))
    look = Look(flat, seen, work, blank)
    if blank is not None:
        return look
    with stage("rectify"):
        rectification = rectify(work)
        fault = pair_fault(work, rectification)
        look = replace(look, rectification=rectification, fault=fault)
    if fault is not None:
        return look
    with stage("match"):
        rows = apply(rectification, work)
        matching = match_densely if rows.shown == "left" else match_right
        match = matching(rows.left.pixels, rows.right.pixels, open_stereo_network(network))
    with stage("judge"):
        guess = guess_depth(rows.shown_photo, mirror=False, detail=False).inverse_depth
        dense = gather_dense_evidence(rows.shown_photo.pixels, match, guess, rows.shown)
    return replace(look, match=match, dense=dense)


def read_off(look: Look, reason: str) -> tuple[DepthMap, SecondEye]:
    """Relative depth of the shown picture of `look.work` from its match, and the second eye's view.

    Raises:
        DepthError: everything is equally far.
    """
    assert look.rectification is not None and look.match is not None
    rows = look.rectification.homography_left, look.rectification.homography_right
    of_shown, of_other = rows if look.work.shown == "left" else rows[::-1]
    disparity, error_px, valid = _in_shown_picture(look, look.match, of_shown)
    depth = DepthMap.relative(disparity, valid, "stereo", reason, error_px)
    far_px, near_px = (float(px) for px in np.percentile(disparity[valid], [1, 99]))
    sign, other = (1, look.seen.right) if look.work.shown == "left" else (-1, look.seen.left)
    width = look.work.left.camera.width
    eye = SecondEye(
        other.pixels,
        of_shown @ _scaling(width / look.flat.shown_photo.camera.width),
        of_other @ _scaling(width / other.camera.width),
        sign * far_px,
        sign * near_px,
    )
    return depth, eye


def _in_shown_picture(
    look: Look, match: DenseMatch, rows_from_shown: Homography
) -> tuple[Disparity, Disparity, Mask]:
    """Disparity, its error and where they are known, at the shown picture's own pixels."""
    camera = look.work.shown_photo.camera
    size, turn = (camera.width, camera.height), in_opencv_pixels(rows_from_shown)

    def warped(values: np.ndarray, method: int, border: int) -> np.ndarray:
        flags = method | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpPerspective(values, turn, size, flags=flags, borderMode=border))

    disparity = warped(match.disparity, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)
    error_px = warped(match.error_px, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)
    inside = np.ones(match.disparity.shape, np.uint8)
    valid = warped(inside, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT) > 0
    return disparity, np.maximum(error_px, 0), valid


def _shrunk(pair: StereoPair, longest_side: int) -> StereoPair:
    return replace(pair, left=pair.left.shrunk(longest_side), right=pair.right.shrunk(longest_side))


def _blank_eye(pair: StereoPair) -> tuple[Eye, str] | None:
    """The eye that saw nothing, and a sentence about it; the hidden one if both saw nothing."""
    eyes: tuple[Eye, Eye] = ("right", "left") if pair.shown == "left" else ("left", "right")
    for eye in eyes:
        photo = pair.left if eye == "left" else pair.right
        problem = is_blank(photo, f"The {eye} picture")
        if problem is not None:
            return eye, problem
    return None


def _scaling(factor: float) -> Homography:
    return np.diag([factor, factor, 1.0])
