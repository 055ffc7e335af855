import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.errors import DataError
from stereopsis.studies.early_stop import main
from stereopsis.studies.early_stop_trials import (
    FINALISTS,
    SIDE,
    SPACE,
    judge_stopping,
    read_pictures,
    train_curve,
)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes, dark and bright."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, 96).astype(np.uint8)
    noise = rng.integers(0, 100, (96, 32, 32, 3))
    images = (noise + 120 * classes[:, None, None, None]).astype(np.uint8)
    np.savez(
        tmp_path / "pictures.npz",
        train_x=images[:64],
        train_y=classes[:64],
        test_x=images[64:],
        test_y=classes[64:],
    )
    return tmp_path / "pictures.npz"


def test_a_network_learns_and_the_seed_settles_its_curve(pictures: Path) -> None:
    read = read_pictures(pictures, 64)
    assert read.shown.shape == (64, 3, SIDE, SIDE)
    assert 0 <= read.shown.min() < read.shown.max() <= 1
    candidate = SPACE.find({"width": 8, "depth": 1, "kernel": 3, "rate": 1e-2, "batch": 32})
    curve = train_curve(candidate, read, 5, 0)
    assert curve[-1] > 0.9
    assert curve == train_curve(candidate, read, 5, 0)


@settings(max_examples=4)
@given(st.integers(0, 99), st.integers(6, 20), st.integers(2, 6))
def test_rankings_that_never_change_save_all_but_an_epoch_and_lose_nothing(
    seed: int, nets: int, epochs: int
) -> None:
    final = np.random.default_rng(seed).permutation(nets).astype(float)
    curves = final[:, None] * np.linspace(0.5, 1, epochs)
    saving = judge_stopping(curves, 3, seed=seed)
    assert saving.same == 1
    assert saving.loss == 0
    assert saving.stop_epoch == 1
    least = (nets + 3 * (epochs - 1)) / (nets * epochs)
    most = (nets + (3 + FINALISTS) * (epochs - 1)) / (nets * epochs)
    assert least - 1e-9 <= saving.share <= most + 1e-9


def test_rankings_that_turn_round_save_nothing() -> None:
    final = np.arange(12.0)
    saving = judge_stopping(np.stack([-final, final], 1), 4)
    assert saving.share == 1
    assert saving.same == 1


def test_refuses_other_files(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file"):
        read_pictures(tmp_path / "no.npz", 5)
    with pytest.raises(DataError, match="holds 96 pictures"):
        read_pictures(pictures, 96)
    np.savez(tmp_path / "other.npz", train_x=np.zeros(3))
    with pytest.raises(DataError, match="does not hold pictures"):
        read_pictures(tmp_path / "other.npz", 5)


def test_writes_a_report(pictures: Path, tmp_path: Path) -> None:
    main(pictures, tmp_path / "out", nets=8, epochs=2, shown=64)
    report = json.loads((tmp_path / "out" / "early_stop.json").read_text())
    assert 0 < report["savings"]["0.92"]["share"] <= 1
    assert np.shape(report["curves"]) == (8, 2)
    assert (tmp_path / "out" / "early_stop.png").exists()
