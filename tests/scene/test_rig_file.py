import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from stereopsis.errors import RigError
from stereopsis.scene.rig import Eye, Rig
from stereopsis.scene.rig_file import read_rig, rig_to_json
from tests.scene.rigs import COEFFICIENTS, rig


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


@pytest.mark.parametrize("shown", [None, "left", "right"])
@pytest.mark.parametrize("model", COEFFICIENTS)
def test_our_json_makes_the_round_trip(tmp_path: Path, model: Any, shown: Eye | None) -> None:
    given = replace(rig(model), shown=shown)
    back = read(tmp_path, rig_to_json(given))
    assert (back.left, back.right, back.shown) == (given.left, given.right, shown)
    np.testing.assert_array_equal(back.T_right_from_left, given.T_right_from_left)


def test_the_example_in_the_documentation_is_read(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "rig.md"
    example = page.read_text().split("```json\n")[1].split("```")[0]
    given = read(tmp_path, example)
    assert given.shown == "right"
    assert given.baseline_m == pytest.approx(0.063)


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
        ({"distortion_model": "plumb_bob"}, "rational"),
        ({}, "rational"),
    ],
)
def test_four_coefficients_are_a_fisheye_if_the_file_says_so(
    tmp_path: Path, note: dict[str, Any], model: str
) -> None:
    path = write_opencv(tmp_path / "rig.yml", opencv_values(rig("fisheye")) | note)
    assert read_rig(path).left.model == model


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


def test_simplestereo_files(tmp_path: Path) -> None:
    given = rig("rational")
    assert_alike(read(tmp_path, json.dumps(simplestereo(given))), given)


def test_project_aria_files(tmp_path: Path) -> None:
    assert_alike(read(tmp_path, json.dumps(aria(aria_rig()))), aria_rig())


MIDDLEBURY = """cam0=[ 999.421 0 294.182 ; 0 999.421 252.932 ; 0 0 1 ]
cam1=[999.421 0 326.96; 0 999.421 252.932; 0 0 1]
doffs= 32.778
baseline=193.001
width= 741
height=497
ndisp= 70
"""


def test_middlebury_files(tmp_path: Path) -> None:
    given = read(tmp_path, MIDDLEBURY, "calib.txt")
    assert given.left.model == given.right.model == "pinhole"
    assert (given.left.width, given.left.height) == (741, 497)
    assert given.left.center_px == pytest.approx((294.682, 253.432))
    assert given.right.center_px[0] - given.left.center_px[0] == pytest.approx(32.778)
    np.testing.assert_allclose(given.right_eye, (0.193001, 0, 0), atol=1e-7)


@pytest.mark.parametrize("line", range(6))
def test_middlebury_files_that_lack_a_line(tmp_path: Path, line: int) -> None:
    lines = MIDDLEBURY.splitlines()
    key = lines.pop(line).split("=")[0]
    if key == "doffs":
        read(tmp_path, "\n".join(lines))
    else:
        words = "no known kind" if key == "cam0" else f"{key} is missing or not"
        with pytest.raises(RigError, match=words):
            read(tmp_path, "\n".join(lines))


Change = Callable[[dict[str, Any]], object]


def refusal(folder: Path, stated: dict[str, Any], change: Change) -> str:
    stated = json.loads(json.dumps(stated))
    change(stated)
    with pytest.raises(RigError) as caught:
        read(folder, json.dumps(stated))
    assert caught.value.problem.startswith("rig.json is not readable as a rig: ")
    assert "docs/rig.md" in caught.value.mend
    return caught.value.problem


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("left"), "left is not an object"),
        (lambda d: d.update(eyes=2), "has eyes, which means nothing here"),
        (lambda d: d.update(shown="both"), "shown is not one of left, right"),
        (lambda d: d["left"].update(model="round"), "model of left is not one of pinhole"),
        (lambda d: d["left"].update(lens=1), "left has lens, which means nothing here"),
        (lambda d: d["right"].update(width=0), "width of right is not a whole number"),
        (lambda d: d["right"].update(focal_px=[1]), "focal_px of right is not 2 numbers"),
        (lambda d: d["right"].pop("center_px"), "center_px of right is missing or not a list"),
        (lambda d: d["left"].update(coefficients=["a"]), "coefficients of left is not a number"),
        (lambda d: d.update(T_right_from_left=[[1]]), "T_right_from_left is not 4 x 4 numbers"),
    ],
)
def test_damage_in_our_json(tmp_path: Path, change: Change, words: str) -> None:
    assert words in refusal(tmp_path, json.loads(rig_to_json(rig("rational"))), change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("intrinsic2"), "intrinsic2 is missing"),
        (lambda d: d.update(intrinsic1=[[1, 2]]), "intrinsic1 is not 3 x 3 numbers"),
        (lambda d: d.pop("res1"), "res1 is not a width and a height"),
        (lambda d: d.update(T=[1, 2]), "T is not 3 numbers"),
    ],
)
def test_damage_in_simplestereo_files(tmp_path: Path, change: Change, words: str) -> None:
    assert words in refusal(tmp_path, simplestereo(rig("rational")), change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(right=3), "right is not an object"),
        (lambda d: d["left"].update(model="KB4"), "model of left is not FISHEYE624"),
        (lambda d: d["left"]["params"].pop(), "params of left is not 15 numbers"),
        (lambda d: d["right"].pop("size"), "size of right is not a width and a height"),
        (
            lambda d: d["right"].update(T_device_camera=[[0] * 4] * 4),
            "T_device_camera of right has no inverse",
        ),
        (lambda d: d.pop("left"), "no known kind"),
    ],
)
def test_damage_in_project_aria_files(tmp_path: Path, change: Change, words: str) -> None:
    assert words in refusal(tmp_path, aria(aria_rig()), change)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("hello", "no known kind"),
        ("{", "damaged or cut short"),
        ('{"T_right_from_left": ' + "[" * 100_000, "damaged or cut short"),
        ("[1]", "no known kind"),
        ("%YAML:1.0\nM1: [1, 2\n", "lacks their places"),
        ("%YAML:1.0\nM1: [1]\nR: [2]\nT: 3\nsize: [9, 9]", "M1 is not 3 x 3 numbers"),
        ("%YAML:1.0\nM1: [1, b]\nR: [2]\nT: 3\nsize: [9, 9]", "M1 is missing or not a list"),
        ("<?xml version='1.0'?><opencv_storage><M1>", "damaged or cut short"),
        (b"\xff\xfe\x00", "is not a text file"),
    ],
)
def test_files_that_are_no_rig(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(RigError, match=words):
        read(tmp_path, text)


def test_a_rig_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RigError, match="There is no file"):
        read_rig(tmp_path / "rig.json")


def test_an_impossible_rig_is_refused_by_name(tmp_path: Path) -> None:
    T = rig().T_right_from_left.copy()
    T[:3, 3] *= 1000
    with pytest.raises(RigError, match=r"rig\.json would be 64\.039 m apart"):
        read(tmp_path, rig_to_json(replace(rig(), T_right_from_left=T)))


def test_damaged_files_give_a_rig_or_an_error(tmp_path: Path) -> None:
    path = write_opencv(tmp_path / "rig.yml", opencv_values(rig("rational")))
    texts = [path.read_text(), rig_to_json(rig()), MIDDLEBURY, json.dumps(aria(aria_rig()))]
    rng = np.random.default_rng(0)
    for i in range(120):
        broken = np.frombuffer(texts[i % 4].encode(), np.uint8).copy()
        spots = rng.integers(0, len(broken), rng.integers(1, 5))
        broken[spots] = rng.integers(32, 127, len(spots))
        try:
            read(tmp_path, broken.tobytes())
        except RigError as error:
            assert error.mend
