"""Outcomes: chance does not enrich, a perfect choice does so as much as can be."""

import numpy as np
import pytest

from stereopsis.imagine.haystack.outcome import judge, keep_for_recall

WANTED = np.arange(2000) % 20 == 0


def test_a_perfect_choice() -> None:
    told = judge(WANTED, WANTED)
    assert told.recall.value == told.precision.value == 1
    assert told.enrichment.value == pytest.approx(20)
    assert told.enrichment.low < 20 < told.enrichment.high


def test_chance_enriches_nothing() -> None:
    scores = np.random.default_rng(0).random(len(WANTED))
    kept = keep_for_recall(scores, WANTED, 0.8)
    told = judge(kept, WANTED)
    assert told.recall.value == pytest.approx(0.8, abs=0.011)
    assert told.enrichment.low < 1 < told.enrichment.high


def test_nothing_kept_has_no_precision() -> None:
    told = judge(np.zeros(len(WANTED), bool), WANTED)
    assert told.kept == 0 and told.recall.value == 0
    assert np.isnan(told.precision.value) and np.isnan(told.enrichment.low)
