import base64
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from stereopsis.cli import app
from stereopsis.depth.depth_file import read_depth
from stereopsis.show.gltf import read_glb
from tests.test_outputs import no_file_longer_than

WIDTH, HEIGHT = 160, 120


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def near_disc() -> np.ndarray:
    """Inverse depth: a disc before a plane."""
    x, y = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    return np.where(x**2 + y**2 < 0.3, 0.9, 0.2 + 0.1 * y).astype(np.float32)


def save_photo(path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 60, (HEIGHT, WIDTH, 3))
    pixels = np.where(near_disc()[..., None] > 0.5, 180, 60) + noise
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def save_depth(path: Path) -> Path:
    np.save(path, near_disc())
    return path


@pytest.fixture
def dog(tmp_path: Path) -> Path:
    return save_photo(tmp_path / "dog.jpg")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def records(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# --- what is made -----------------------------------------------------------------------------


def test_a_photo_becomes_a_glb_and_a_page_beside_it(dog: Path) -> None:
    before = dog.read_bytes()
    result = run("photo", dog)
    assert result.exit_code == 0, result.stderr
    assert names(dog.parent) == {"dog.jpg", "dog.glb", "dog.html"}
    assert dog.read_bytes() == before
    assert len(read_glb(dog.with_suffix(".glb").read_bytes()).faces) > 2
    assert "<title>dog</title>" in dog.with_suffix(".html").read_text()
    assert result.stdout == ""
    assert result.stderr.startswith("dog.jpg: dog.glb ") and result.stderr.count("\n") == 1


def test_every_format_and_the_title(dog: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    formats = "depth, html,MP4,webm,gif,webp"
    result = run("photo", dog, "-o", out, "--format", formats, "--move", "sway", "--title", "A & B")
    assert result.exit_code == 0, result.stderr
    films = {f"dog_sway.{ending}" for ending in ("mp4", "webm", "gif", "webp")}
    assert names(out) == {"dog.html", "dog_depth.png"} | films
    assert "<title>A &amp; B</title>" in (out / "dog.html").read_text()
    assert (out / "dog_sway.gif").read_bytes()[:4] == b"GIF8"
    assert names(tmp_path) == {"dog.jpg", "new"}


def test_json_tells_programs_what_happened(dog: Path) -> None:
    result = run("photo", dog, "--json")
    (record,) = records(result)
    assert record["input"] == str(dog)
    assert record["depth"]["source"] == "mono"
    assert record["depth"]["reason"].endswith(".")
    assert record["warnings"] == []
    assert record["ms"]["total"] >= sum(record["ms"].values()) / 2 > 0
    for file in record["files"]:
        assert Path(file["path"]).stat().st_size == file["bytes"]
    assert "dog.glb" in result.stderr


@pytest.mark.parametrize("near", ["large", "small"])
def test_given_depth_is_used(dog: Path, tmp_path: Path, near: str) -> None:
    values = near_disc() if near == "large" else 1 / near_disc()
    np.save(tmp_path / "given.npy", values)
    result = run(
        "photo",
        dog,
        "--depth",
        tmp_path / "given.npy",
        "--near",
        near,
        "--format",
        "depth",
        "--json",
    )
    (record,) = records(result)
    assert record["depth"]["source"] == "file"
    written = read_depth(tmp_path / "dog_depth.png").inverse_depth
    assert written[HEIGHT // 2, WIDTH // 2] > written[5, 5]
    assert "given depth" in result.stderr


def png_base64(values: np.ndarray) -> str:
    file = BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def save_photo_with_depth(path: Path, data: str) -> Path:
    """A JPEG whose XMP carries a GDepth picture (base64, dark is near)."""
    photo = save_photo(path).read_bytes()
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/" '
        f'GDepth:Data="{data}"/></rdf:RDF></x:xmpmeta>'
    )
    segment = b"http://ns.adobe.com/xap/1.0/\0" + xmp.encode()
    segment = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    path.write_bytes(photo[:2] + segment + photo[2:])
    return path


def test_depth_inside_the_photo_is_used(tmp_path: Path) -> None:
    data = png_base64((255 - near_disc() * 255).astype(np.uint8))
    photo = save_photo_with_depth(tmp_path / "dog.jpg", data)
    result = run("photo", photo, "--format", "glb", "--json")
    assert records(result)[0]["depth"]["source"] == "photo"
    assert "the photo's own depth" in result.stderr


BAD_DEPTH = {
    "damaged": "AAAA",
    "flat": png_base64(np.full((HEIGHT, WIDTH), 9, np.uint8)),
    "lying": png_base64((near_disc().T * 255).astype(np.uint8)),
}


@pytest.mark.parametrize("kind", BAD_DEPTH)
def test_bad_depth_inside_the_photo_is_passed_over_and_said(tmp_path: Path, kind: str) -> None:
    photo = save_photo_with_depth(tmp_path / "dog.jpg", BAD_DEPTH[kind])
    result = run("photo", photo, "--format", "glb", "--json")
    (record,) = records(result)
    assert result.exit_code == 0
    assert record["depth"]["source"] == "mono"
    assert "Depth was estimated instead" in record["warnings"][0]
    assert record["warnings"][0] in " ".join(result.stderr.split())


def test_qualities_differ_in_size(tmp_path: Path) -> None:
    big = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(big).resize((2400, 1800)).save(tmp_path / "big.jpg")
    sizes = []
    for quality in ("small", "high"):
        assert run("photo", tmp_path / "big.jpg", "--quality", quality).exit_code == 0
        sizes.append((tmp_path / "big.glb").stat().st_size)
    assert sizes[0] < sizes[1]


def test_depth_command(dog: Path, tmp_path: Path) -> None:
    result = run("depth", dog, "--format", "npz,png,pfm", "--json")
    assert result.exit_code == 0, result.stderr
    assert names(tmp_path) == {"dog.jpg", "dog_depth.npz", "dog_depth.png", "dog_depth.pfm"}
    maps = [read_depth(tmp_path / f"dog_depth.{ending}") for ending in ("npz", "png", "pfm")]
    for depth in maps:
        assert depth.inverse_depth.shape == (HEIGHT, WIDTH)
        np.testing.assert_allclose(depth.inverse_depth, maps[0].inverse_depth, atol=0.01)
    assert records(result)[0]["depth"]["source"] == "mono"


def test_depth_that_was_written_can_be_given_back(dog: Path, tmp_path: Path) -> None:
    run("depth", dog, "--format", "npz")
    result = run("photo", dog, "--depth", tmp_path / "dog_depth.npz", "--json")
    assert records(result)[0]["depth"]["source"] == "file"


# --- many photos ------------------------------------------------------------------------------


def test_photos_that_share_a_name(tmp_path: Path) -> None:
    save_photo(tmp_path / "dog.jpg")
    save_photo(tmp_path / "dog.png")
    result = run("photo", tmp_path, "--format", "glb")
    assert result.exit_code == 0
    assert names(tmp_path) == {"dog.jpg", "dog.png", "dog_jpg.glb", "dog_png.glb"}
    assert "another photo has this name" in result.stderr


def test_some_fail_and_the_rest_are_done(dog: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    result = run("photo", tmp_path / "bad.jpg", dog, tmp_path / "absent.jpg", "--json")
    assert result.exit_code == 1
    bad, good, absent = records(result)
    assert "not a picture" in bad["error"] and bad["mend"]
    assert [Path(file["path"]).name for file in good["files"]] == ["dog.glb", "dog.html"]
    assert "no file" in absent["error"]
    assert names(tmp_path) == {"bad.jpg", "dog.jpg", "dog.glb", "dog.html"}


def test_all_fail(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"")
    result = run("photo", tmp_path / "bad.jpg", tmp_path / "absent.jpg")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 2


# --- what is refused --------------------------------------------------------------------------


def refusal(*arguments: object) -> str:
    """What standard error says about a command that can do nothing: one line, two sentences."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.stderr.count("\n") == 1 and result.stderr.count(". ") >= 1
    return result.stderr


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
    assert "cannot be written" in refusal("photo", dog, "-o", dog)
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


# --- the process ------------------------------------------------------------------------------


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "stereopsis", *map(str, arguments)]


def test_version_and_help() -> None:
    version = subprocess.run(command("--version"), capture_output=True, text=True, check=True)
    assert version.stdout.startswith("stereopsis 0.")
    usage = subprocess.run(command("photo", "--help"), capture_output=True, text=True, check=True)
    assert "--depth" in usage.stdout and len(usage.stdout.splitlines()) < 50


def test_help_does_not_wait_for_the_pipeline() -> None:
    code = "import sys, stereopsis.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numba", "onnxruntime", "cv2", "numpy"} & set(done.stdout.split())


def test_on_a_terminal_bars_come_and_go(dog: Path, tmp_path: Path) -> None:
    """What stays on the screen is the line for each photo; standard output stays clean."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("photo", dog, tmp_path / "absent.jpg", "--format", "glb,gif"),
        stderr=theirs,
        stdout=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # how a terminal says that nobody writes any more
        while block := os.read(ours, 4096):
            shown += block
    os.close(ours)
    assert process.communicate(timeout=60)[0] == b""
    assert process.returncode == 1
    text = shown.decode()
    assert "film" in text and "dog.jpg: dog.glb" in text and "There is no file" in text
    assert text.endswith("\x1b[2K")  # the bars' own lines are erased at last


def test_ctrl_c_leaves_whole_files_only(tmp_path: Path) -> None:
    photos = [save_photo(tmp_path / f"{number}.jpg") for number in range(100)]
    (tmp_path / "out").mkdir()
    process = subprocess.Popen(
        command("photo", *photos, "-o", tmp_path / "out", "--format", "glb"),
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    deadline = time.monotonic() + 120
    while not any((tmp_path / "out").iterdir()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    written = list((tmp_path / "out").iterdir())
    assert 0 < len(written) < len(photos)
    for path in written:
        assert path.suffix == ".glb"
        assert len(read_glb(path.read_bytes()).faces) > 2
