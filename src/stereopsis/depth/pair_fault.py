"""Pairs that are no stereo pairs, whatever their cameras, though both eyes saw something."""

from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.depth.rectify import Rectification
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.stereo import StereoPair

SAME_SHIFT_PX = 0.3
SAME_SHARE = 0.9  # of the matches
SAME_NOISE = 4.0  # gray levels of mean difference, after a little blur
LEAST_MATCHES = 16
LEAST_AGREEMENT = 0.25

PairFault = Literal["same picture twice", "different scenes"]


def pair_fault(pair: StereoPair, rectification: Rectification) -> PairFault | None:
    """Why these cannot be two eyes' pictures of one scene; None if they can."""
    left, right = (_gray(eye.pixels) for eye in (pair.left, pair.right))
    matches, evidence = rectification.matches, rectification.verdict
    if evidence.matches < LEAST_MATCHES or evidence.agreement < LEAST_AGREEMENT:
        return "different scenes"
    if len(matches) and left.shape == right.shape and np.abs(left - right).mean() < SAME_NOISE:
        still = np.abs(matches.left[:, 0] - matches.right[:, 0]) < SAME_SHIFT_PX
        if still.mean() > SAME_SHARE:
            return "same picture twice"
    return None


def _gray(image: ColorImage) -> Float32[np.ndarray, "h w"]:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), 1.0))
