import base64
import os
import struct
from io import BytesIO
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from numba.extending import is_jitted
from PIL import Image

from stereopsis.cli.first_run import NOTICE
from stereopsis.depth.given import read_depth
from stereopsis.show.gltf import read_glb
from tests.cli.running import HEIGHT, WIDTH, names, near_disc, records, run, save_photo


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


def test_depth_alone_is_that_of_the_3d_photo_without_making_one(dog: Path, tmp_path: Path) -> None:
    maps = []
    for formats in ("depth", "depth,glb"):
        result = run("photo", dog, "--format", formats, "-o", tmp_path / formats, "--json")
        (record,) = records(result)
        assert ("mesh" in record["ms"]) == ("glb" in formats)
        maps.append((tmp_path / formats / "dog_depth.png").read_bytes())
    assert maps[0] == maps[1]


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
    assert record["focal_source"] == "default"
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


def test_edges_are_soft_unless_hard_ones_are_asked_for(tmp_path: Path) -> None:
    """A plain disc before a plain wall, as a lens shows them."""
    sharp = np.where(near_disc()[..., None] > 0.5, (220, 40, 30), (30, 90, 200)).astype(np.uint8)
    photo, depth = tmp_path / "disc.png", tmp_path / "disc.npy"
    Image.fromarray(cv2.GaussianBlur(sharp, (0, 0), 0.8)).save(photo)
    np.save(depth, near_disc())
    fringes = []
    for option in ([], ["--soft-edges"], ["--hard-edges"]):
        assert run("photo", photo, "--depth", depth, "--format", "glb", *option).exit_code == 0
        fringes.append(read_glb(photo.with_suffix(".glb").read_bytes()).fringe)
    assert fringes[0] is not None and fringes[1] is not None and fringes[2] is None


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


def test_photos_that_share_a_name(tmp_path: Path) -> None:
    save_photo(tmp_path / "dog.jpg")
    save_photo(tmp_path / "dog.png")
    result = run("photo", tmp_path, "--format", "glb")
    assert result.exit_code == 0
    assert names(tmp_path) == {"dog.jpg", "dog.png", "dog_jpg.glb", "dog_png.glb"}
    assert f"dog.jpg: {tmp_path / 'dog.png'} has this name too" in result.stderr


def test_a_name_of_dots_is_a_name(tmp_path: Path) -> None:
    save_photo(tmp_path / "dog.jpg")
    (tmp_path / "dog.jpg").rename(tmp_path / "..jpg")
    result = run("photo", tmp_path / "..jpg", "--format", "glb", "--quality", "small")
    assert result.exit_code == 0, result.stderr
    assert names(tmp_path) == {"..jpg", "..jpg.glb"}


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


@pytest.mark.parametrize("title", [None, os.fsdecode(b"bad\xff")])
def test_names_that_are_no_text(dog: Path, title: str | None) -> None:
    photo = dog.rename(dog.with_name(os.fsdecode(b"bad\xff.jpg")))
    result = run("photo", photo, "--json", *([] if title is None else ["--title", title]))
    assert result.exit_code == 0, result.stderr
    assert records(result)[0]["input"] == str(photo)
    assert "<title>bad&#65533;</title>" in photo.with_suffix(".html").read_text()


@pytest.mark.parametrize("size", [(40, 5000), (5000, 33)])
def test_long_and_narrow_photos(tmp_path: Path, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 60, (size[1] // 16, size[0] // 16, 3), np.uint8)
    Image.fromarray(noise).resize(size).save(tmp_path / "long.png")
    result = run("photo", tmp_path / "long.png", "--format", "glb", "--quality", "small")
    assert result.exit_code == 0, result.stderr
    assert run("depth", tmp_path / "long.png").exit_code == 0


@pytest.mark.parametrize("command", [["depth"], ["photo", "--format", "depth"]])
def test_what_is_asked_of_the_first_run_is_compiled(
    command: list[str], dog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ModuleType] = []
    monkeypatch.setattr("stereopsis.cli.first_run.is_compiled", asked.append)
    run(*command, dog)
    (module,) = asked
    assert any(is_jitted(each) for each in vars(module).values())


def test_what_is_compiled_first_is_said(dog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stereopsis.cli.first_run.is_compiled", lambda module: False)
    result = run("depth", dog)
    assert result.stderr.startswith(NOTICE + "\n") and result.stderr.count("\n") == 2
