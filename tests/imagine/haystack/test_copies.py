"""A needle and its copies are one needle, which is lost only if all of them are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.haystack.copies import needles_where_kept


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=20))
def test_a_needle_is_kept_if_it_or_a_copy_is(rows: list[tuple[int, bool, bool]]) -> None:
    shots = [str(shot) for shot, _, _ in rows]
    kept = np.array([is_kept for _, _, is_kept in rows], bool)
    is_first = np.array([shots.index(shot) == row for row, shot in enumerate(shots)], bool)
    wanted = np.array([is_needle for _, is_needle, _ in rows], bool) & is_first
    found = needles_where_kept(wanted, kept, shots)
    needles = {shots[row] for row in np.flatnonzero(wanted)}
    assert sorted(shots[row] for row in np.flatnonzero(found)) == sorted(needles)
    assert {shots[row] for row in np.flatnonzero(found & kept)} == needles & {
        shots[row] for row in np.flatnonzero(kept)
    }
