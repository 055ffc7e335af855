import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch
import typer
from typer.testing import CliRunner

from stereopsis.nets.stereo import StereoConfig, StereoDepth
from stereopsis.runtime.formats import StereoFormat
from stereopsis.runtime.manifest import Manifest, read_manifest
from stereopsis.runtime.network import open_network
from stereopsis.train import release_stereo
from stereopsis.train.export import export_network
from stereopsis.train.pack import build_pack, write_pack
from stereopsis.train.pairs import PairSource
from stereopsis.train.release_stereo import (
    CALIBRATION_SIZE,
    EXAMPLE_SIZES,
    QUALITY,
    example_pairs,
    main,
    stereo_manifest,
)
from stereopsis.train.stereo import begin
from tests.nets.test_stereo import TINY

SMALL = (32, 64), (64, 32)


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    coarse = np.random.default_rng(0).integers(0, 255, (4, 6, 8, 3)).astype(np.uint8)
    return [cv2.resize(each, (96, 72), interpolation=cv2.INTER_CUBIC) for each in coarse]


@pytest.fixture(scope="module")
def source(photos) -> PairSource:
    return PairSource([], photos, 1.0)


def test_the_manifest_can_be_read_back(tmp_path: Path) -> None:
    manifest = stereo_manifest("stereo", "abc", ["worlds", "photos"], {"bad2": 5.5})
    (tmp_path / "stereo.json").write_text(manifest.to_json())
    assert read_manifest(tmp_path / "stereo.json") == manifest
    config = StereoConfig()
    assert manifest.stereo is not None
    assert (manifest.stereo.least_px, manifest.stereo.most_px) == (config.least_px, config.most_px)
    assert [port.name for port in manifest.inputs] == ["left", "right", "guess", "sure"]
    assert [port.name for port in manifest.outputs] == ["disparity", "error"]
    assert (manifest.commit, manifest.metrics) == ("abc", {"bad2": 5.5})
    assert (Path(__file__).parents[2] / manifest.recipe).exists()


def test_examples_are_pairs_as_the_network_takes_them(source: PairSource) -> None:
    manifest = stereo_manifest("stereo", "", [], {})
    examples, again = example_pairs(source, SMALL), example_pairs(source, SMALL)
    for arrays, size, repeated in zip(examples, SMALL, again, strict=True):
        for array, port, same in zip(arrays, manifest.inputs, repeated, strict=True):
            assert array.dtype == port.dtype
            assert array.shape[:3] == (2, *size) and array.ndim == len(port.shape)
            np.testing.assert_array_equal(array, same)
    for height, width in (*EXAMPLE_SIZES, CALIBRATION_SIZE):
        assert height % manifest.multiple == width % manifest.multiple == 0


def of_size(manifest: Manifest, height: int, width: int) -> Manifest:
    """For pictures of one size alone: free ones take most of a minute to export."""
    fixed = {"h": height, "w": width}
    inputs, outputs = (
        tuple(
            replace(port, shape=tuple(fixed.get(str(size), size) for size in port.shape))
            for port in ports
        )
        for ports in (manifest.inputs, manifest.outputs)
    )
    return replace(manifest, inputs=inputs, outputs=outputs)


def test_the_file_answers_like_the_module(source: PairSource, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = replace(TINY, least_px=-16, most_px=32, reach=1)
    network = StereoDepth(config).train()
    for layer in network.see:
        torch.nn.init.normal_(layer.weight, std=0.3)
    for layer in network.believe:  # equal weights would be stored as one
        torch.nn.init.normal_(layer.weight, std=0.01)
        torch.nn.init.normal_(layer.bias)
    examples = example_pairs(source, [(64, 64)] * 4)
    with torch.no_grad():
        for arrays in examples:
            network(*(torch.from_numpy(array) for array in arrays))
    form = StereoFormat(config.least_px, config.most_px, 4096)
    manifest = replace(stereo_manifest("tiny", "", [], {}), stereo=form)
    path = export_network(
        network.eval(), of_size(manifest, 64, 64), tmp_path, examples[:2], tolerance=0.02
    )
    opened = open_network(path)
    assert opened.manifest.stereo == form
    (one,) = example_pairs(source, [(64, 64)])
    for given in (one, examples[3]):
        with torch.inference_mode():
            wanted = network(*(torch.from_numpy(array) for array in given))
        for expected, got in zip(wanted, opened.run(*given), strict=True):
            off = np.percentile(np.abs(got - expected.numpy()), 99)
            assert off < 0.02 * np.ptp(expected.numpy())
    again = StereoDepth(config)
    begin(again, path, source, seed=0)
    with torch.inference_mode():
        given = [torch.from_numpy(array) for array in one]
        off = np.abs((again.eval()(*given)[0] - network(*given)[0]).numpy())
    assert np.median(off) < 0.1
    ports = [entry.name for entry in onnx.load(path).graph.input]
    assert ports == ["left", "right", "guess", "sure"]


def write_scores(path: Path) -> Path:
    means = {
        "stereo": {"bad2": 5.12345},
        "stereo-int8": {"bad2": 6.0, "epe": 1, "ms": 90},
        "mono": {},
    }
    path.write_text(json.dumps({"pairs": 3, "mean": means}))
    return path


def test_the_command_exports_the_averaged_weights(
    tmp_path: Path, photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    averaged = StereoDepth(StereoConfig()).state_dict()
    averaged["doubt.bias"].fill_(42)
    torch.save({"averaged": averaged}, tmp_path / "checkpoint.pt")
    write_pack(build_pack([], "worlds"), tmp_path / "worlds.npz")
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos" / "a.png"), photos[0])
    exported = []

    def pretend_export(network, manifest, folder, examples, tolerance, calibration) -> Path:
        exported.append((network.doubt.bias.item(), manifest, len(examples), calibration))
        assert tolerance == QUALITY[manifest.name]
        return folder / f"{manifest.name}.onnx"

    monkeypatch.setattr(release_stereo, "export_network", pretend_export)
    monkeypatch.setattr(release_stereo, "CALIBRATION_PAIRS", 2)
    monkeypatch.setattr(release_stereo, "CALIBRATION_SIZE", (64, 64))
    monkeypatch.setattr(release_stereo, "EXAMPLE_SIZES", SMALL)
    monkeypatch.setattr(release_stereo, "PairSource", lambda packs, photos, cards: PairSource(
        [], photos, 1.0))  # fmt: skip
    app = typer.Typer()
    app.command()(main)
    command = [str(tmp_path / name) for name in ("checkpoint.pt", "worlds.npz")]
    options = {
        "-o": tmp_path / "out",
        "--photos": tmp_path / "photos",
        "--commit": "abc",
        "--scores": write_scores(tmp_path / "scores.json"),
        "--note": "free",
    }
    for name, value in options.items():
        command += [name, str(value)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    (bias, large, examples, nothing), (_, small, _, calibration) = exported
    assert (bias, examples, nothing) == (42, 2, None)
    assert len(calibration.inputs) == 2
    assert (large.name, large.commit, large.metrics) == ("stereo", "abc", {"bad2": 5.1235})
    assert (small.name, small.metrics) == ("stereo-int8", {"bad2": 6.0, "epe": 1.0})
    assert large.trained_on == ("0 frames: worlds", "free")
    assert "stereo-int8.onnx" in result.output
