from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import OutputError
from tests.cli.running import (
    HEIGHT,
    WIDTH,
    names,
    near_disc,
    records,
    refusal,
    run,
    save_depth,
    save_photo,
)
from tests.test_outputs import no_file_longer_than


def test_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no pictures" in refusal("photo", tmp_path / "empty")
    assert "no pictures" in refusal("depth", tmp_path / "empty")
    assert run("photo").exit_code == 2


def test_unknown_formats(dog: Path) -> None:
    assert "obj is no format" in refusal("photo", dog, "--format", "glb,obj")
    assert "No format" in refusal("photo", dog, "--format", " ,")
    assert "glb is no format" in refusal("depth", dog, "--format", "glb")


@pytest.mark.parametrize("option", [["--move", "jump"], ["--quality", "best"], ["--near", "left"]])
def test_unknown_choices(dog: Path, option: list[str]) -> None:
    result = run("photo", dog, *option)
    assert result.exit_code == 2 and option[1] in result.stderr


def test_bad_depth_files(dog: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.ones((HEIGHT, WIDTH), np.float32))
    np.save(tmp_path / "tall.npy", near_disc().T)
    np.save(tmp_path / "nan.npy", np.full((HEIGHT, WIDTH), np.nan))
    assert "same everywhere" in refusal("photo", dog, "--depth", tmp_path / "flat.npy")
    assert "another shape" in refusal("photo", dog, "--depth", tmp_path / "tall.npy")
    assert "16 known" in refusal("photo", dog, "--depth", tmp_path / "nan.npy")
    assert "no file" in refusal("photo", dog, "--depth", tmp_path / "absent.npy")
    assert "not a picture" in refusal("photo", dog, "--depth", __file__)


def test_one_depth_for_many_photos(dog: Path, tmp_path: Path) -> None:
    other = save_photo(tmp_path / "cat.png")
    depth = save_depth(tmp_path / "given.npy")
    assert "belongs to one" in refusal("photo", dog, other, "--depth", depth)


def test_places_that_cannot_be_written(dog: Path, tmp_path: Path) -> None:
    assert "cannot be written" in refusal("photo", dog, "-o", "/proc")
    assert "dog.jpg is a file, not a folder" in refusal("photo", dog, "-o", dog)
    (tmp_path / "dog.glb").mkdir()
    assert "is a folder" in refusal("photo", dog)
    assert names(tmp_path) == {"dog.jpg", "dog.glb"}


def test_a_full_disk(dog: Path, tmp_path: Path) -> None:
    assert run("photo", dog, "-o", tmp_path / "warm").exit_code == 0  # compiled code is cached
    with no_file_longer_than(3000):
        assert "cannot be written" in refusal("photo", dog, "-o", tmp_path / "out")
    assert names(tmp_path / "out") == set()


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    """dog_orbit.webp is a photo here, and would also be the film of dog.jpg."""
    photo = save_photo(tmp_path / "dog.jpg")
    film = save_photo(tmp_path / "dog_orbit.webp")
    before = film.read_bytes()
    result = run("photo", photo, film, "--format", "webp")
    assert result.exit_code == 1
    assert "replace an input" in result.stderr
    assert film.read_bytes() == before


def test_a_given_depth_is_never_overwritten(dog: Path, tmp_path: Path) -> None:
    assert run("depth", dog).exit_code == 0
    given = tmp_path / "dog_depth.png"
    before = given.read_bytes()
    command = ("photo", dog, "--depth", given, "--format", "depth")
    assert "replace an input" in refusal(*command)
    assert given.read_bytes() == before


@pytest.mark.parametrize("beside", [False, True])
def test_places_are_tried_before_work_is_done(
    dog: Path, beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(folder: Path) -> None:
        raise OutputError(f"{folder} cannot be written (read-only).", "Choose another.")

    def work(*given: object) -> None:
        raise AssertionError("the work began")

    place = "stereopsis.cli.make" if beside else "stereopsis.outputs"
    monkeypatch.setattr(f"{place}.prepare_folder", refused)
    monkeypatch.setattr("stereopsis.cli.make.photo_to_3d", work)
    monkeypatch.setattr("stereopsis.cli.make.guess_depth", work)
    where = [] if beside else ["-o", dog.parent / "out"]
    assert "read-only" in refusal("photo", dog, *where)
    assert "read-only" in refusal("depth", dog, *where)


def test_paths_that_are_empty_or_too_long(dog: Path) -> None:
    assert "name is empty" in refusal("photo", "")
    assert "name is empty" in refusal("depth", dog, "")
    assert "--output is empty" in refusal("photo", dog, "-o", "")
    assert "--depth is empty" in refusal("photo", dog, "--depth", "")
    assert "name too long" in refusal("photo", "long" * 2000)
    assert "shorter name" in refusal("photo", dog, "-o", "long" * 2000)
    assert "name too long" in refusal("stereo", "long" * 2000, "long" * 2001)


def test_options_that_would_do_nothing(dog: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "given.npz", depth=1 / near_disc())
    assert "no film" in refusal("photo", dog, "--move", "orbit")
    assert "no depth map" in refusal("photo", dog, "--near", "small")
    command = ("photo", dog, "--near", "small", "--depth", tmp_path / "given.npz")
    assert "names its array" in refusal(*command)


def test_programs_hear_of_refusals_too(tmp_path: Path) -> None:
    for verb in ("photo", "depth"):
        result = run(verb, tmp_path, "--json")
        assert result.exit_code == 2
        (record,) = records(result)
        assert set(record) == {"error", "mend"} and "no pictures" in record["error"]
