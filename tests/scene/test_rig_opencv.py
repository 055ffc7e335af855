import json
from pathlib import Path
from typing import Any

import pytest

from stereopsis.errors import RigError
from stereopsis.scene.rig_file import read_rig
from tests.scene.rig_files import (
    assert_alike,
    opencv_values,
    read,
    write_opencv,
)
from tests.scene.rigs import rig


@pytest.mark.parametrize("name", ["rig.yml", "rig.xml", "rig.json", "rig.yml.gz"])
def test_opencv_files(tmp_path: Path, name: str) -> None:
    given = rig("rational")
    path = write_opencv(tmp_path / name, opencv_values(given))
    if name.endswith(".gz"):
        with pytest.raises(RigError, match="not a text file"):
            read_rig(path)
    else:
        assert_alike(read_rig(path), given)


NAMES = {
    "M1": ("K1", "cameraMatrix1", "camera_matrix_left", "left_K"),
    "D1": ("distCoeffs1", "D_1", "distortion_coefficients_left", "left_D"),
    "M2": ("K2", "cameraMatrix2", "camera_matrix_right", "right_K"),
    "D2": ("distCoeffs2", "D_2", "distortion_coefficients_right", "right_D"),
    "R": ("R", "rotation", "Rotation_Matrix", "R"),
    "T": ("T", "translation", "Translation_Vector", "T"),
}


@pytest.mark.parametrize("which", range(4))
def test_opencv_files_with_other_names(tmp_path: Path, which: int) -> None:
    given = rig("rational")
    values = {NAMES[k][which] if k in NAMES else k: v for k, v in opencv_values(given).items()}
    assert_alike(read_rig(write_opencv(tmp_path / "rig.yml", values)), given)


@pytest.mark.parametrize(
    ("note", "model"),
    [
        ({"distortion_model": "equidistant"}, "fisheye"),
        ({"model": "fisheye"}, "fisheye"),
        ({"fisheye": 1}, "fisheye"),
        ({"fisheye": "yes"}, "fisheye"),
        ({"fisheye": 0}, "rational"),
        ({"fisheye": "0"}, "rational"),
        ({"fisheye": "False"}, "rational"),
        ({"fisheye": "no"}, "rational"),
        ({"distortion_model": "plumb_bob"}, "rational"),
        ({}, "rational"),
    ],
)
def test_four_coefficients_are_a_fisheye_if_the_file_says_so(
    tmp_path: Path, note: dict[str, Any], model: str
) -> None:
    path = write_opencv(tmp_path / "rig.yml", opencv_values(rig("fisheye")) | note)
    assert read_rig(path).left.model == model


@pytest.mark.parametrize(
    ("stated", "model"), [(False, "rational"), (None, "rational"), (True, "fisheye")]
)
def test_json_says_of_a_fisheye_in_its_own_words(
    tmp_path: Path, stated: bool | None, model: str
) -> None:
    path = write_opencv(tmp_path / "rig.json", opencv_values(rig("fisheye")))
    text = json.dumps(json.loads(path.read_text()) | {"fisheye": stated})
    assert read(tmp_path, text).left.model == model


def test_opencv_lenses_without_distortion(tmp_path: Path) -> None:
    values = opencv_values(rig())
    del values["D1"], values["D2"]
    assert_alike(read_rig(write_opencv(tmp_path / "rig.yml", values)), rig())


@pytest.mark.parametrize("named", ["intrinsics.yml", "extrinsics.yml"])
def test_a_pair_of_opencv_files(tmp_path: Path, named: str) -> None:
    given = rig("rational")
    values = opencv_values(given)
    places = {name: values.pop(name) for name in ("R", "T")}
    write_opencv(tmp_path / "intrinsics.yml", values)
    write_opencv(tmp_path / "extrinsics.yml", places)
    assert_alike(read_rig(tmp_path / named), given)


@pytest.mark.parametrize("named", ["intrinsics.yml", "extrinsics.yml"])
def test_half_a_rig(tmp_path: Path, named: str) -> None:
    values = opencv_values(rig("rational"))
    places = {name: values.pop(name) for name in ("R", "T")}
    half = values if named == "intrinsics.yml" else places
    other = "extrinsics.yml" if named == "intrinsics.yml" else "intrinsics.yml"
    path = write_opencv(tmp_path / named, half)
    with pytest.raises(RigError, match=f"lacks .*, and there is no {other} beside it"):
        read_rig(path)
    write_opencv(tmp_path / other, half)
    with pytest.raises(RigError, match=f"lacks .*, and so does {other}"):
        read_rig(path)
    path = write_opencv(tmp_path / "half.yml", half)
    with pytest.raises(RigError, match=r"half.yml is not readable as a rig: it lacks [^,]*\. docs"):
        read_rig(path)


def test_an_opencv_file_that_does_not_say_the_size(tmp_path: Path) -> None:
    given = rig("rational")
    values = opencv_values(given)
    del values["image_width"], values["image_height"]
    path = write_opencv(tmp_path / "rig.yml", values)
    assert_alike(read_rig(path, size=(160, 120)), given)
    for size in (None, (320, 240)):
        with pytest.raises(RigError, match="image_width and image_height are missing"):
            read_rig(path, size)


def test_an_opencv_file_with_the_size_as_a_list(tmp_path: Path) -> None:
    values = opencv_values(rig("rational"))
    del values["image_width"], values["image_height"]
    path = write_opencv(tmp_path / "rig.yml", values)
    text = path.read_text()
    path.write_text(text + "image_size: [ 160, 120 ]\n")
    assert_alike(read_rig(path), rig("rational"))
    path.write_text(text + "image_size: [ 160, 120, 3 ]\n")
    with pytest.raises(RigError, match="the size is not a width and a height"):
        read_rig(path)


def opencv_json(folder: Path) -> dict[str, Any]:
    path = write_opencv(folder / "rig.json", opencv_values(rig("rational")))
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    "more",
    [
        {"calibration": {"date": "2024-05-01", "by": {"name": "A"}}},
        {"rms": [0.3, None], "checked": True, "comment": None},
        {"views": [{"file": "1.png"}, {"file": "2.png"}]},
        {"scale": 1e300},
    ],
)
def test_what_an_opencv_json_says_besides_is_passed_over(tmp_path: Path, more: Any) -> None:
    assert_alike(read(tmp_path, json.dumps(opencv_json(tmp_path) | more)), rig("rational"))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("M1", {"data": [1, "b"]}, "M1 is missing or not a list of numbers"),
        ("D2", {"k1": 0.1}, "D2 is missing or not a list of numbers"),
        ("T", None, "T is missing or not a list of numbers"),
        ("R", {"data": [1e300] * 9}, r"R has a value of 1e\+300, which no rig has"),
        ("image_width", 1e300, "the size is not a whole number from 1 to 100000"),
    ],
)
def test_damage_in_opencv_json(tmp_path: Path, name: str, value: Any, words: str) -> None:
    with pytest.raises(RigError, match=rf"not readable as a rig: {words}\. docs"):
        read(tmp_path, json.dumps(opencv_json(tmp_path) | {name: value}))
