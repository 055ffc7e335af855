"""Rigs as OpenCV programs store them, in YAML, XML or JSON, in one file or in two.

OpenCV's own samples write M1 D1 M2 D2 to intrinsics.yml, and R T to extrinsics.yml; other
programs choose other names, of which the usual ones are known here. As with the functions of
rig_formats, what is wrong comes out as a ValueError.

The files are taken apart here, as OpenCV's own reader ends the process over some damaged ones.
"""

import json
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np

from stereopsis.scene.rig import Rig
from stereopsis.scene.rig_formats import (
    listed_numbers,
    numbers_of,
    opencv_lens,
    size_of,
    transform_of,
)

Values = dict[str, list[float] | str]

# Capitals and underscores are passed over.
MATRIX_NAMES = ("m", "k", "cameramatrix", "intrinsic", "mtx")
DISTORTION_NAMES = ("d", "distcoeffs", "distortioncoefficients", "distortion", "dist")
SIDE_NAMES = (("1", "left", "l"), ("2", "right", "r"))
ROTATION_NAMES = ("r", "rotation", "rotationmatrix")
TRANSLATION_NAMES = ("t", "translation", "translationvector")
SIZE_NAMES = ("imagesize", "size", "resolution")
MODEL_NAMES = ("distortionmodel", "model", "cameramodel")
FISHEYE_MODELS = ("fisheye", "equidistant", "kannalabrandt")
NOES = ("", "0", "false", "no", "off", "null")
# At the start of a line: a name, then a matrix's data, a list in brackets, or a line's rest.
YAML_ENTRY = re.compile(
    r"^(\w+): *(?:!!opencv-matrix\s+rows:.*\s+cols:.*\s+dt:.*\s+data: *)?(\[[^\]]*\]|.*)", re.M
)
INTRINSICS, EXTRINSICS = "the lenses (M1 D1 M2 D2)", "their places (R T)"


def values_in(text: str) -> Values:
    """All matrices (as flat lists), lists of numbers, numbers and texts at the top, by name."""
    start = text.lstrip()[:1]
    stated = (_in_json if start == "{" else _in_xml if start == "<" else _in_yaml)(text)
    return {key.lower().replace("_", ""): value for key, value in stated.items()}


def _in_json(text: str) -> Values:
    return {key: _json_value(value, key) for key, value in json.loads(text).items()}


def _json_value(stated: Any, key: str) -> list[float] | str:
    """Numbers or a text; anything else as text, so that it matters only where it is asked for."""
    data = stated.get("data") if isinstance(stated, dict) else stated
    listed = data if isinstance(data, list) else [data]
    try:
        return listed_numbers(listed, key)
    except ValueError:
        return stated if isinstance(stated, str) else json.dumps(stated)


def _in_xml(text: str) -> Values:
    try:
        root = ElementTree.fromstring(text.lstrip())
    except ElementTree.ParseError as error:
        raise ValueError("it is damaged or cut short") from error
    return {each.tag: _value(each.findtext("data", each.text or "")) for each in root}


def _in_yaml(text: str) -> Values:
    return {key: _value(value.strip("[]")) for key, value in YAML_ENTRY.findall(text)}


def _value(words: str) -> list[float] | str:
    """The words as numbers if all of them are."""
    try:
        return [float(word) for word in words.replace(",", " ").split()]
    except ValueError:
        return words.strip().strip('"')


def missing_part(values: Values) -> str | None:
    """Which half of a rig the file lacks, in words; None if it has both."""
    if _named(values, MATRIX_NAMES, SIDE_NAMES[0]) is None:
        return INTRINSICS
    if _named(values, ROTATION_NAMES) is None or _named(values, TRANSLATION_NAMES) is None:
        return EXTRINSICS
    return None


def from_opencv(values: Values, size: tuple[int, int] | None) -> Rig:
    """The rig; `size` is that of the pictures, for a file that does not say it.

    It is only believed if the lenses draw their axes within the middle third of such pictures.
    """
    stated_size = _size_in(values)
    if stated_size is None and not (size and _is_centred(values, size)):
        raise ValueError("image_width and image_height are missing")
    size = stated_size or size
    assert size is not None
    fisheye = _is_fisheye(values)
    left, right = (
        opencv_lens(
            numbers_of(_named(values, MATRIX_NAMES, side), (3, 3), f"M{eye}"),
            numbers_of(_named(values, DISTORTION_NAMES, side) or [], (-1,), f"D{eye}"),
            size,
            fisheye,
        )
        for eye, side in enumerate(SIDE_NAMES, start=1)
    )
    rotation = numbers_of(_named(values, ROTATION_NAMES), (3, 3), "R")
    translation_m = numbers_of(_named(values, TRANSLATION_NAMES), (3,), "T")
    return Rig(left, right, transform_of(rotation, translation_m))


def _is_fisheye(values: Values) -> bool:
    """Whether the file says so, by its model or by a `fisheye` that is no "no"."""
    model = _named(values, MODEL_NAMES)
    if isinstance(model, str) and model.lower().replace("_", "") in FISHEYE_MODELS:
        return True
    stated = values.get("fisheye", "")
    return stated.lower() not in NOES if isinstance(stated, str) else any(stated)


def _size_in(values: Values) -> tuple[int, int] | None:
    sides = [values.get(f"image{side}", values.get(side)) for side in ("width", "height")]
    given = [each[0] for each in sides if isinstance(each, list) and each]
    if len(given) != 2:
        listed = _named(values, SIZE_NAMES)
        given = listed if isinstance(listed, list) else []
    return size_of([int(side) for side in given], "the size") if given else None


def _is_centred(values: Values, size: tuple[int, int]) -> bool:
    centers = [
        numbers_of(_named(values, MATRIX_NAMES, side), (3, 3), f"M{eye}")[:2, 2] / size
        for eye, side in enumerate(SIDE_NAMES, start=1)
    ]
    return bool((np.abs(np.array(centers) - 0.5) < 1 / 6).all())


def _named(
    values: Values, names: tuple[str, ...], side: tuple[str, ...] = ("",)
) -> list[float] | str | None:
    """The value under one of the names, the side before or after it."""
    for name in names:
        for eye in side:
            for key in (name + eye, eye + name):
                if key in values:
                    return values[key]
    return None
