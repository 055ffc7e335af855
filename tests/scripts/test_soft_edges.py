import json
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
import soft_edges
from novel_view import MeasuredPair, right_view
from PIL import Image
from soft_edges import BAND_PX, guessed_depth, lifted_with, score, silhouette_band, true_depth

from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo
from tests.scripts.test_novel_view import FRONT_PX, HEIGHT, SQUARE, WIDTH, stepped_pair

CAMERA = Camera.from_focal_35mm(WIDTH, HEIGHT)


def blurred_pair() -> MeasuredPair:
    pair = stepped_pair()
    left, right = (cv2.GaussianBlur(eye, (0, 0), 1.0) for eye in (pair.left, pair.right))
    return replace(pair, left=left, right=right)


def test_the_band_lies_around_the_front_where_the_right_eye_sees_it() -> None:
    band = silhouette_band(stepped_pair())
    rows, columns = np.nonzero(band)
    assert abs(int(columns.min()) - (50 - FRONT_PX)) <= BAND_PX
    assert abs(int(columns.max()) - (86 - FRONT_PX)) <= BAND_PX
    assert rows.min() >= 30 - BAND_PX and rows.max() <= 66 + BAND_PX


def test_hard_and_soft_are_scored_alike() -> None:
    pair = blurred_pair()
    hard, soft = (score(pair, true_depth(pair, CAMERA), CAMERA, way) for way in (False, True))
    assert soft.triangles > hard.triangles and soft.glb_bytes > hard.glb_bytes
    assert hard.ms == 0 < soft.ms
    assert soft.band_psnr > hard.band_psnr - 0.1 and soft.rest_psnr > 35


def test_a_guess_is_scaled_to_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = stepped_pair()

    def guess(photo: Photo) -> DepthMap:
        coarse = cv2.resize(3 * pair.disparity_px - 7, (WIDTH // 2, HEIGHT // 2))
        return DepthMap(coarse, np.ones(coarse.shape, np.bool_), "relative", "mono", "test")

    monkeypatch.setattr(soft_edges, "guess_depth", guess)
    guessed, true = guessed_depth(pair, CAMERA), true_depth(pair, CAMERA)
    assert guessed.source == "mono" and guessed.scale == "metric"
    assert np.abs(guessed.inverse_depth / true.inverse_depth - 1).mean() < 0.05


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_a_guess_is_drawn_at_the_true_disparity(
    monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    pair = stepped_pair()
    pair = replace(pair, disparity_px=scale * pair.disparity_px)
    relative = (pair.disparity_px - pair.disparity_px.min()) / np.ptp(pair.disparity_px)
    guess = DepthMap(relative, np.ones(relative.shape, np.bool_), "relative", "mono", "test")
    monkeypatch.setattr(soft_edges, "guess_depth", lambda photo: guess)
    red = np.zeros_like(pair.left)
    red[SQUARE] = (200, 0, 0)
    made = lifted_with(replace(pair, left=red), guessed_depth(pair, CAMERA), CAMERA, soft=False)
    view, _ = right_view(made.mesh)
    columns = np.nonzero(view[48, :, 0] > 100)[0]
    assert abs(columns.mean() - (67.5 - scale * FRONT_PX)) < 1


def test_the_script_writes_what_changes(tmp_path, monkeypatch, capsys) -> None:
    pair = blurred_pair()
    Image.fromarray(pair.left).save(tmp_path / "left.png")
    Image.fromarray(pair.right).save(tmp_path / "right.png")
    np.savez(tmp_path / "disp.npz", disp=pair.disparity_px)
    monkeypatch.setattr(soft_edges, "guessed_depth", true_depth)
    monkeypatch.setattr(sys, "argv", ["soft_edges.py", "--pair", str(tmp_path), "--json"])
    soft_edges.main()
    written = json.loads(capsys.readouterr().out)
    assert written["changes"]["true"]["psnr"]["scenes"] == 1
    assert written["changes"]["true"] == written["changes"]["guessed"]
    monkeypatch.setattr(sys, "argv", ["soft_edges.py", "--pair", str(tmp_path)])
    soft_edges.main()
    assert "| band_psnr |" in capsys.readouterr().out


def test_a_folder_without_a_pair_is_refused(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["soft_edges.py", "--pair", str(tmp_path)])
    with pytest.raises(SystemExit) as leaving:
        soft_edges.main()
    assert leaving.value.code == 2 and "holds no pair" in capsys.readouterr().err
