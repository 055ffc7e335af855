from dataclasses import asdict

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stereopsis.train.metrics import Scores, align, boundary_f1, score
from stereopsis.train.rivals import constant, ramp

HEIGHT, WIDTH = 48, 64
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.bool_)
PERFECT = Scores(0, 0, 100, 1, 100, 1, 100, 100)


def relief(seed: int = 0) -> np.ndarray:
    """Slanted ground with two boxes on it."""
    rng = np.random.default_rng(seed)
    depth = np.linspace(0.5, 2.0, HEIGHT)[:, None] + 0.002 * rng.random((HEIGHT, WIDTH))
    depth[10:30, 8:24] += 1.0
    depth[5:20, 40:60] += 0.7
    return depth.astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(0.1, 100), shift=st.floats(-50, 50))
@example(scale=0.1, shift=32)
def test_scale_and_shift_do_not_matter(scale: float, shift: float):
    guess = scale * relief().astype(np.float64) + shift  # float32 would round faint edges away
    got = score(guess, relief(), EVERYWHERE)
    assert asdict(got) == pytest.approx(asdict(PERFECT), abs=2e-3)


def test_what_is_unknown_does_not_matter():
    guess, valid = relief(), EVERYWHERE.copy()
    valid[20:25] = False
    guess[20:25] = 1000
    assert score(guess, relief(), valid).abs_rel == pytest.approx(0, abs=1e-6)
    truth = np.where(valid, relief(), 0).astype(np.float32)
    assert score(relief(), truth, valid).ordinal == 100


def test_a_ramp_gets_nothing_in_the_ramp_proof_scores():
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    got = score(ramp(image), relief(), EVERYWHERE)
    assert got.ordinal > 65 and got.correlation > 0.5
    assert got.row_ordinal == 50
    assert got.shape_correlation == 0
    assert got.boundary_f1 == 0


def test_a_constant_knows_nothing():
    got = score(constant(np.zeros((HEIGHT, WIDTH, 3), np.uint8)), relief(), EVERYWHERE)
    assert (got.ordinal, got.row_ordinal, got.correlation, got.shape_correlation) == (50, 50, 0, 0)


def test_the_reverse_is_worse_than_nothing():
    got = score(-relief(), relief(), EVERYWHERE)
    assert got.ordinal == 0 and got.row_ordinal == 0
    assert got.correlation == pytest.approx(-1)
    assert got.abs_rel == pytest.approx(0, abs=1e-6)  # least squares may turn a guess around


def test_errors_by_hand():
    truth = np.array([[1, 1], [2, 4]], np.float32).repeat(8, 0).repeat(8, 1)
    guess = np.array([[0, 0], [1, 1]], np.float32).repeat(8, 0).repeat(8, 1)
    got = score(guess, truth, np.ones((16, 16), np.bool_))  # the best fit is 1, 1, 3, 3
    assert got.abs_rel == pytest.approx((0 + 0 + 1 / 2 + 1 / 4) / 4)
    assert got.epe_percent == pytest.approx(100 * 0.5 / 3)
    assert got.row_ordinal == 50


def test_alignment_is_least_squares():
    rng = np.random.default_rng(0)
    guess, truth = rng.random((2, 20, 30))
    valid = rng.random((20, 30)) > 0.3
    rest = (align(guess, truth, valid) - truth)[valid]
    assert rest.mean() == pytest.approx(0, abs=1e-12)
    assert (rest * guess[valid]).mean() == pytest.approx(0, abs=1e-12)
    assert align(np.zeros((20, 30)), truth, valid) == pytest.approx(truth[valid].mean())


def step(column: int) -> np.ndarray:
    return np.where(np.arange(WIDTH) < column, 2.0, 1.0) * np.ones((HEIGHT, 1))


def test_boundaries_must_lie_on_the_pixel_and_face_the_right_way():
    assert boundary_f1(step(20), step(20), EVERYWHERE) == pytest.approx(0.25)  # 1 of 4 directions
    assert boundary_f1(step(21), step(20), EVERYWHERE) == 0
    assert boundary_f1(3 - step(20), step(20), EVERYWHERE) == 0
    both = relief().astype(np.float64)
    assert boundary_f1(both, both, EVERYWHERE) == pytest.approx(1, abs=1e-9)


def test_faint_boundaries_count_less():
    faint = step(20) ** 0.12  # a ratio of 1.087: seen by two of the ten thresholds
    assert 0 < boundary_f1(faint, step(20), EVERYWHERE) < 0.25
    assert boundary_f1(step(20) ** 0.05, step(20), EVERYWHERE) == 0


@pytest.mark.parametrize("shift_px", [(-1, -1), (-1, 0), (0, -1), (0, 1), (1, 0), (1, 1)])
def test_small_boundaries_are_those_of_the_truth_where_it_lies(shift_px: tuple[int, int]):
    rng = np.random.default_rng(0)
    blocks = rng.uniform(1, 4, (15, 20))  # edges at multiples of 32 px, 12.8 small ones
    truth = cv2.resize(blocks, (640, 480), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    everywhere = np.ones(truth.shape, np.bool_)
    shifted = np.roll(truth, shift_px, (0, 1))
    best = score(truth, truth, everywhere).boundary_f1_small
    assert best > score(shifted, truth, everywhere).boundary_f1_small + 5


def test_guesses_of_another_size_are_resized():
    assert score(relief()[::2, ::2], relief(), EVERYWHERE).correlation > 0.95
