"""Rig files: our JSON, and those of OpenCV, SimpleStereo, Middlebury and Project Aria."""

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np

from stereopsis.errors import RigError
from stereopsis.scene.checked_json import a_count, an_object, one_of, only
from stereopsis.scene.input_file import read_input
from stereopsis.scene.lens import Lens, LensModel
from stereopsis.scene.rig import Eye, Rig
from stereopsis.scene.rig_check import check_rig
from stereopsis.scene.rig_formats import (
    LARGEST_SIDE,
    from_aria,
    from_middlebury,
    from_simplestereo,
    numbers_of,
)
from stereopsis.scene.rig_opencv import EXTRINSICS, from_opencv, missing_part, values_in

RIG_FIELDS = ("left", "right", "T_right_from_left", "shown")
LENS_FIELDS = ("model", "width", "height", "focal_px", "center_px", "coefficients")
MEND = "docs/rig.md shows what a rig file holds, and which files of other programs are read."


def read_rig(path: str | Path, size: tuple[int, int] | None = None) -> Rig:
    """The two lenses and where they sit, from the file's content whatever its name.

    Reads our JSON (docs/rig.md), OpenCV's YAML, XML or JSON (of an intrinsics and extrinsics pair
    name either one), SimpleStereo's JSON, Middlebury's calib.txt and Project Aria's JSON. `size`
    is that of the pictures, for OpenCV files that do not say it.

    Raises:
        RigError: the file cannot be read, is none of these, lacks something, or holds a rig that
            is impossible.
    """
    path = Path(path)
    text = _text_of(path)
    try:
        rig = _parse(text, path, size)
    except (ValueError, OverflowError, RecursionError) as error:
        raise RigError(f"{path.name} is not readable as a rig: {_words(error)}.", MEND) from error
    check_rig(rig, path.name)
    return rig


def _text_of(path: Path) -> str:
    try:
        return read_input(path, RigError).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RigError(f"{path.name} is not a text file.", MEND) from error


def _parse(text: str, path: Path, size: tuple[int, int] | None) -> Rig:
    start = text.lstrip()[:500]
    if start.startswith("{"):
        stated = an_object(json.loads(text), "it")
        if "T_right_from_left" in stated:
            return _from_ours(stated)
        if "intrinsic1" in stated:
            return from_simplestereo(stated)
        if "left" in stated and "right" in stated:
            if not any("T_device_camera" in str(stated[eye]) for eye in ("left", "right")):
                raise ValueError("it lacks T_right_from_left")
            return from_aria(stated)
    if start.startswith(("%YAML", "<?xml", "<opencv_storage")) or "opencv-matrix" in text:
        return from_opencv(_opencv_values(text, path), size)
    if "cam0=" in text.replace(" ", ""):
        return from_middlebury(text)
    raise ValueError("it is of no known kind")


def _from_ours(stated: dict[str, Any]) -> Rig:
    only(stated, RIG_FIELDS, "it")
    left, right = (_lens(an_object(stated.get(eye), eye), eye) for eye in ("left", "right"))
    transform = numbers_of(stated["T_right_from_left"], (4, 4), "T_right_from_left")
    shown = stated.get("shown")
    if shown is not None:
        one_of(shown, get_args(Eye), "shown")
    return Rig(left, right, transform.astype(np.float32), shown)


def _lens(given: dict[str, Any], eye: str) -> Lens:
    only(given, LENS_FIELDS, eye)
    model: LensModel = one_of(given.get("model"), get_args(LensModel), f"model of {eye}")
    width, height = (
        a_count(given.get(side), f"{side} of {eye}", LARGEST_SIDE) for side in ("width", "height")
    )
    fx, fy = numbers_of(given.get("focal_px"), (2,), f"focal_px of {eye}").tolist()
    cx, cy = numbers_of(given.get("center_px"), (2,), f"center_px of {eye}").tolist()
    bends = numbers_of(given.get("coefficients", []), (-1,), f"coefficients of {eye}").tolist()
    return Lens(model, width, height, (fx, fy), (cx, cy), tuple(bends))


def _opencv_values(text: str, path: Path) -> dict[str, list[float] | str]:
    """The values of the file, and of its other half beside it if it has only one."""
    values = values_in(text)
    missing = missing_part(values)
    if missing is None:
        return values
    names = ("intrinsic", "extrinsic") if missing == EXTRINSICS else ("extrinsic", "intrinsic")
    other = path.with_name(path.name.replace(*names))
    if other == path or not other.is_file():
        where = "" if other == path else f", and there is no {other.name} beside it"
        raise ValueError(f"it lacks {missing}{where}")
    values = values_in(_text_of(other)) | values
    if missing_part(values) is not None:
        raise ValueError(f"it lacks {missing}, and so does {other.name}")
    return values


def _words(error: ValueError | OverflowError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError | RecursionError):
        return "it is damaged or cut short"
    return str(error)
