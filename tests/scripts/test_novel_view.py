import json
import sys
from dataclasses import replace

import novel_view
import numpy as np
import pytest
from novel_view import (
    MeasuredPair,
    cone_table,
    cone_views,
    disoccluded,
    read_pair,
    score_pair,
    score_view,
    uncovered_shares,
    view_table,
    warp_forward,
    without_gaps,
)
from PIL import Image

from tests.show.meshes import colourful, flat_mesh, layered_mesh

HEIGHT, WIDTH, BACK_PX, FRONT_PX = 96, 128, 4, 12
SQUARE = (slice(30, 66), slice(50, 86))


def stepped_pair() -> MeasuredPair:
    """A square before a wall, both flat and textured, with both true pictures."""
    wall, square = colourful(HEIGHT, WIDTH + BACK_PX, seed=1), colourful(36, 36, seed=2)
    left, right = wall[:, :WIDTH].copy(), wall[:, BACK_PX:].copy()
    left[SQUARE] = square
    right[SQUARE[0], 50 - FRONT_PX : 86 - FRONT_PX] = square
    disparity_px = np.full((HEIGHT, WIDTH), BACK_PX, np.float32)
    disparity_px[SQUARE] = FRONT_PX
    return MeasuredPair("step", left, right, disparity_px, np.ones((HEIGHT, WIDTH), np.bool_))


def test_what_the_left_eye_misses_lies_beside_the_square_and_at_the_border():
    hidden = disoccluded(stepped_pair().disparity_px)
    expected = np.zeros_like(hidden)
    expected[:, WIDTH - BACK_PX - 1 :] = True  # half of the last pixel has no neighbour
    expected[SQUARE[0], 86 - FRONT_PX - 1 : 86 - BACK_PX] = True
    unsure = np.zeros_like(hidden)
    unsure[:, [WIDTH - BACK_PX - 1, 49, 86 - FRONT_PX - 1, 86 - BACK_PX]] = True
    np.testing.assert_array_equal(hidden | unsure, expected | unsure)


def test_a_slanted_surface_hides_nothing():
    slope = np.broadcast_to(np.linspace(20, 0, WIDTH, dtype=np.float32), (HEIGHT, WIDTH))
    assert not disoccluded(slope)[:, :-1].any()


def test_warping_by_a_constant_shifts_and_repeats_the_border():
    picture = colourful(HEIGHT, WIDTH)
    view, gaps = warp_forward(picture, np.full((HEIGHT, WIDTH), 5, np.float32))
    np.testing.assert_array_equal(view[:, :-5], picture[:, 5:])
    assert gaps[:, -5:].all() and not gaps[:, :-5].any()
    assert (view[:, -5:] == picture[:, -1:]).all()


def test_warping_lets_the_nearer_pixel_win_and_fills_from_the_back():
    pair = stepped_pair()
    view, gaps = warp_forward(pair.left, pair.disparity_px)
    seen = ~gaps
    np.testing.assert_array_equal(view[seen], pair.right[seen])
    filled = view[SQUARE[0], 86 - FRONT_PX : 86 - BACK_PX + 1]
    assert (filled == filled[:, -1:]).all()


def test_unknown_disparity_is_interpolated_along_the_row():
    pair = stepped_pair()
    known = pair.known.copy()
    known[:, 45:50] = False
    pair = replace(pair, disparity_px=np.where(known, pair.disparity_px, 0), known=known)
    filled = without_gaps(pair)
    assert (filled[known] == pair.disparity_px[known]).all()
    assert ((filled[40, 45:50] > BACK_PX) & (filled[40, 45:50] < FRONT_PX)).all()


def test_a_row_without_disparity_is_like_the_nearest_one():
    pair = stepped_pair()
    known = pair.known.copy()
    known[:3] = known[20] = False
    pair = replace(pair, disparity_px=np.where(known, pair.disparity_px, 0), known=known)
    filled = without_gaps(pair)
    assert (filled[:3] == filled[3]).all()
    assert (filled[20] == filled[19]).all()


def test_the_truth_scores_best_and_errors_count_where_they_are():
    pair = stepped_pair()
    hidden = disoccluded(pair.disparity_px)
    perfect = score_view("truth", pair.right, pair.right, hidden, 0.0)
    assert perfect.whole.ssim == perfect.visible.ssim == pytest.approx(1.0)
    assert perfect.whole.psnr > 100
    spoilt = np.where(hidden[..., None], 0, pair.right).astype(np.uint8)
    score = score_view("spoilt", spoilt, pair.right, hidden, 0.0)
    assert score.visible.psnr > 100 > 20 > score.whole.psnr > score.disoccluded.psnr


def test_a_simple_step_is_lifted_better_than_flat_and_without_holes():
    as_it_is, plane, _, ours = score_pair(stepped_pair())
    assert ours.uncovered < 0.002
    assert ours.whole.psnr > 25 > max(as_it_is.whole.psnr, plane.whole.psnr)


def test_both_layouts_of_a_pair_are_read(tmp_path):
    pair = stepped_pair()
    Image.fromarray(pair.left).save(tmp_path / "left.png")
    Image.fromarray(pair.right).save(tmp_path / "right.png")
    unknown = np.where(np.arange(WIDTH) < 3, np.inf, pair.disparity_px)
    np.savez(tmp_path / "disp.npz", disp=unknown)
    read = read_pair(tmp_path)
    assert read.name == f"{tmp_path.parent.name}/{tmp_path.name}"
    np.testing.assert_array_equal(read.left, pair.left)
    np.testing.assert_array_equal(read.known, np.isfinite(unknown))
    Image.fromarray(pair.left).save(tmp_path / "aloeL.jpg", quality=95)
    Image.fromarray(pair.right).save(tmp_path / "aloeR.jpg", quality=95)
    Image.fromarray(pair.disparity_px.astype(np.uint8)).save(tmp_path / "aloeGT.png")
    np.testing.assert_array_equal(read_pair(tmp_path).disparity_px, pair.disparity_px)


def test_views_of_the_cone_stay_within_it():
    mesh = flat_mesh()
    offsets = [view.T_camera_from_scene[:3, 3] for view in cone_views(mesh, mesh.camera)]
    distance = np.linalg.norm(offsets, axis=1) / mesh.cone.radius
    assert (np.isclose(distance, 1).sum(), np.isclose(distance, 0.5).sum()) == (24, 12)


def test_a_photo_that_ends_at_its_border_leaves_the_rim_uncovered():
    whole, cut = layered_mesh(96, 72), flat_mesh(96, 72, depth=2.0)
    assert max(uncovered_shares(whole)) == 0
    cut = replace(cut, cone=replace(cut.cone, window_depth=4.0))
    assert min(uncovered_shares(cut)) > 0


def test_tables_have_a_cell_for_every_column():
    pair = stepped_pair()
    row = score_view("a", pair.right, pair.right, disoccluded(pair.disparity_px), 0.25)
    for table in (view_table(pair, [row, row]), cone_table({"a.jpg": [0.0, 0.1]})):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    assert "25.000%" in view_table(pair, [row])


def test_the_command_prints_a_table_or_json(monkeypatch, capsys):
    monkeypatch.setattr(novel_view, "motorcycle", stepped_pair)
    monkeypatch.setattr(novel_view, "lifted", lambda pair: layered_mesh(WIDTH, HEIGHT))
    monkeypatch.setattr(sys, "argv", ["novel_view.py"])
    novel_view.main()
    assert "| stereopsis |" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["novel_view.py", "--json"])
    novel_view.main()
    assert len(json.loads(capsys.readouterr().out)["pairs"]["step"]) == 4


def test_motorcycle_is_what_the_rival_was_measured_on():
    pair = novel_view.motorcycle()
    assert pair.left.shape == pair.right.shape == (500, 741, 3)
    view, _ = warp_forward(pair.left, without_gaps(pair))
    score = score_view("warp", view, pair.right, disoccluded(without_gaps(pair)), 0.0)
    assert score.whole.psnr == pytest.approx(22.80, abs=0.01)


def test_a_folder_without_a_pair_ends_in_two_sentences(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["novel_view.py", "--pair", str(tmp_path / "nope")])
    with pytest.raises(SystemExit) as ended:
        novel_view.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "holds no pair" in said and "Name a folder" in said
