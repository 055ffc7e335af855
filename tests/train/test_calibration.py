import numpy as np
import pytest

from stereopsis.train.calibration import LEFT_OUT, calibrate

RNG = np.random.default_rng(0)
TRUTH = RNG.uniform(1, 3, (60, 80)).astype(np.float32)
NOISE = np.abs(RNG.normal(0, 0.1, TRUTH.shape)) * np.linspace(0.05, 2, 80)
GUESS = (TRUTH + NOISE * RNG.choice([-1, 1], TRUTH.shape)).astype(np.float32)
EVERYWHERE = np.ones(TRUTH.shape, np.bool_)


def test_who_knows_the_error_is_the_oracle():
    error = np.abs(GUESS - TRUTH)
    got = calibrate(GUESS, error, TRUTH, EVERYWHERE)
    assert got.ause < 0.15 * got.ause_at_random
    assert got.rank_correlation > 0.8
    assert got.expected_over_actual == pytest.approx(1, abs=0.1)
    assert (np.diff(got.oracle) <= 1e-9).all() and got.oracle[0] == pytest.approx(1)
    assert got.curve.shape == LEFT_OUT.shape


def test_better_knowledge_ranks_between_oracle_and_chance():
    by_column = np.broadcast_to(np.linspace(0.05, 2, 80), TRUTH.shape).astype(np.float32)
    chance = RNG.random(TRUTH.shape, np.float32)
    knowing, guessing, wrong = (
        calibrate(GUESS, u, TRUTH, EVERYWHERE) for u in (by_column, chance, 3 - by_column)
    )
    assert 0 < knowing.ause < 0.7 * guessing.ause < wrong.ause
    assert guessing.ause == pytest.approx(guessing.ause_at_random, rel=0.2)
    assert guessing.rank_correlation == pytest.approx(0, abs=0.1)
    assert wrong.rank_correlation < 0 < knowing.rank_correlation


def test_scale_and_shift_do_not_matter():
    error = np.abs(GUESS - TRUTH)
    plain, scaled = (
        calibrate(g, u, TRUTH, EVERYWHERE) for g, u in ((GUESS, error), (5 * GUESS - 3, 5 * error))
    )
    assert scaled.ause == pytest.approx(plain.ause, abs=1e-3)
    assert scaled.expected_over_actual == pytest.approx(plain.expected_over_actual, rel=1e-3)


def test_one_uncertainty_for_all_tells_nothing():
    for guess, truth in ((GUESS, TRUTH), (GUESS[:, ::-1], TRUTH[:, ::-1])):
        for order in (slice(None), np.argsort(np.abs(GUESS - TRUTH).mean(axis=0))):
            got = calibrate(guess[:, order], np.ones_like(TRUTH), truth[:, order], EVERYWHERE)
            assert got.rank_correlation == 0
            assert got.ause == pytest.approx(got.ause_at_random)
    assert calibrate(TRUTH, np.ones_like(TRUTH), TRUTH, EVERYWHERE).ause == pytest.approx(0, abs=1)
