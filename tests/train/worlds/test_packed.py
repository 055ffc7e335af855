from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.train.pack import build_pack, read_pack, write_pack
from stereopsis.train.worlds.packed import as_frame, as_rendering, plane_names
from stereopsis.train.worlds.rendering import (
    PICTURE_ALONE,
    HiddenLayer,
    Rendering,
    SecondEye,
    Wanted,
)

EVERYTHING = Wanted(semantic=True, second_eye=True, hidden_layers=2)


def rendering() -> Rendering:
    rng = np.random.default_rng(0)
    image = np.full((24, 32, 3), [90, 120, 30], np.uint8)
    depth = rng.uniform(0.5, 1, (24, 32)).astype(np.float32)
    depth[:4] = 0
    valid = rng.random((24, 32)) < 0.7
    layers = [HiddenLayer(image, np.where(valid, depth / k + 1e-5, 0), valid) for k in (2, 3)]
    semantic = rng.integers(0, 16, (24, 32)).astype(np.uint8)
    return Rendering(image, depth, semantic, 345.6, SecondEye(image, depth, 0.0613), tuple(layers))


def test_everything_survives_a_pack(tmp_path: Path):
    pack = build_pack([as_frame(rendering(), EVERYTHING)] * 2, "noise")
    write_pack(pack, tmp_path / "a.npz")
    frame = read_pack(tmp_path / "a.npz")[1]
    assert sorted(frame.planes) == sorted(plane_names(EVERYTHING))
    want, got = rendering(), as_rendering(frame, EVERYTHING)
    assert got.focal_px == pytest.approx(want.focal_px)
    assert (got.semantic == want.semantic).all()
    assert got.second_eye is not None and want.second_eye is not None
    assert got.second_eye.baseline_m == pytest.approx(want.second_eye.baseline_m)
    assert got.second_eye.inverse_depth == pytest.approx(want.second_eye.inverse_depth, abs=1e-4)
    assert got.second_eye.image == pytest.approx(want.image, abs=4)
    for seen, meant in zip(got.hidden, want.hidden, strict=True):
        assert (seen.valid == meant.valid).all()
        assert seen.inverse_depth == pytest.approx(meant.inverse_depth, abs=1e-4)


def test_a_picture_alone_has_no_planes():
    bare = replace(rendering(), second_eye=None, hidden=())
    assert as_frame(bare, PICTURE_ALONE).planes == {}


@pytest.mark.parametrize(
    ("wanted", "mend"),
    [
        (Wanted(second_eye=True), "--second-eye"),
        (Wanted(semantic=True), "--semantic"),
        (Wanted(hidden_layers=3), "--hidden-layers 3"),
    ],
)
def test_missing_planes_are_named_with_the_option_that_makes_them(wanted: Wanted, mend: str):
    bare = as_frame(replace(rendering(), second_eye=None, hidden=()), PICTURE_ALONE)
    with pytest.raises(DataError, match=mend):
        as_rendering(bare, wanted)


def test_fewer_layers_than_packed_can_be_taken():
    frame = as_frame(rendering(), EVERYTHING)
    taken = as_rendering(frame, Wanted(hidden_layers=1))
    assert len(taken.hidden) == 1 and taken.second_eye is None
    assert (taken.semantic == 0).all()
