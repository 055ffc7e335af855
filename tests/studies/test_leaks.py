import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.scene.layers import LayeredImage
from stereopsis.studies import leaks
from stereopsis.studies.fills import DIFFUSION
from stereopsis.studies.leaks import MOST, main, paint_behind, score_painted, score_things
from stereopsis.train.holes import Lifted
from stereopsis.train.inserted import disc
from stereopsis.train.pack import build_pack, write_pack
from tests.train.test_inserted import picture

SIZE = 144, 192


def leave(lifted: Lifted, guessed: LayeredImage) -> LayeredImage:
    return guessed


def take_the_front(lifted: Lifted, guessed: LayeredImage) -> LayeredImage:
    """A fill that shows behind a front what is in front: it leaks everywhere."""
    x = guessed.x.clip(0, guessed.width - 1)
    y = guessed.y.clip(0, guessed.height - 1)
    return replace(guessed, color=lifted.layers.color[y * guessed.width + x])


def test_leaks_are_found() -> None:
    outline = disc(*SIZE, np.random.default_rng(0))
    painted = paint_behind({"clean": leave, "leaky": take_the_front}, picture(), outline)
    assert painted is not None
    scores = score_painted(painted)
    assert scores["clean"]["leaks_in_1000"] == 0 and scores["clean"]["largest_change"] <= MOST
    assert scores["leaky"]["leaks_in_1000"] > 900
    assert scores["clean"]["psnr"] > scores["leaky"]["psnr"] + 3


def test_the_truth_is_the_picture() -> None:
    frame = picture()
    painted = paint_behind({"it": leave}, frame, disc(*SIZE, np.random.default_rng(0)))
    assert painted is not None
    layers, truth = painted.by_color[0]["it"], painted.truth
    (judged,) = np.nonzero(truth.judged)
    assert (truth.color[judged] == frame.image[layers.y[judged], layers.x[judged]]).all()
    exact = replace(layers, color=truth.color.astype(np.uint8), inverse_depth=truth.inverse_depth)
    scores = score_painted(replace(painted, by_color=({"it": exact}, {"it": exact})))["it"]
    assert scores["psnr"] > 90 and scores["parallax_off_px"] < 0.01


def test_a_thing_that_hides_nothing_is_not_judged() -> None:
    outline = np.zeros(SIZE, np.float32)
    outline[70:73, 90:93] = 1
    assert paint_behind({"it": leave}, picture(), outline) is None


def test_the_command_reports_every_thing(tmp_path: Path) -> None:
    write_pack(build_pack([picture()], "noise"), tmp_path / "noise.npz")
    main([tmp_path / "noise.npz"], tmp_path / "out")
    report = json.loads((tmp_path / "out" / "leaks.json").read_text())
    assert set(report) == {"disc", "fence", "leaves"}
    assert report["disc"]["mean"][DIFFUSION]["leaks_in_1000"] < 1
    assert set(report["disc"]["gain_in_plane_off_px"][DIFFUSION]) >= {"depth diffused", "constant"}
    assert (tmp_path / "out" / "leaks.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DataError, match="hides enough"):
        score_things({"it": leave}, {})


def test_where_no_plane_goes_on_nothing_is_said_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        leaks, "continues_plane", lambda layers, *_: np.zeros(len(layers.x), np.bool_)
    )
    write_pack(build_pack([picture()], "noise"), tmp_path / "noise.npz")
    main([tmp_path / "noise.npz"], tmp_path / "out")
    text = (tmp_path / "out" / "leaks.json").read_text()
    disc = json.loads(text, parse_constant=lambda name: pytest.fail(name))["disc"]
    assert disc["mean"][DIFFUSION]["plane_off_px"] is None
    assert disc["gain_in_plane_off_px"] == {DIFFUSION: {}}
    assert disc["gain_in_psnr"][DIFFUSION]


def test_of_two_surfaces_behind_a_thing_the_nearer_one_is_judged() -> None:
    frame = picture()
    step = np.where(np.arange(SIZE[1]) < 96, 0.2, 0.5).astype(np.float32)
    frame = replace(frame, inverse_depth=np.tile(step, (SIZE[0], 1)))
    outline = np.zeros(SIZE, np.float32)
    outline[40:100, 88:104] = 1  # over the edge of the nearer half
    painted = paint_behind({"it": leave}, frame, outline)
    assert painted is not None
    layers = painted.by_color[0]["it"]
    (judged,) = np.nonzero(painted.truth.judged)
    places = layers.y[judged] * SIZE[1] + layers.x[judged]
    assert len(np.unique(places)) == len(judged) > 200
    middle = (abs(layers.x[judged] - 100) < 2) & (abs(layers.y[judged] - 70) < 20)
    assert middle.any()  # there the farther half has grown, too
    off = np.abs(layers.inverse_depth - painted.truth.inverse_depth)[judged[middle]]
    assert (painted.parallax_px * off).max() < 0.5
