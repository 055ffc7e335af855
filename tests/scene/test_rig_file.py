import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stereopsis.errors import RigError
from stereopsis.scene.rig import Eye
from stereopsis.scene.rig_file import read_rig
from tests.scene.rig_files import (
    MIDDLEBURY,
    Change,
    aria,
    aria_rig,
    opencv_values,
    read,
    refusal,
    rig_to_json,
    simplestereo,
    write_opencv,
)
from tests.scene.rigs import COEFFICIENTS, rig


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


def numbers_in(stated: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the numbers of nested lists and objects are."""
    if isinstance(stated, dict | list):
        for key in stated if isinstance(stated, dict) else range(len(stated)):
            yield from numbers_in(stated[key], (*path, key))
    elif isinstance(stated, int | float):
        yield path


@pytest.mark.parametrize("kind", ["ours", "simplestereo", "aria"])
def test_a_huge_number_anywhere_is_one_clear_error(tmp_path: Path, kind: str) -> None:
    rational = rig("rational")
    whole = {
        "ours": json.loads(rig_to_json(rational)),
        "simplestereo": simplestereo(rational),
        "aria": aria(aria_rig()),
    }[kind]
    for *way, last in list(numbers_in(whole)):
        for huge in (1e300, -1e30):
            broken = copy.deepcopy(whole)
            part = broken
            for key in way:
                part = part[key]
            part[last] = huge
            with pytest.raises(RigError) as caught:  # and no warning, which would be an error here
                read(tmp_path, json.dumps(broken))
            assert caught.value.problem.count(".") >= 1 and caught.value.mend
