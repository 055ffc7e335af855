import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import second_view
import world_views
from second_view import right_eye_alone, score_scene, table
from world_views import RIGHT_EYE, render_worlds

from tests.scripts.test_novel_view import stepped_pair

SAMPLES = Path(__file__).parents[2] / "samples"


def test_the_second_eye_shows_what_inpainting_cannot_know():
    pair = stepped_pair()
    (score,) = score_scene(pair, right_eye_alone(pair))
    assert score.place == RIGHT_EYE
    assert score.filled.hidden.psnr > score.alone.hidden.psnr + 5
    assert score.filled.whole.psnr > score.alone.whole.psnr


def test_a_wrong_second_eye_makes_it_worse():
    pair = stepped_pair()
    views = right_eye_alone(pair)
    (score,) = score_scene(replace(pair, right=255 - pair.right), views)
    assert score.filled.hidden.psnr < score.alone.hidden.psnr


def test_worlds_tell_what_each_eye_misses(monkeypatch):
    monkeypatch.setattr(world_views, "SIZE", (96, 72))
    places = (RIGHT_EYE, (0.0, 0.0), (0.5, 0.5))
    (world,) = render_worlds(1, SAMPLES, places)
    (again,) = render_worlds(1, SAMPLES, places)
    at_right, at_left, between = world.views
    assert at_right.hidden.any() and not at_right.hidden_from_both.any()
    assert not at_left.hidden.any()
    assert (at_left.picture == world.pair.left).mean() > 0.6  # but for a lens's least noise
    assert not (between.hidden_from_both & ~between.hidden).any()
    np.testing.assert_array_equal(world.pair.disparity_px, again.pair.disparity_px)


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_prints_tables_or_json(monkeypatch, capsys, as_json):
    monkeypatch.setattr(second_view, "motorcycle", stepped_pair)
    monkeypatch.setattr(world_views, "SIZE", (96, 72))
    arguments = ["--worlds", "1", "--photos", str(SAMPLES), *(["--json"] if as_json else [])]
    monkeypatch.setattr(sys, "argv", ["second_view.py", *arguments])
    second_view.main()
    printed = capsys.readouterr().out
    if as_json:
        figures = json.loads(printed)
        assert set(figures) == {"commit", "pairs", "worlds"}
        assert figures["pairs"]["step"][0]["place"] == [1.0, 0.0]
    else:
        assert "| step |" in printed and "| +0.5 right, -0.5 down |" in printed


def test_rows_count_where_the_second_eye_makes_it_worse():
    pair = stepped_pair()
    scores = score_scene(pair, right_eye_alone(pair))
    assert "0 of 1" in table("pairs", {"step": scores})
    swapped = [replace(score, alone=score.filled, filled=score.alone) for score in scores]
    assert "1 of 1" in table("pairs", {"step": swapped})


def test_a_folder_without_a_pair_is_an_error(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["second_view.py", "--pair", str(tmp_path), "--worlds", "0"])
    with pytest.raises(SystemExit) as error:
        second_view.main()
    assert error.value.code == 2
    assert "holds no pair" in capsys.readouterr().err
