import json
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import RigError
from tests.scene.rig_files import (
    MIDDLEBURY,
    Change,
    aria,
    aria_rig,
    assert_alike,
    read,
    refusal,
    simplestereo,
)
from tests.scene.rigs import rig


def test_simplestereo_files(tmp_path: Path) -> None:
    given = rig("rational")
    assert_alike(read(tmp_path, json.dumps(simplestereo(given))), given)


def test_project_aria_files(tmp_path: Path) -> None:
    assert_alike(read(tmp_path, json.dumps(aria(aria_rig()))), aria_rig())


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
