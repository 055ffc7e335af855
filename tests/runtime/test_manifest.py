import json
from dataclasses import replace
from pathlib import Path

import pytest

from stereopsis.errors import WeightsError
from stereopsis.runtime.catalogue import PUBLIC_MODELS
from stereopsis.runtime.formats import DepthFormat, PictureFormat, StereoFormat
from stereopsis.runtime.manifest import manifest_path, read_manifest

UNREADABLE = "not a readable manifest"


@pytest.fixture
def described(build_network) -> dict[str, object]:
    return json.loads(manifest_path(build_network()).read_text())


def write(folder: Path, content: str) -> Path:
    path = folder / "changed.json"
    path.write_text(content)
    return path


def test_reads_back_what_it_writes(build_network) -> None:
    path = manifest_path(build_network())
    manifest = read_manifest(path)
    assert manifest.to_json() == path.read_text()
    assert manifest.inputs[0].shape == ("n", "h", "w", 3)


@pytest.mark.parametrize("name", PUBLIC_MODELS)
def test_reads_back_the_formats_of_other_networks(tmp_path: Path, name: str) -> None:
    manifest = PUBLIC_MODELS[name].manifest
    assert read_manifest(write(tmp_path, manifest.to_json())) == manifest


def test_every_format_survives(tmp_path: Path, build_network) -> None:
    picture = PictureFormat("bgr", 2.0, (0.1, 0.2, 0.3), (4.0, 5.0, 6.0), 1234)
    depth = DepthFormat("metric_depth", -1, mirror=False, detail_pixels=9)
    stereo = StereoFormat(-32, 224, 460800)
    manifest = replace(
        read_manifest(manifest_path(build_network())),
        picture=picture,
        depth=depth,
        stereo=stereo,
        multiple=14,
    )
    assert read_manifest(write(tmp_path, manifest.to_json())) == manifest


def test_lies_beside_its_network() -> None:
    assert manifest_path(Path("a/mono.onnx")) == Path("a/mono.json")


@pytest.mark.parametrize("field", ["name", "inputs", "outputs", "licence"])
def test_refuses_a_missing_field(tmp_path: Path, described, field: str) -> None:
    del described[field]
    with pytest.raises(WeightsError, match=f"it lacks '{field}'"):
        read_manifest(write(tmp_path, json.dumps(described)))


def test_what_others_cannot_know_may_be_left_out(tmp_path: Path, described) -> None:
    least = {name: described[name] for name in ("name", "inputs", "outputs", "licence")}
    manifest = read_manifest(write(tmp_path, json.dumps(least)))
    assert (manifest.sha256, manifest.multiple, manifest.trained_on) == ("", 1, ())
    assert (manifest.picture, manifest.depth) == (PictureFormat(), DepthFormat())
    assert manifest.stereo is None


STEREO = {"least_px": -32, "most_px": 224, "pixels": 460800}
PORT = {"name": "image", "dtype": "uint8", "shape": ["n", "h", "w", 3]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"colour": "red"}, "has colour, which means nothing"),
        ({"name": 3}, "name is not a text"),
        ({"multiple": 0}, "multiple is not a whole number from 1 to 512"),
        ({"multiple": 513}, "multiple is not a whole number from 1 to 512"),
        ({"multiple": "32"}, "multiple is not a whole number from 1 to 512"),
        ({"multiple": True}, "multiple is not a whole number from 1 to 512"),
        ({"sha256": None}, "sha256 is not a text"),
        ({"metrics": []}, "metrics is not an object"),
        ({"metrics": {"abs_rel": None}}, "abs_rel of metrics is not a number"),
        ({"trained_on": "photos"}, "trained_on is not a list"),
        ({"inputs": []}, "inputs is not a list with"),
        ({"outputs": "depth"}, "outputs is not a list with"),
        ({"inputs": ["image"]}, "an array of inputs is not an object"),
        ({"inputs": [{"name": "image"}]}, "lacks"),
        ({"inputs": [PORT | {"dtype": "int4"}]}, "dtype of image is not one of uint8, float32"),
        ({"inputs": [PORT | {"shape": 3}]}, "shape of image is not a list"),
        ({"inputs": [PORT | {"shape": [0]}]}, "a size of image is not"),
        ({"inputs": [PORT | {"shape": [1.5]}]}, "a size of image is not"),
        ({"inputs": [PORT | {"shape": [4097]}]}, "a size of image is not"),
        ({"inputs": [PORT | {"size": 3}]}, "has size, which means nothing"),
        ({"picture": 5}, "picture is not an object"),
        ({"picture": {"channels": "grb"}}, "channels is not one of rgb, bgr"),
        ({"picture": {"white": 0}}, "white or std is not above 0"),
        ({"picture": {"white": float("nan")}}, "white is not a number"),
        ({"picture": {"white": 10**400}}, "white is not a number"),
        ({"picture": {"pixels": 10**400}}, "pixels is not a whole number from 1"),
        ({"picture": {"std": [1, 1, 0]}}, "white or std is not above 0"),
        ({"picture": {"mean": [1, 1]}}, "mean is not three numbers"),
        ({"picture": {"mean": [1, 1, "1"]}}, "mean is not a number"),
        ({"picture": {"pixels": 1536**2 + 1}}, "pixels is not a whole number from 1 to 2359296"),
        ({"picture": {"pixels": -4}}, "pixels is not a whole number from 1"),
        ({"picture": {"layout": "nchw"}}, "has layout, which means nothing"),
        ({"depth": {"quantity": "disparity"}}, "quantity is not one of inverse_depth"),
        ({"depth": {"sign": 0}}, "sign is not one of 1, -1"),
        ({"depth": {"sign": True}}, "sign is not one of 1, -1"),
        ({"depth": {"mirror": 1}}, "mirror is neither true nor false"),
        ({"depth": {"detail_pixels": 0}}, "detail_pixels is not a whole number from 1"),
        ({"depth": {"detail_pixels": 10**9}}, "detail_pixels is not a whole number from 1"),
        ({"depth": {"near": "large"}}, "has near, which means nothing"),
        ({"stereo": 5}, "stereo is not an object"),
        ({"stereo": {}}, "it lacks 'least_px'"),
        ({"stereo": STEREO | {"most_px": -32}}, "no whole numbers in this order"),
        ({"stereo": STEREO | {"least_px": -0.5}}, "no whole numbers in this order"),
        ({"stereo": STEREO | {"least_px": "-32"}}, "least_px is not a number"),
        ({"stereo": STEREO | {"pixels": 0}}, "pixels is not a whole number from 1"),
        ({"stereo": STEREO | {"pixels": None}}, "pixels is not a whole number from 1"),
        ({"stereo": STEREO | {"sign": 1}}, "has sign, which means nothing"),
    ],
)
def test_refuses_a_wrong_field(tmp_path: Path, described, change, reason: str) -> None:
    with pytest.raises(WeightsError, match=f"{UNREADABLE}.*{reason}"):
        read_manifest(write(tmp_path, json.dumps({**described, **change})))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no JSON at line 1, character 1"),
        ('{\n "name": mine\n}', "no JSON at line 2, character 10"),
        ("{", "no JSON at line 1"),
        ("[]", "the file is not an object"),
        ("null", "the file is not an object"),
        ('"text"', "the file is not an object"),
        ("[" * 100_000, "brackets are nested too deeply"),
        ("9" * 5000, "thousands of digits"),
    ],
)
def test_refuses_what_is_no_manifest(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(WeightsError, match=f"{UNREADABLE}.*{reason}"):
        read_manifest(write(tmp_path, content))


def test_refuses_what_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "changed.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WeightsError, match="it is no text in UTF-8"):
        read_manifest(path)


def test_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.json.*no such file"):
        read_manifest(tmp_path / "none.json")
