"""--depth-model: networks by name and by file, and what is said about each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.depth.given import read_depth
from stereopsis.depth.mono import UNSURE
from stereopsis.runtime.catalogue import PUBLIC_MODELS
from stereopsis.runtime.manifest import manifest_path
from tests.cli.running import names, records, refusal, run, save_depth
from tests.cli.test_commands import png_base64, save_photo_with_depth
from tests.depth.test_model import stand_in
from tests.networks import like_edition_2, like_midas_small
from tests.runtime.hub_server import Hub, serving


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEREOPSIS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_public_network_is_fetched_and_introduced(dog: Path, cache: Path, monkeypatch) -> None:
    out = dog.parent / "out"
    with serving(Hub(b"")) as hub:
        public = stand_in("midas-small", dog.parent / "m.onnx", hub)
        monkeypatch.setitem(PUBLIC_MODELS, "midas-small", public)
        for command in ("depth", "photo"):
            result = run(command, dog, "-o", out, "--depth-model", "midas-small", "--json")
            assert result.exit_code == 0, result.output
            assert "Depth by midas-small 2.1, licence MIT." in result.stderr
            (record,) = records(result)
            assert "midas-small 2.1 (MIT)" in record["depth"]["reason"]
    assert names(cache / "models") == {"midas-small.onnx"}
    assert names(out) == {"dog_depth.png", "dog.glb", "dog.html"}


def test_a_network_in_a_file(dog: Path) -> None:
    network = like_edition_2(dog.parent / "two.onnx")
    result = run("depth", dog, "--depth-model", network, "--format", "npz")
    assert result.exit_code == 0, result.output
    depth = read_depth(dog.parent / "dog_depth.npz")
    assert depth.uncertainty is not None
    assert depth.uncertainty.shape == depth.inverse_depth.shape


def test_embedded_networks_by_name(dog: Path) -> None:
    result = run("depth", dog, "--depth-model", "mono", "--json")
    assert result.exit_code == 0 and "licence" not in result.stderr
    assert "network mono" in records(result)[0]["depth"]["reason"]


@pytest.mark.parametrize(("error", "unsure"), [(0.1, False), (20 * UNSURE, True)])
@pytest.mark.parametrize("command", ["photo", "depth"])
def test_people_are_told_of_unsure_depth(dog: Path, command, error: float, unsure: bool) -> None:
    network = like_edition_2(dog.parent / "two.onnx", error)
    result = run(command, dog, "--depth-model", network, "--json")
    assert result.exit_code == 0, result.output
    (record,) = records(result)
    assert any("unsure" in warning for warning in record["warnings"]) == unsure
    assert ("unsure" in result.stderr) == unsure


def test_refusals_are_two_sentences(dog: Path, tmp_path: Path, cache: Path, monkeypatch) -> None:
    found = like_midas_small(tmp_path / "found.onnx")
    (tmp_path / "photo.onnx").write_bytes(dog.read_bytes())
    garbled = like_edition_2(tmp_path / "garbled.onnx")
    manifest_path(garbled).write_text("{")
    fixed = like_midas_small(tmp_path / "fixed.onnx")
    (tmp_path / "fixed.json").write_text(
        manifest_path(like_edition_2(tmp_path / "two.onnx")).read_text()
    )
    flat = like_midas_small(tmp_path / "flat.onnx", gain=0)
    manifest = replace(PUBLIC_MODELS["midas-small"].manifest, sha256="")
    manifest_path(flat).write_text(manifest.to_json())
    for name, words in {
        "": "mono, mono-int8, depth-anything-v2-small, midas-small",
        "best": "There is no depth model best",
        found: "has no manifest found.json",
        tmp_path / "photo.onnx": "is not a network",
        garbled: "not a readable manifest",
        fixed: "takes 0: tensor(float) of 1 x 3 x 256 x 256, while its manifest says image",
        flat: "flat.onnx answers 797 = 0 everywhere",
    }.items():
        assert words in refusal("depth", dog, "--depth-model", name)
    depth = save_depth(tmp_path / "given.npy")
    both = refusal("photo", dog, "--depth", depth, "--depth-model", "mono")
    assert "--depth and --depth-model were both given" in both
    with serving(Hub(b"", status=404)) as hub:
        public = replace(PUBLIC_MODELS["midas-small"], url=f"{hub.url}/m.onnx")
        monkeypatch.setitem(PUBLIC_MODELS, "midas-small", public)
        offline = refusal("photo", dog, "--depth-model", "midas-small")
    assert "cannot be fetched" in offline and str(cache) in offline
    assert {path.name for path in tmp_path.glob("dog*")} == {"dog.jpg"}


def test_a_named_network_counts_more_than_depth_inside(tmp_path: Path) -> None:
    values = np.arange(120 * 160, dtype=np.uint16).reshape(120, 160) // 80
    photo = save_photo_with_depth(tmp_path / "dog.jpg", png_base64(values.astype(np.uint8)))
    network = like_edition_2(tmp_path / "two.onnx")
    for command in ("photo", "depth"):
        assert records(run(command, photo, "--json"))[0]["depth"]["source"] == "photo"
        result = run(command, photo, "--depth-model", network, "--json")
        assert records(result)[0]["depth"]["source"] == "mono"
