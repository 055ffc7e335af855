"""Rigs as other programs write them: each function takes a parsed file and gives our Rig.

They raise ValueError, whose words complete "the file is not readable as a rig: ...". Other
programs put the first pixel's centre at (0, 0); here it is at (0.5, 0.5).
"""

import re
from typing import Any

import numpy as np

from stereopsis.scene.checked_json import a_count, a_number, a_text, an_object
from stereopsis.scene.lens import Lens, LensModel
from stereopsis.scene.rig import Rig

ARIA_MODEL = "FISHEYE624"
ARIA_PARAMETERS = 15  # f, cu, cv, then the 12 coefficients
LARGEST_SIDE = 100_000
LARGEST_NUMBER = 1e9  # in any unit; what is larger would overflow on the way


def from_aria(stated: dict[str, Any]) -> Rig:
    """Project Aria: FISHEYE624 parameters and T_device_camera of either camera, in metres."""
    sides = [(an_object(stated.get(side), side), side) for side in ("left", "right")]
    left, right = (_aria_lens(given, side) for given, side in sides)
    T_device_left, T_device_right = (
        numbers_of(given.get("T_device_camera"), (4, 4), f"T_device_camera of {side}")
        for given, side in sides
    )
    if abs(np.linalg.det(T_device_right)) < 1e-6:
        raise ValueError("T_device_camera of right has no inverse")
    T_right_from_left = np.linalg.inv(T_device_right) @ T_device_left
    return Rig(left, right, T_right_from_left.astype(np.float32))


def _aria_lens(given: dict[str, Any], side: str) -> Lens:
    if not a_text(given.get("model"), f"model of {side}").upper().startswith(ARIA_MODEL):
        raise ValueError(f"model of {side} is not {ARIA_MODEL}")
    parameters = numbers_of(given.get("params"), (ARIA_PARAMETERS,), f"params of {side}")
    focal, cu, cv, *coefficients = parameters.tolist()
    width, height = size_of(given.get("size"), f"size of {side}")
    center_px = (cu + 0.5, cv + 0.5)
    return Lens("fisheye624", width, height, (focal, focal), center_px, tuple(coefficients))


def from_simplestereo(stated: dict[str, Any]) -> Rig:
    """SimpleStereo: OpenCV's matrices under its own names, T in millimetres."""
    left, right = (
        opencv_lens(
            numbers_of(stated.get(f"intrinsic{eye}"), (3, 3), f"intrinsic{eye}"),
            numbers_of(stated.get(f"distCoeffs{eye}"), (-1,), f"distCoeffs{eye}"),
            size_of(stated.get(f"res{eye}"), f"res{eye}"),
        )
        for eye in (1, 2)
    )
    rotation = numbers_of(stated.get("R"), (3, 3), "R")
    translation_mm = numbers_of(stated.get("T"), (3,), "T")
    return Rig(left, right, transform_of(rotation, translation_mm / 1000))


def from_middlebury(text: str) -> Rig:
    """Middlebury's calib.txt: two pinhole lenses that look the same way, baseline in mm."""
    stated = dict(re.findall(r"(\w+)\s*=\s*(\[[^\]]*\]|\S+)", text))

    def numbers(key: str, shape: tuple[int, ...]) -> np.ndarray:
        words = re.sub(r"[\[\];,]", " ", stated.get(key, "")).split()
        try:
            return numbers_of([float(word) for word in words], shape, key)
        except ValueError as error:
            raise ValueError(f"{key} is missing or not {_shape_words(shape)}") from error

    (width,), (height,), (baseline_mm,) = (
        numbers(key, (1,)) for key in ("width", "height", "baseline")
    )
    size = size_of([int(width), int(height)], "width and height")
    left, right = (opencv_lens(numbers(key, (3, 3)), np.zeros(0), size) for key in ("cam0", "cam1"))
    return Rig(left, right, transform_of(np.eye(3), np.array([-baseline_mm / 1000, 0, 0])))


def opencv_lens(
    matrix: np.ndarray, coefficients: np.ndarray, size: tuple[int, int], fisheye: bool = False
) -> Lens:
    """A lens from OpenCV's camera matrix (3, 3) and distortion coefficients."""
    model: LensModel = "fisheye" if fisheye else "rational" if len(coefficients) else "pinhole"
    fx, fy, cx, cy = matrix[[0, 1, 0, 1], [0, 1, 2, 2]].tolist()
    return Lens(model, *size, (fx, fy), (cx + 0.5, cy + 0.5), tuple(coefficients.tolist()))


def transform_of(rotation: np.ndarray, translation_m: np.ndarray) -> np.ndarray:
    """The transform (4, 4) of a rotation (3, 3) and a translation (3,)."""
    transform = np.eye(4)
    transform[:3, :3], transform[:3, 3] = rotation, translation_m
    return transform.astype(np.float32)


def numbers_of(given: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Numbers of possible size, listed in lists of any depth, in this shape (-1: any)."""
    listed = listed_numbers(given, what)
    for each in listed:
        if abs(each) > LARGEST_NUMBER:
            raise ValueError(f"{what} has a value of {each:g}, which no rig has")
    if -1 not in shape and len(listed) != np.prod(shape):
        raise ValueError(f"{what} is not {_shape_words(shape)}")
    return np.array(listed, np.float64).reshape(shape)


def listed_numbers(given: Any, what: str) -> list[float]:
    """Finite numbers, listed in lists of any depth."""
    return [a_number(each, what) for each in _flat(given, what)]


def size_of(given: Any, what: str) -> tuple[int, int]:
    """A (width, height) of pixels."""
    if not isinstance(given, list) or len(given) != 2:
        raise ValueError(f"{what} is not a width and a height")
    width, height = (a_count(side, what, LARGEST_SIDE) for side in given)
    return width, height


def _flat(given: Any, what: str) -> list[Any]:
    if not isinstance(given, list):
        raise ValueError(f"{what} is missing or not a list of numbers")
    return [
        each for item in given for each in (_flat(item, what) if isinstance(item, list) else [item])
    ]


def _shape_words(shape: tuple[int, ...]) -> str:
    if shape == (1,):
        return "a number"
    return f"{' x '.join(map(str, shape))} numbers"
