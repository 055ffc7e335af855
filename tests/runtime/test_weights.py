import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from stereopsis.errors import WeightsError
from stereopsis.runtime.network import open_network
from stereopsis.runtime.weights import find_weights


def test_the_embedded_network_is_what_its_manifest_says() -> None:
    path = find_weights("mono")
    manifest = open_network(path, threads=1).manifest
    assert manifest.name == "mono"
    assert [port.name for port in manifest.inputs] == ["image"]
    assert [port.name for port in manifest.outputs] == ["inverse_depth"]
    assert path.stat().st_size <= 8_000_000


def test_an_installation_without_the_file_says_so(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    with pytest.raises(WeightsError, match="mono is missing from this installation"):
        find_weights("mono")


def test_running_networks_needs_no_torch() -> None:
    code = (
        "import sys, stereopsis.runtime.network, stereopsis.runtime.weights, stereopsis.depth.mono;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'onnx')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
