import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import OptionError
from stereopsis.imagine.judge import draw
from stereopsis.imagine.judge.arm import read_arm
from stereopsis.imagine.judge.draw import draw_arm, draw_folder
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.models.diffusion import DiffusionGenerator
from tests.imagine.judge.worlds import arm_of, write_arm
from tests.imagine.models.tiny import tiny_pixel

GIVEN = Registration("t", ("red apple", "blue pear", "red pear"), (0, 1), steps=2)


@pytest.fixture(autouse=True)
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "AT_ONCE", 2)


def test_a_folder_holds_what_an_arm_does_and_says_who_drew_it(tmp_path: Path) -> None:
    model, told = tiny_pixel(side=32), []
    draw_folder(model, GIVEN, tmp_path, lambda done, total: told.append((done, total)))
    drawn, read = draw_arm(model, GIVEN), read_arm(tmp_path, GIVEN)
    assert np.array_equal(read.pictures, drawn.pictures)
    assert (read.prompts, read.seeds) == (drawn.prompts, drawn.seeds)
    listed = json.loads((tmp_path / "pictures.json").read_text())
    assert (listed["generator"], listed["registration"]) == (model.digest, GIVEN.digest)
    assert told == [(2, 6), (4, 6), (6, 6)]


def test_an_interrupted_drawing_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, sample, asked = tiny_pixel(side=32), DiffusionGenerator.sample, []

    def counted(self, captions, seeds, config):  # type: ignore[no-untyped-def]
        if len(asked) == 2:
            asked.append("stopped")
            raise KeyboardInterrupt
        asked.append(tuple(zip(captions, seeds, strict=True)))
        return sample(self, captions, seeds, config)

    monkeypatch.setattr(DiffusionGenerator, "sample", counted)
    with pytest.raises(KeyboardInterrupt):
        draw_folder(model, GIVEN, tmp_path)
    there = {f"{place:05d}.png" for place in range(4)}
    assert {path.name for path in tmp_path.iterdir()} == there | {"settings.json"}
    (tmp_path / "00001.png").unlink()
    told = []
    draw_folder(model, GIVEN, tmp_path, lambda done, total: told.append(done))
    assert asked[3:] == [(("red apple", 1), ("red pear", 0)), (("red pear", 1),)]
    assert told == [5, 6]
    monkeypatch.undo()
    assert np.array_equal(read_arm(tmp_path, GIVEN).pictures, draw_arm(model, GIVEN).pictures)


def test_a_folder_of_another_model_or_registration_is_refused(tmp_path: Path) -> None:
    draw_folder(tiny_pixel(side=32), GIVEN, tmp_path)
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    other = tiny_pixel(side=32)
    next(other.network.parameters()).data += 1
    with pytest.raises(OptionError, match=r"holds a set of pictures .* \(another generator\)"):
        draw_folder(other, GIVEN, tmp_path)
    with pytest.raises(OptionError, match=r"\(steps 2, not 3, another registration\)"):
        draw_folder(tiny_pixel(side=32), replace(GIVEN, steps=3), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_pictures_of_a_model_that_is_not_known_are_read_but_not_joined(tmp_path: Path) -> None:
    write_arm(arm_of(GIVEN, True), GIVEN, tmp_path)
    listed = tmp_path / "pictures.json"
    told = json.loads(listed.read_text())
    del told["generator"]  # as lists were before they named the model
    listed.write_text(json.dumps(told))
    assert len(read_arm(tmp_path, GIVEN).pictures) == 6
    for name in ("pictures.json", "00000.png"):  # the second without a list, too
        with pytest.raises(OptionError, match="not the name of the model"):
            draw_folder(tiny_pixel(side=32), GIVEN, tmp_path)
        (tmp_path / name).unlink()
