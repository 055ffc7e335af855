import numpy as np
import pytest

from stereopsis.depth.consensus import find_consensus

LIMITS = np.array([10.0, 10.0, 10.0])


@pytest.mark.parametrize("wrong", [0.0, 0.4, 0.6])
def test_the_majority_or_the_largest_minority_decides(wrong: float) -> None:
    rng = np.random.default_rng(3)
    design = rng.uniform(-1, 1, (200, 3))
    true = np.array([2.0, -1.0, 0.5])
    target = design @ true
    lost = rng.random(200) < wrong
    target[lost] = rng.uniform(-8, 8, lost.sum())
    found = find_consensus(design, target, 0.1, LIMITS)
    assert found is not None
    assert np.allclose(found, true, atol=1e-6)


def test_nothing_is_found_beyond_the_limits_or_in_too_little_data() -> None:
    design = np.eye(3)
    assert find_consensus(design, np.array([20.0, 0, 0]), 0.1, LIMITS) is None
    assert find_consensus(design[:2], np.zeros(2), 0.1, LIMITS) is None
    assert find_consensus(np.ones((9, 3)), np.zeros(9), 0.1, LIMITS) is None
