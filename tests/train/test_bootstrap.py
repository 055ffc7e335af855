import numpy as np
import pytest

from stereopsis.train.bootstrap import paired_difference


def test_pictures_of_one_scene_count_once():
    got = paired_difference(np.array([1.0, 3, 6]), np.zeros(3), ["a", "a", "b"])
    assert (got.mean, got.scenes, got.positive) == (4.0, 2, 2)


def test_one_scene_says_nothing_of_others():
    got = paired_difference(np.array([1.0, 2]), np.zeros(2), ["a", "a"])
    assert (got.low, got.mean, got.high, got.positive) == (-np.inf, 1.5, np.inf, 1)


def test_a_steady_difference_has_no_spread():
    got = paired_difference(np.arange(20) + 0.5, np.arange(20.0), [str(k) for k in range(20)])
    assert (got.low, got.mean, got.high) == pytest.approx((0.5, 0.5, 0.5))


def test_the_interval_is_that_of_the_mean():
    noise = np.random.default_rng(1).normal(0.1, 1, 400)
    got = paired_difference(noise, np.zeros(400), [str(k) for k in range(400)])
    assert got.high - got.low == pytest.approx(2 * 1.96 * noise.std() / 20, rel=0.1)
    assert got.low < noise.mean() < got.high
    assert got.positive == (noise > 0).sum()


def test_it_is_repeatable_and_antisymmetric():
    rng = np.random.default_rng(2)
    a, b, scenes = rng.random(9), rng.random(9), [str(k % 5) for k in range(9)]
    forth, back = paired_difference(a, b, scenes), paired_difference(b, a, scenes)
    assert forth == paired_difference(a, b, scenes)
    assert forth.mean == pytest.approx(-back.mean)
    assert forth.low == pytest.approx(-back.high)
