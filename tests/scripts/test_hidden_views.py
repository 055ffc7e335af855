import json
import sys
from dataclasses import replace
from pathlib import Path

import hidden_views
import numpy as np
import pytest
from hidden_views import (
    Row,
    differences,
    hidden_inside,
    mean_scores,
    read_pairs,
    score,
    score_pairs,
    table,
    warped_views,
)
from PIL import Image

from stereopsis.train.features import build_eye
from tests.scripts.test_novel_view import BACK_PX, FRONT_PX, SQUARE, WIDTH, stepped_pair


def test_motorcycle_is_one_scene_whatever_its_folder_is_called(monkeypatch, tmp_path):
    pair = stepped_pair()
    for name in ("skimage/motorcycle", "middlebury2014Q/Motorcycle", "other/Motorcycle"):
        folder = tmp_path / "stereo" / name
        folder.mkdir(parents=True)
        for part in ("left", "right"):
            Image.fromarray(getattr(pair, part)).save(folder / f"{part}.png")
        np.savez(folder / "disp.npz", disp=pair.disparity_px)
    monkeypatch.setattr(hidden_views, "motorcycle", lambda: pair)
    found = read_pairs(tmp_path)
    assert [scene for scene, _ in found] == ["middlebury2014Q/Motorcycle", "other/Motorcycle"]
    assert found[0][1] is pair


def test_what_lies_beyond_the_left_picture_is_not_judged():
    hidden = hidden_inside(stepped_pair())
    assert not hidden[:, WIDTH - FRONT_PX :].any()
    beside = hidden[SQUARE[0], 86 - FRONT_PX : 86 - BACK_PX - 1]
    assert beside.all() and hidden.sum() < 2 * beside.size


def test_no_fill_changes_what_the_left_eye_sees():
    views = warped_views(stepped_pair())
    behind = views.pop("warp, from behind")
    seen = np.ones(behind.shape[:2], bool)
    seen[:, WIDTH - BACK_PX :] = False
    seen[SQUARE[0], 86 - FRONT_PX : 86 - BACK_PX] = False
    for view in views.values():
        np.testing.assert_allclose(view[seen], behind[seen], atol=1)
        assert (view[~seen] != behind[~seen]).any()


def test_the_truth_scores_best_and_only_hidden_pixels_count_for_features():
    pair, eye = stepped_pair(), build_eye()
    hidden = hidden_inside(pair)
    best = score(pair.right, pair, hidden, eye)
    assert best["features"] == 0 and best["ssim"] == pytest.approx(1)
    wrong = np.where(hidden[..., None], 255 - pair.right, pair.right)
    elsewhere = np.where(hidden[..., None], pair.right, 255 - pair.right)
    assert score(wrong, pair, hidden, eye)["features"] > 0.1
    assert score(elsewhere, pair, hidden, eye)["features"] == 0
    assert score(elsewhere, pair, hidden, eye)["whole_psnr"] < 15


def test_pairs_of_one_scene_count_as_one():
    values = {"a": 1.0, "b": 3.0, "c": 7.0}
    scores = {name: dict.fromkeys(hidden_views.METRICS, value) for name, value in values.items()}
    rows = [
        Row(
            method,
            name,
            "shared" if name in "ab" else name,
            scores[name] if method == "x" else zero,
        )
        for zero in [dict.fromkeys(hidden_views.METRICS, 0.0)]
        for method in ("x", "y")
        for name in values
    ]
    means = mean_scores(rows)
    assert means["x"]["psnr"] == 4.5 and means["y"]["psnr"] == 0
    assert differences(rows, "x")["y"]["psnr"]["mean"] == 4.5
    assert differences(rows, "x")["y"]["psnr"]["scenes"] == 2
    assert table(means).count("\n") == 3


def test_pairs_that_hide_hardly_anything_are_left_out():
    flat = replace(stepped_pair(), disparity_px=np.full_like(stepped_pair().disparity_px, BACK_PX))
    rows, pictures = score_pairs([("flat", flat)], {})
    assert rows == [] and pictures == {}


def test_the_command_writes_figures_and_a_sheet(monkeypatch, capsys, tmp_path: Path):
    monkeypatch.setattr(hidden_views, "motorcycle", stepped_pair)
    monkeypatch.setattr(hidden_views, "FEWEST", 100)
    monkeypatch.setattr(sys, "argv", ["hidden_views.py", "-o", str(tmp_path)])
    hidden_views.main()
    figures = json.loads((tmp_path / "hidden_views.json").read_text())
    assert figures["ours"] == "stereopsis" and figures["scenes"] == 1
    assert figures["mean"]["stereopsis"]["features"] < figures["mean"]["warp, constant"]["features"]
    assert (tmp_path / "hidden_views.png").read_bytes().startswith(b"\x89PNG")
    assert "| stereopsis |" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["x", "-o", str(tmp_path), "--truth", str(tmp_path / "no")])
    with pytest.raises(SystemExit):
        hidden_views.main()
    assert "holds no pairs" in capsys.readouterr().err
