"""What a rig of two eyes must fulfil to be possible."""

import math

import numpy as np

from stereopsis.errors import RigError
from stereopsis.scene.lens import COEFFICIENTS, Lens
from stereopsis.scene.rig import Rig

BASELINE_M = (0.001, 1.0)
FOCAL_SIDES = (0.05, 50.0)  # of the longer side: from a half sphere to a telescope
ROTATION_TOLERANCE = 1e-3  # of a matrix printed with a few digits


def check_rig(rig: Rig, name: str) -> None:
    """Nothing, once the rig is possible; `name` says in the errors where it came from.

    Raises:
        RigError: a number is missing or not finite, a focal length or a principal point belongs to
            no picture of that size, the rotation is none, the eyes are under 1 mm or over 1 m
            apart, or the right eye lies at the left.
    """
    _check_lens(rig.left, f"The left lens of {name}")
    _check_lens(rig.right, f"The right lens of {name}")
    _check_rotation(rig.T_right_from_left, name)
    _check_baseline(rig, name)


def _check_lens(lens: Lens, name: str) -> None:
    counts = COEFFICIENTS[lens.model]
    if len(lens.coefficients) not in counts:
        problem = f"{name} has {len(lens.coefficients)} coefficients."
        raise RigError(problem, f"A {lens.model} lens has {_either(counts)}.")
    if not all(map(math.isfinite, (*lens.focal_px, *lens.center_px, *lens.coefficients))):
        raise RigError(f"{name} has a value that is not a number.", "Calibrate it again.")
    if min(lens.width, lens.height) < 1:
        problem = f"{name} is for pictures of {lens.width} x {lens.height} px."
        raise RigError(problem, "Give the size of the pictures it was calibrated with.")
    low, high = (side * max(lens.width, lens.height) for side in FOCAL_SIDES)
    for focal in lens.focal_px:
        if not low <= focal <= high:
            problem = f"{name} has a focal length of {focal:g} px, over {lens.width} px of width."
            raise RigError(problem, "Give it in pixels of that size, neither 0 nor in millimetres.")
    for center, side in zip(lens.center_px, (lens.width, lens.height), strict=True):
        if not -0.5 * side <= center <= 1.5 * side:
            problem = f"{name} has its centre at {center:g} px of a side of {side} px."
            raise RigError(problem, "Give it in pixels of a picture of that size.")


def _check_rotation(T_right_from_left: np.ndarray, name: str) -> None:
    T = T_right_from_left.astype(np.float64)
    if not np.isfinite(T).all():
        problem = f"The place of the right lens of {name} has a value that is not a number."
        raise RigError(problem, "Calibrate it again.")
    rotation = T[:3, :3]
    off = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if off > ROTATION_TOLERANCE or np.linalg.det(rotation) < 0:
        problem = f"The rotation between the lenses of {name} is no rotation (off by {off:.2g})."
        raise RigError(problem, "Give an orthonormal, right-handed matrix with all its digits.")
    if not np.array_equal(T[3], (0, 0, 0, 1)):
        problem = f"The last row of the transform of {name} is not 0 0 0 1."
        raise RigError(problem, "Give the matrix row by row, the translation in the last column.")


def _check_baseline(rig: Rig, name: str) -> None:
    low, high = BASELINE_M
    if not low <= rig.baseline_m <= high:
        problem = f"The eyes of {name} would be {rig.baseline_m:g} m apart."
        raise RigError(problem, "Give the translation in metres: from 1 mm to 1 m of them.")
    if turn_degrees(rig) > 135:
        problem = f"The right eye of {name} lies at the left of the left one."
        raise RigError(problem, "Swap left and right, or invert the transform between them.")


def turn_degrees(rig: Rig) -> float:
    """How far the left picture must be turned until the right eye lies at its right: 0..180."""
    x, y, _ = rig.right_eye
    return abs(math.degrees(math.atan2(y, x)))


def _either(counts: tuple[int, ...]) -> str:
    *most, last = map(str, counts)
    return f"{', '.join(most)} or {last}" if most else last
