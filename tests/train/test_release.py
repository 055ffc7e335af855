import json
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from stereopsis.errors import DataError
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.unet import UNetConfig
from stereopsis.runtime.manifest import read_manifest
from stereopsis.train import release
from stereopsis.train.pack import Frame, Pack, build_pack, write_pack
from stereopsis.train.release import (
    CALIBRATION_PHOTOS,
    calibrate,
    describe_sources,
    example_images,
    main,
    mono_manifest,
    read_scores,
)


def pack(source: str, exact: bool = True) -> Pack:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    known = np.ones((48, 64), np.bool_)
    return build_pack([Frame(image, known.astype(np.float32), known, exact)], source)


def test_frames_are_counted_by_source() -> None:
    packs = [pack("worlds"), pack("photos"), pack("worlds")]
    assert describe_sources(packs) == ("2 frames: worlds", "1 frames: photos")


def test_the_manifest_can_be_read_back(tmp_path: Path) -> None:
    manifest = mono_manifest("mono", "1", "abc", ["worlds"], {"absrel": 0.2})
    assert "ImageNet" in manifest.trained_on[0]
    (tmp_path / "mono.json").write_text(manifest.to_json())
    assert read_manifest(tmp_path / "mono.json") == manifest


def test_examples_differ_in_size_and_fit_the_network() -> None:
    shapes = [image.shape for (image,) in example_images(pack("noise"))]
    assert len(set(shapes)) == len(shapes) >= 2
    assert all(n == 1 and h % 32 == w % 32 == 0 and c == 3 for n, h, w, c in shapes)


def test_ranges_are_measured_on_photos() -> None:
    photos = build_pack([pack("photos", exact=False)[0]] * 200, "photos")
    inputs = calibrate([pack("worlds"), photos]).inputs
    assert len(inputs) == CALIBRATION_PHOTOS
    assert all(image.shape == (1, 288, 384, 3) for (image,) in inputs)
    with pytest.raises(DataError, match="no photos"):
        calibrate([pack("worlds")])


def test_the_command_exports_the_averaged_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    averaged = MonoDepth(UNetConfig()).state_dict()
    averaged["head.bias"].fill_(42)
    torch.save({"averaged": averaged}, tmp_path / "checkpoint.pt")
    write_pack(pack("noise", exact=False), tmp_path / "noise.npz")
    (tmp_path / "scores.json").write_text(
        json.dumps(
            {"mean": {"mono": {"absrel": 0.25004, "halo_px": None}, "mono-int8": {"absrel": 0.3}}}
        )
    )
    exported = []

    def pretend_export(network, manifest, folder, examples, tolerance, calibration) -> Path:
        exported.append((network.head.bias.item(), manifest, calibration))
        return folder / "mono.onnx"

    monkeypatch.setattr(release, "export_network", pretend_export)
    app = typer.Typer()
    app.command()(main)
    names = [str(tmp_path / name) for name in ("checkpoint.pt", "noise.npz", "scores.json")]
    options = [
        "-o",
        str(tmp_path),
        "--edition",
        "7",
        "--commit",
        "abc",
        "--scores",
        names[2],
        "--note",
        "free",
    ]
    result = CliRunner().invoke(app, [*names[:2], *options])
    assert result.exit_code == 0, result.output
    (bias, manifest, ranges), (_, small, calibration) = exported
    assert bias == 42
    assert ranges is None
    assert len(calibration.inputs) == 1
    assert (small.name, small.metrics) == ("mono-int8", {"absrel": 0.3})
    assert (manifest.edition, manifest.commit) == ("7", "abc")
    assert manifest.trained_on[1:] == ("1 frames: noise", "free")
    assert manifest.metrics == {"absrel": 0.25}


def test_scores_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    with pytest.raises(DataError, match="no file"):
        read_scores(path)
    for text in ("{", "\udcff", "[1]", "{}", '{"mean": 1}', '{"mean": {"mono": {"absrel": "x"}}}',
                 '{"mean": {"mono": 3}}'):  # fmt: skip
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        with pytest.raises(DataError, match=r"scores\.json holds no mean scores"):
            read_scores(path)
    path.write_text('{"mean": {"mono": {"absrel": 0.12345, "halo_px": null, "pairs": 3}}}')
    assert read_scores(path) == {"mono": {"absrel": 0.1235, "pairs": 3.0}}
