import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from stereopsis.errors import WeightsError
from stereopsis.runtime.manifest import manifest_path, read_manifest
from stereopsis.runtime.network import open_network
from stereopsis.runtime.weights import WeightsName, find_weights

ROOT = Path(__file__).parents[2]


def test_the_embedded_network_is_what_its_manifest_says() -> None:
    path = find_weights("mono")
    manifest = open_network(path, threads=1).manifest
    assert manifest.name == "mono"
    assert [port.name for port in manifest.inputs] == ["image"]
    assert [port.name for port in manifest.outputs] == ["inverse_depth", "error"]
    assert path.stat().st_size <= 8_000_000
    assert re.fullmatch("[0-9a-f]{7,40}", manifest.commit)
    assert (ROOT / manifest.recipe).exists()
    assert manifest.trained_on and manifest.licence


def test_the_embedded_network_beats_what_a_ramp_cannot_win() -> None:
    """A ramp orders half of the pairs on one row, and explains nothing beyond a plane."""
    metrics = open_network(find_weights("mono"), threads=1).manifest.metrics
    assert metrics["row_ordinal"] > 60
    assert metrics["shape_correlation"] > 0.45


def test_the_embedded_stereo_network_is_what_its_manifest_says() -> None:
    path = find_weights("stereo")
    manifest = open_network(path, threads=1).manifest
    assert manifest.name == "stereo" and manifest.stereo is not None
    assert manifest.stereo.least_px < 0 < manifest.stereo.most_px
    assert [port.name for port in manifest.inputs] == ["left", "right", "guess", "sure"]
    assert [port.name for port in manifest.outputs] == ["disparity", "error"]
    assert path.stat().st_size <= 12_000_000
    assert re.fullmatch("[0-9a-f]{7,40}", manifest.commit)
    assert (ROOT / manifest.recipe).exists()
    assert manifest.trained_on and manifest.licence and manifest.metrics["bad2"] < 50


@pytest.mark.parametrize("name", ["mono", "mono-int8", "stereo", "stereo-int8"])
def test_every_network_has_its_name(name: WeightsName) -> None:
    path = find_weights(name)
    assert path.name == f"{name}.onnx"
    assert read_manifest(manifest_path(path)).name == name


def test_an_installation_without_the_file_says_so(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    with pytest.raises(WeightsError, match="mono is missing from this installation"):
        find_weights("mono")


def test_running_networks_needs_no_torch() -> None:
    code = (
        "import sys, stereopsis.runtime.network, stereopsis.runtime.weights, stereopsis.depth.mono;"
        "import stereopsis.depth.choose;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'onnx')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
