import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stereopsis.depth.fill import fill_from_behind


def filled_slowly(disparity: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """What fill_from_behind() states, pixel by pixel."""
    filled = disparity.copy()
    known = np.flatnonzero(sure.any(axis=1))
    for row in known:
        places = np.flatnonzero(sure[row])
        for column in np.flatnonzero(~sure[row]):
            sides = places[places < column][-1:], places[places > column][:1]
            filled[row, column] = disparity[row, np.concatenate(sides)].min()
    for row in np.flatnonzero(~sure.any(axis=1)):
        filled[row] = filled[known[np.abs(known - row).argmin()]]
    return filled


maps = st.tuples(st.integers(1, 7), st.integers(1, 9)).flatmap(
    lambda shape: st.tuples(
        arrays.arrays(np.float32, shape, elements=st.floats(-50, 50, width=32)),
        arrays.arrays(np.bool_, shape),
    )
)


@given(maps)
def test_holes_take_the_farther_neighbour_and_what_is_sure_stays(
    given_maps: tuple[np.ndarray, np.ndarray],
) -> None:
    disparity, sure = given_maps
    filled = fill_from_behind(disparity, sure)
    if sure.any():
        np.testing.assert_array_equal(filled, filled_slowly(disparity, sure))
        assert filled.min() >= disparity[sure].min() and filled.max() <= disparity[sure].max()
    else:
        assert (filled == 0).all()
    np.testing.assert_array_equal(filled[sure], disparity[sure])


def test_filling_twice_changes_nothing_more() -> None:
    rng = np.random.default_rng(0)
    disparity, sure = rng.random((20, 30), np.float32), rng.random((20, 30)) < 0.2
    filled = fill_from_behind(disparity, sure)
    np.testing.assert_array_equal(fill_from_behind(filled, np.ones_like(sure)), filled)
