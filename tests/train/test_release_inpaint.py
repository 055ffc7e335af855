import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from stereopsis.errors import DataError
from stereopsis.nets.inpaint import InpaintNet
from stereopsis.runtime.manifest import read_manifest
from stereopsis.runtime.network import open_network
from stereopsis.train.hole_file import write_holes
from stereopsis.train.holes import HoleConfig, cut_holes
from stereopsis.train.loop import CHECKPOINT
from stereopsis.train.pack import build_pack
from stereopsis.train.release_inpaint import main, read_means
from tests.train.test_holes import photo, world


def test_a_run_becomes_a_network_that_paints_holes_alone(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = InpaintNet()
    nn.init.normal_(network.head.weight, std=0.02)
    run = tmp_path / "run"
    run.mkdir()
    torch.save({"averaged": network.state_dict()}, run / CHECKPOINT)
    photos = [build_pack([photo()], "noise")]
    cut = cut_holes(world(), photos, HoleConfig(), np.random.default_rng(0))
    write_holes(cut, tmp_path / "holes.npy")
    scores = tmp_path / "holes.json"
    scores.write_text(json.dumps({"mean": {"run": {"psnr": 18.123456}}}))
    files, notes = [tmp_path / "holes.npy"], ["disks", "noise"]
    main(run / CHECKPOINT, files, tmp_path / "out", "abc1234", notes, scores)
    manifest = read_manifest(tmp_path / "out" / "inpaint.json")
    assert manifest.metrics == {"psnr": 18.1235} and manifest.commit == "abc1234"
    assert manifest.trained_on == ("disks", "noise")
    assert (Path(__file__).parents[2] / manifest.recipe).is_file()
    hole = np.zeros((1, 64, 96), np.uint8)
    hole[:, 20:40] = 1
    color = np.full((1, 64, 96, 3), 100, np.float32)
    parallax = np.zeros((1, 64, 96), np.float32)
    painted, moved = open_network(tmp_path / "out" / "inpaint.onnx").run(
        color, parallax, hole, 1 - hole
    )
    assert (painted[hole == 0] == 100).all() and (moved[hole == 0] == 0).all()
    assert (painted[hole == 1] != 100).any()


def test_refuses_scores_of_others(tmp_path: Path) -> None:
    (tmp_path / "holes.json").write_text('{"mean": {}}')
    with pytest.raises(DataError, match="no scores of run"):
        read_means(tmp_path / "holes.json", "run")
