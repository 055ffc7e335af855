import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.train.agree import align_to, consensus, disagreement, normalise

Y, X = np.mgrid[:24, :32].astype(np.float32)
SCENE = np.asarray(Y + 6 * (np.hypot(X - 16, Y - 10) < 6), np.float32)


@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_scale_and_shift_make_no_difference(scale: float, shift: float) -> None:
    moved = (scale * SCENE + shift).astype(np.float32)
    assert normalise(moved) == pytest.approx(normalise(SCENE), abs=1e-3)
    assert disagreement(moved, SCENE).max() < 1e-3
    assert consensus([SCENE, moved]) == pytest.approx(normalise(SCENE), abs=1e-3)


def test_a_normalised_map_has_median_0_and_deviation_1() -> None:
    got = normalise(SCENE)
    assert np.median(got) == 0 and np.abs(got).mean() == pytest.approx(1, abs=1e-6)
    assert (normalise(np.full((4, 5), 7.0)) == 0).all()


def test_disagreement_is_where_they_disagree() -> None:
    wrong = SCENE.copy()
    wrong[:6, :8] += 15
    found = disagreement(wrong, SCENE)
    assert found[:6, :8].min() > 1
    assert found[8:, 10:].max() < 0.05


def test_a_guess_that_is_upside_down_becomes_flat() -> None:
    assert np.ptp(align_to(-SCENE, SCENE)) < 1e-6
    assert np.ptp(align_to(SCENE, SCENE)) > 1
