import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.judge.arm import read_arm
from stereopsis.imagine.judge.claims import Claim
from stereopsis.imagine.judge.registration import (
    Registration,
    Thresholds,
    read_registration,
    registration_to_json,
)
from tests.imagine.judge.worlds import arm_of, registered, write_arm

TEXTS = st.lists(st.text(min_size=1), min_size=1, max_size=5, unique=True)
SEEDS = st.lists(st.integers(0, 2**31), min_size=1, max_size=4, unique=True)


@given(TEXTS, SEEDS)
def test_a_registration_is_read_back_as_it_was_written(
    prompts: list[str], seeds: list[int]
) -> None:

    first = Registration("t", tuple(prompts), tuple(seeds), (Claim("a", "b", 0.85, 0.75),))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.json"
        path.write_text(registration_to_json(first), encoding="utf-8")
        assert read_registration(path) == first
    assert len(first.pairs) == len(prompts) * len(seeds)


def test_what_was_changed_after_it_was_registered_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(registration_to_json(registered()).replace("disc 3", "disc 99"))
    with pytest.raises(DataError, match="was changed after it was registered"):
        read_registration(path)
    for damage in ("", "[]", '{"digest": "x"}'):
        path.write_text(damage)
        with pytest.raises(DataError, match="holds no registration"):
            read_registration(path)
    with pytest.raises(DataError, match="There is no file"):
        read_registration(tmp_path / "none.json")


def test_any_change_changes_the_hash() -> None:
    first = registered()
    others = [
        replace(first, title="x"),
        replace(first, seeds=(7,)),
        replace(first, thresholds=Thresholds(tie=0.2)),
        replace(first, guidance=4.0),
    ]
    assert len({first.digest, *(other.digest for other in others)}) == 5


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(OptionError, match="comes twice"):
        Registration("t", ("a", "a"), (1,))
    with pytest.raises(OptionError, match="no prompts, or no seeds"):
        Registration("t", (), (1,))
    with pytest.raises(OptionError, match="2 prompts have 1 concepts"):
        Registration("t", ("a", "b"), (1,), concepts=("x",))
    with pytest.raises(OptionError, match="out of its range"):
        Thresholds(tie=1.5)


def test_an_arm_must_be_drawn_as_registered(tmp_path: Path) -> None:
    given_, folder = registered(3), tmp_path / "arm"
    arm = arm_of(given_, True)
    write_arm(arm, given_, folder)
    again = read_arm(folder, given_)
    assert (again.pictures == arm.pictures).all() and again.prompts == arm.prompts
    with pytest.raises(DataError, match="was drawn for another registration"):
        read_arm(folder, registered(4))
    listed = (folder / "pictures.json").read_text()
    (folder / "pictures.json").write_text(listed.replace('"prompt": "disc 1"', '"prompt": "other"'))
    with pytest.raises(DataError, match="lacks 2 of 6 registered pictures"):
        read_arm(folder, given_)
    with pytest.raises(DataError, match="holds no list"):
        read_arm(tmp_path / "none", given_)
