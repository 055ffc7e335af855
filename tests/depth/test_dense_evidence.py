from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stereopsis.depth.dense_evidence import (
    gather_dense_evidence,
    hidden_sides,
    rank_correlation,
    unmatched_runs,
)
from stereopsis.depth.stereo import match_densely, match_right
from stereopsis.runtime.network import Network, open_network
from stereopsis.scene.stereo import Eye
from tests.depth.two_planes import FAR_PX, NEAR_PX, grain, two_planes
from tests.networks import like_stereo


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return open_network(like_stereo(tmp_path_factory.mktemp("net") / "stub.onnx"))


@pytest.mark.parametrize("eye", ["left", "right"])
def test_hidden_sides_tell_swapped_eyes(network: Network, eye: Eye) -> None:
    seen = two_planes()
    matching = match_densely if eye == "left" else match_right
    proper, swapped = (seen.left, seen.right), (seen.right, seen.left)
    sides = []
    for left, right in (proper, swapped):
        image = left if eye == "left" else right
        match = matching(left, right, network)
        found = gather_dense_evidence(image, match, match.disparity, eye)
        sides.append(found.sides)
    assert sides[0] > 0.1 and sides[1] < -0.1


def test_sides_that_hide_nothing_say_nothing() -> None:
    flat = np.full((60, 80), 5, np.float32)
    for sure in (np.zeros((60, 80), np.bool_), np.ones((60, 80), np.bool_)):
        assert hidden_sides(grain(0, 60, 80, 128), flat, sure) == 0
    few = np.ones((60, 80), np.bool_)
    few[:10, 30:40] = False
    step = np.where(np.arange(80) < 40, flat, 20).astype(np.float32)
    assert hidden_sides(grain(0, 60, 80, 128), step, few) == 0


@pytest.mark.parametrize("eye", ["left", "right"])
def test_measures_stay_within_what_they_promise(network: Network, eye: Eye) -> None:
    seen = two_planes()
    image = seen.left if eye == "left" else seen.right
    matching = match_densely if eye == "left" else match_right
    match = matching(seen.left, seen.right, network)
    found = gather_dense_evidence(image, match, match.disparity, eye)
    assert np.isfinite(astuple(found)).all()
    assert 0.9 < found.sure <= 1
    assert found.mono == pytest.approx(1)
    assert -0.5 <= found.sides <= 0.5
    assert found.spread_px == pytest.approx(NEAR_PX - FAR_PX, abs=0.5)
    against = gather_dense_evidence(image, match, -match.disparity[::2, ::3], eye)
    assert -1 <= against.mono < -0.6
    level = replace(match, disparity=np.full_like(match.disparity, 3))
    flat = gather_dense_evidence(image, level, match.disparity, eye)
    assert (flat.spread_px, flat.mono) == (0, 0)


vectors = arrays.arrays(np.float64, 20, elements=st.integers(-1000, 1000), unique=True)


@given(vectors, vectors)
def test_rank_correlation_sees_only_the_order(a: np.ndarray, b: np.ndarray) -> None:
    assert -1 <= rank_correlation(a, b) <= 1 + 1e-12
    assert rank_correlation(a, b) == pytest.approx(rank_correlation(b, a))
    assert rank_correlation(a, b) == pytest.approx(rank_correlation(a**3, np.arctan(b)))
    assert rank_correlation(a, a) == pytest.approx(1)
    assert rank_correlation(a, -a) == pytest.approx(-1)
    tied = np.round(a, -3)
    if np.ptp(tied) > 0:
        assert rank_correlation(tied, tied) == pytest.approx(1)
        order = np.argsort(b)  # which of equal values comes first does not matter
        shuffled = rank_correlation(tied[order], a[order])
        assert shuffled == pytest.approx(rank_correlation(tied, a))
    assert rank_correlation(a, np.zeros(20)) == rank_correlation(np.zeros(20), a) == 0


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 8), st.integers(1, 12))))
def test_unmatched_runs_cover_what_is_not_sure_and_never_touch(sure: np.ndarray) -> None:
    covered = np.ones_like(sure)
    taken = set()
    for row, start, end in zip(*unmatched_runs(sure), strict=True):
        assert 0 <= start < end <= sure.shape[1]
        assert (row, start) not in taken
        covered[row, start:end] = False
        taken.add((row, end))
    np.testing.assert_array_equal(covered, sure)
