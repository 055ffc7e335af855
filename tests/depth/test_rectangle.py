import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.depth.rectangle import weightiest_rectangle

Masks = st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=6)


def area(box: tuple[int, int, int, int]) -> int:
    left, top, right, bottom = box
    return (right - left + 1) * (bottom - top + 1)


def largest_by_trying_all(mask: np.ndarray) -> int:
    height, width = mask.shape
    return max(
        (
            (bottom - top + 1) * (right - left + 1)
            for top in range(height)
            for bottom in range(top, height)
            for left in range(width)
            for right in range(left, width)
            if mask[top : bottom + 1, left : right + 1].all()
        ),
        default=0,
    )


@given(Masks)
def test_none_is_larger(rows: list[list[bool]]) -> None:
    mask = np.array(rows)
    found = weightiest_rectangle(mask.astype(float), aspect=100.0)
    if found is None:
        assert not mask.any()
    else:
        left, top, right, bottom = found
        assert mask[top : bottom + 1, left : right + 1].all()
        assert area(found) == largest_by_trying_all(mask)


def test_weight_counts_and_not_size() -> None:
    weight = np.ones((4, 9))
    weight[:, 3] = 0
    assert weightiest_rectangle(weight, 9) == (4, 0, 8, 3)
    weight[:, :3] *= 2
    assert weightiest_rectangle(weight, 9) == (0, 0, 2, 3)


@pytest.mark.parametrize("turned", [False, True])
def test_long_ones_are_trimmed_at_both_ends(turned: bool) -> None:
    weight = np.zeros((11, 30))
    weight[4:7, 2:29] = 1.0
    if turned:
        assert weightiest_rectangle(weight.T.copy(), 3.0) == (4, 11, 6, 19)
    else:
        assert weightiest_rectangle(weight, 3.0) == (11, 4, 19, 6)
