import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import DataError
from stereopsis.studies import predictor, predictor_trials
from stereopsis.studies.predictor import main, summarise_taus
from stereopsis.studies.predictor_trials import rank_agreement, ridge, split
from tests.search.small_tables import QUICK, table, write_accel


@given(st.integers(0, 99), st.integers(2, 80))
def test_networks_to_rank_are_neither_labelled_nor_counted_nor_tuned_on(
    seed: int, held_out: int
) -> None:
    parts = split(table(), held_out, seed)
    tuned = split(table(), held_out, seed, tuning=True)
    assert len(parts.held_out) == held_out
    assert not set(parts.held_out) & set(parts.labelled)
    assert not set(parts.held_out) & set(parts.counted)
    assert not set(parts.held_out) & set(tuned.held_out) | set(parts.held_out) & set(tuned.labelled)
    assert len(parts.held_out) + len(parts.counted) == len(table().scores)


def test_says_when_a_table_is_too_small() -> None:
    with pytest.raises(DataError, match="too few to hold out 1500"):
        split(table(), 1500, 0)
    parts = split(table(), 60, 0)
    left = len(parts.labelled)
    with pytest.raises(DataError, match=f"leaves {left} networks to label, not {left + 1}"):
        rank_agreement(table(), parts, (8, left + 1), 0, QUICK)


def test_pre_training_and_statistics_rank_better_than_none() -> None:
    parts = split(table(), 60, 0)
    taus = rank_agreement(table(), parts, (12, 48), 0, QUICK)
    assert set(taus) == {
        "pre-trained", "pre-trained, one network", "from scratch", "ridge", "macs", "params",
    }  # fmt: skip
    assert taus["pre-trained"][1] > taus["macs"][1]
    assert taus["pre-trained"][0] > taus["from scratch"][0]


@given(st.integers(0, 99))
def test_ridge_without_weight_solves_exactly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, slope = rng.normal(size=(6, 3)), rng.normal(size=3)
    asked = rng.normal(size=(4, 3))
    np.testing.assert_allclose(
        ridge(rows, rows @ slope + 1, asked, 1e-9), asked @ slope + 1, atol=1e-4
    )
    np.testing.assert_allclose(
        ridge(rows, rows @ slope, asked, 1e9), (rows @ slope).mean(), atol=1e-4
    )


def test_lead_is_that_of_the_pre_trained() -> None:
    taus = {"pre-trained": np.full((3, 4), 0.8), "ridge": np.full((3, 4), 0.6)}
    report = summarise_taus(taus)
    assert report["ridge"]["24"] == {"tau": 0.6, "deviation": 0.0, "lead": [0.2, 0.2, 0.2]}


def test_writes_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_accel(tmp_path / "accel.csv", count=200)
    monkeypatch.setattr(predictor, "PredictorConfig", lambda: QUICK)
    for module in (predictor, predictor_trials):
        monkeypatch.setattr(module, "LABELS", (8, 16))
    main(tmp_path / "accel.csv", tmp_path / "out", seeds=2, held_out=60)
    report = json.loads((tmp_path / "out" / "predictor.json").read_text())
    assert 0 < report["tau"]["pre-trained"]["16"]["tau"] <= 1
    assert (tmp_path / "out" / "predictor.png").read_bytes().startswith(b"\x89PNG")
