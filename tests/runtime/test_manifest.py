import json
from dataclasses import fields
from pathlib import Path

import pytest

from stereopsis.errors import WeightsError
from stereopsis.runtime.manifest import Manifest, manifest_path, read_manifest


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


def test_lies_beside_its_network() -> None:
    assert manifest_path(Path("a/mono.onnx")) == Path("a/mono.json")


@pytest.mark.parametrize("field", [field.name for field in fields(Manifest)])
def test_refuses_a_missing_field(tmp_path: Path, described, field: str) -> None:
    del described[field]
    with pytest.raises(WeightsError, match="not a readable manifest"):
        read_manifest(write(tmp_path, json.dumps(described)))


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"multiple": 0},
        {"multiple": "32"},
        {"sha256": None},
        {"inputs": [{"name": "image"}]},
        {"inputs": [{"name": "image", "dtype": "int4", "shape": [1], "meaning": ""}]},
    ],
)
def test_refuses_a_wrong_field(tmp_path: Path, described, change) -> None:
    with pytest.raises(WeightsError, match="not a readable manifest"):
        read_manifest(write(tmp_path, json.dumps({**described, **change})))


@pytest.mark.parametrize("content", ["", "[]", "{", "null", '"text"'])
def test_refuses_what_is_no_manifest(tmp_path: Path, content: str) -> None:
    with pytest.raises(WeightsError, match="not a readable manifest"):
        read_manifest(write(tmp_path, content))


def test_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.json"):
        read_manifest(tmp_path / "none.json")
