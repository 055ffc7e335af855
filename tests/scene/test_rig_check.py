from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stereopsis.errors import RigError
from stereopsis.scene.rig import Rig
from stereopsis.scene.rig_check import check_rig
from tests.scene.rigs import COEFFICIENTS, lens, rig, rotation, transform


@pytest.mark.parametrize("model", COEFFICIENTS)
def test_possible_rigs_pass(model: Any) -> None:
    check_rig(rig(model), "rig.json")


def test_what_a_rig_knows() -> None:
    given = rig()
    np.testing.assert_allclose(given.right_eye, (0.064, 0.001, -0.002), atol=1e-7)
    assert given.baseline_m == pytest.approx(np.linalg.norm((0.064, 0.001, -0.002)))


@pytest.mark.parametrize("degrees", [-90, 90])
def test_sensors_may_be_mounted_sideways(degrees: float) -> None:
    right_eye = rotation(z=degrees) @ (0.1, 0, 0)
    check_rig(replace(rig(), T_right_from_left=transform(rotation(x=40), tuple(right_eye))), "rig")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"coefficients": (0.1,) * 6}, r"has 6 coefficients\. A rational lens has 4, 5, 8, 12 or"),
        (
            {"model": "pinhole", "coefficients": (0.1,)},
            "has 1 coefficients",
        ),
        ({"coefficients": (float("nan"),) * 4}, "not a number"),
        ({"center_px": (float("inf"), 60.0)}, "not a number"),
        ({"width": 0}, "pictures of 0 x 120 px"),
        ({"focal_px": (0.0, 150.0)}, "focal length of 0 px"),
        ({"focal_px": (150.0, -150.0)}, "focal length of -150 px"),
        ({"focal_px": (4.2, 4.2)}, "focal length of 4.2 px, over 160 px of width"),
        ({"focal_px": (1e5, 1e5)}, "focal length of 100000 px"),
        ({"center_px": (400.0, 60.0)}, "centre at 400 px of a side of 160 px"),
        ({"center_px": (80.0, -70.0)}, "centre at -70 px of a side of 120 px"),
    ],
)
@pytest.mark.parametrize("eye", ["left", "right"])
def test_impossible_lenses(eye: str, changes: dict[str, Any], words: str) -> None:
    given = replace(rig("rational"), **{eye: replace(lens("rational"), **changes)})
    with pytest.raises(RigError, match=words) as caught:
        check_rig(given, "rig.json")
    assert caught.value.problem.startswith(f"The {eye} lens of rig.json ")


def placed(T: np.ndarray) -> Rig:
    return replace(rig(), T_right_from_left=T.astype(np.float32))


SHIFT = transform(np.eye(3), (0.1, 0, 0))


@pytest.mark.parametrize(
    ("T", "words"),
    [
        (SHIFT * np.nan, "not a number"),
        (np.diag([1.1, 1, 1, 1]) @ SHIFT, "no rotation"),
        (np.diag([1, 1, -1, 1]) @ SHIFT, "no rotation"),
        (np.array([[1, 0, 0, -0.1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 2]]), "last row"),
        (np.eye(4), "would be 0 m apart"),
        (transform(np.eye(3), (64.0, 0, 0)), r"would be 64 m apart\. Give the translation in me"),
        (transform(np.eye(3), (-0.1, 0, 0)), "right eye of rig.json lies at the left"),
    ],
)
def test_impossible_places(T: np.ndarray, words: str) -> None:
    with pytest.raises(RigError, match=words):
        check_rig(placed(T), "rig.json")
