import numpy as np

from stereopsis.train.ranking import area_under_curve


def test_the_area_is_one_for_a_perfect_score_and_a_half_for_none() -> None:
    good = np.array([True, True, False, False])
    assert area_under_curve(np.array([3.0, 2, 1, 0]), good) == 1
    assert area_under_curve(np.array([1.0, 1, 1, 1]), good) == 0.5
    assert area_under_curve(np.array([0.0, 1, 2, 3]), good) == 0
    assert area_under_curve(np.array([-np.inf, 2, -np.inf, 1]), good) == (1 + 1 + 0.5) / 4
    assert np.isnan(area_under_curve(np.array([1.0, 2]), good[:2]))
