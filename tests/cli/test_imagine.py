import json
from pathlib import Path

import cv2
import pytest
from PIL import Image

from stereopsis.imagine import generate
from tests.cli.running import names, records, refusal, run
from tests.imagine.models.tiny import tiny_latent


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    tiny_latent().save(folder, half=True)
    return folder


def test_words_become_pictures(model: Path, tmp_path: Path) -> None:
    result = run(
        "imagine", "A red apple!", "--model", model, "--seed", 3, "--count", 2, "--steps", 2,
        "-o", tmp_path, "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert names(tmp_path) == {"a-red-apple-3.png", "a-red-apple-4.png"}
    told = records(result)
    assert [(each["prompt"], each["seed"]) for each in told] == [
        ("A red apple!", 3),
        ("A red apple!", 4),
    ]
    assert cv2.imread(str(tmp_path / "a-red-apple-3.png")).shape == (16, 16, 3)


def test_a_seed_makes_the_same_picture_alone(model: Path, tmp_path: Path) -> None:
    common = ("imagine", "pear", "--model", model, "--steps", 2)
    run(*common, "--seed", 0, "--count", 2, "-o", tmp_path / "both")
    run(*common, "--seed", 1, "-o", tmp_path / "one")
    files = [tmp_path / folder / "pear-1.png" for folder in ("both", "one")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_picture_tells_how_it_was_made_and_stays(model: Path, tmp_path: Path) -> None:
    common = ("imagine", "pear", "--model", model, "-o", tmp_path)
    run(*common, "--steps", 2)
    first = (tmp_path / "pear-0.png").read_bytes()
    with Image.open(tmp_path / "pear-0.png") as picture:
        assert picture.info["Description"] == "pear"
        told = json.loads(picture.info["Comment"])
    assert (told["seed"], told["steps"], told["guidance"]) == (0, 2, 3.0)
    assert told["model"] == str(model)
    run(*common, "--steps", 2)
    assert names(tmp_path) == {"pear-0.png"}
    run(*common, "--steps", 3)
    run(*common, "--steps", 3)
    assert names(tmp_path) == {"pear-0.png", "pear-0-2.png"}
    assert (tmp_path / "pear-0.png").read_bytes() == first
    (tmp_path / "apple-0.png").write_bytes(b"not ours")
    run("imagine", "apple", "--model", model, "--steps", 2, "-o", tmp_path)
    assert (tmp_path / "apple-0.png").read_bytes() == b"not ours"
    assert (tmp_path / "apple-0-2.png").exists()


def test_our_own_generator_says_what_it_cannot_read() -> None:
    assert generate.unread("a red apple") is None and generate.unread("pâté") is None
    assert "English alone" in str(generate.unread("красное яблоко"))
    assert "English alone" in str(generate.unread("\N{RED APPLE}"))
    assert "22 words" in str(generate.unread("apple " * 23))


def test_a_small_picture_is_enlarged_for_its_3d_photo(model: Path, tmp_path: Path) -> None:
    result = run(
        "imagine", "pear", "--model", model, "--steps", 2, "--photo3d", "-o", tmp_path, "--json"
    )
    assert result.exit_code == 0, result.output
    assert names(tmp_path) == {"pear-0.png", "pear-0.glb", "pear-0.html"}
    (told,) = records(result)
    assert "enlarged from 16 x 16 to 512 x 512 px" in str(told["warnings"])


def test_without_a_generator_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "EMBEDDED", tmp_path / "none")
    assert "comes without a generator of its own" in refusal("imagine", "pear", "-o", tmp_path)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("pear", "--format", "glb"), "Add --photo3d."),
        (("pear", "--photo3d", "--format", "png"), "Add glb or html"),
        (("pear", "--format", "bmp"), "bmp is no format"),
        ((" ",), "The prompt is empty."),
        (("pear", "--seed", "-1"), "out of range"),
        (("pear", "--model", "no-such-folder"), "There is no folder no-such-folder."),
    ],
)
def test_refusals(model: Path, tmp_path: Path, options: tuple[str, ...], sentence: str) -> None:
    given = options if "--model" in options else (*options, "--model", str(model))
    assert sentence in refusal("imagine", *given, "-o", tmp_path)
