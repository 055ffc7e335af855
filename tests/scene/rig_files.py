"""Rig files of every kind, as programs write them, and how they are read."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from stereopsis.errors import RigError
from stereopsis.scene.rig import Eye, Rig
from stereopsis.scene.rig_file import read_rig
from tests.scene.rigs import rig


def rig_to_json(rig: Rig) -> str:
    """The rig as our JSON; read_rig gives back the same one."""
    stated: dict[str, Any] = {eye: asdict(getattr(rig, eye)) for eye in ("left", "right")}
    stated["T_right_from_left"] = rig.T_right_from_left.astype(np.float64).tolist()
    if rig.shown is not None:
        stated["shown"] = rig.shown
    return json.dumps(stated, indent=1) + "\n"


def read(folder: Path, text: str | bytes, name: str = "rig.json", **options: Any) -> Rig:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(data)
    return read_rig(folder / name, **options)


def assert_alike(a: Rig, b: Rig) -> None:
    assert (a.left.model, a.right.model, a.shown) == (b.left.model, b.right.model, b.shown)
    for one, other in ((a.left, b.left), (a.right, b.right)):
        assert (one.width, one.height) == (other.width, other.height)
        for name in ("focal_px", "center_px", "coefficients"):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-9)
    np.testing.assert_allclose(a.T_right_from_left, b.T_right_from_left, atol=1e-6)


def matrix(given: Rig, eye: Eye) -> np.ndarray:
    """OpenCV's camera matrix."""
    lens = getattr(given, eye)
    (fx, fy), (cx, cy) = lens.focal_px, lens.center_px
    return np.array([[fx, 0, cx - 0.5], [0, fy, cy - 0.5], [0, 0, 1]])


def opencv_values(given: Rig) -> dict[str, Any]:
    T = given.T_right_from_left.astype(np.float64)
    return {
        "image_width": given.left.width,
        "image_height": given.left.height,
        "M1": matrix(given, "left"),
        "D1": np.array(given.left.coefficients)[None],
        "M2": matrix(given, "right"),
        "D2": np.array(given.right.coefficients)[None],
        "R": T[:3, :3],
        "T": T[:3, 3:],
    }


def write_opencv(path: Path, values: dict[str, Any]) -> Path:
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    for name, value in values.items():
        storage.write(name, value)
    storage.release()
    return path


def simplestereo(given: Rig) -> dict[str, Any]:
    T = given.T_right_from_left.astype(np.float64)
    out: dict[str, Any] = {"R": T[:3, :3].tolist(), "T": (T[:3, 3:] * 1000).tolist()}
    for number, eye in enumerate(("left", "right"), start=1):
        lens = getattr(given, eye)
        out[f"res{number}"] = [lens.width, lens.height]
        out[f"intrinsic{number}"] = matrix(given, eye).tolist()  # type: ignore[arg-type]
        out[f"distCoeffs{number}"] = list(lens.coefficients)
    return out


def aria(given: Rig) -> dict[str, Any]:
    T_right_from_left = given.T_right_from_left.astype(np.float64)
    T_device_left = np.linalg.inv(T_right_from_left) @ np.diag([1, -1, -1, 1])
    places = {"left": T_device_left, "right": T_device_left @ np.linalg.inv(T_right_from_left)}
    out: dict[str, Any] = {}
    for eye, place in places.items():
        lens = getattr(given, eye)
        (focal, _), (cx, cy) = lens.focal_px, lens.center_px
        out[eye] = {
            "label": f"camera-slam-{eye}",
            "size": [lens.width, lens.height],
            "model": "FISHEYE624 (f,cu,cv,k0..k5,p0,p1,s0..s3)",
            "params": [focal, cx - 0.5, cy - 0.5, *lens.coefficients],
            "T_device_camera": place.tolist(),
        }
    return out


def aria_rig() -> Rig:
    given = rig("fisheye624")
    left, right = (
        replace(lens, focal_px=(lens.focal_px[0],) * 2) for lens in (given.left, given.right)
    )
    return replace(given, left=left, right=right)


MIDDLEBURY = """cam0=[ 999.421 0 294.182 ; 0 999.421 252.932 ; 0 0 1 ]
cam1=[999.421 0 326.96; 0 999.421 252.932; 0 0 1]
doffs= 32.778
baseline=193.001
width= 741
height=497
ndisp= 70
"""


Change = Callable[[dict[str, Any]], object]


def refusal(folder: Path, stated: dict[str, Any], change: Change) -> str:
    stated = json.loads(json.dumps(stated))
    change(stated)
    with pytest.raises(RigError) as caught:
        read(folder, json.dumps(stated))
    assert caught.value.problem.startswith("rig.json is not readable as a rig: ")
    assert "docs/rig.md" in caught.value.mend
    return caught.value.problem
