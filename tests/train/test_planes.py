import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stereopsis.errors import DataError
from stereopsis.train.planes import LEVELS, build_plane, encode

measures = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.floats(0, 2**10, width=32),
)


@given(st.lists(measures, min_size=1, max_size=4))
def test_measures_keep_their_size_zeros_and_steps(stored: list[np.ndarray]):
    plane = build_plane([encode(array) for array in stored])
    assert len(plane) == len(stored) and plane.is_consistent(len(stored))
    for index, want in enumerate(stored):
        got = plane[index]
        assert got.dtype == np.float32
        assert ((got > 0) == (want > 0)).all()
        assert np.abs(got - want).max() <= want.max() / LEVELS * 1.01 + 1e-15


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_classes_are_kept(classes: np.ndarray):
    assert (build_plane([encode(classes)])[0] == classes).all()


def test_pictures_are_nearly_kept():
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[:, None, None].repeat(48, 1).repeat(3, 2)
    ramp[..., 1] = 255 - ramp[..., 0]
    got = build_plane([encode(np.zeros((8, 8, 3), np.uint8)), encode(ramp)])[1]
    assert np.abs(got.astype(int) - ramp).max() < 12


def test_damage_and_inconsistency_are_noticed():
    plane = build_plane([encode(np.ones((4, 4), np.uint8))] * 2)
    assert plane.is_consistent(2) and not plane.is_consistent(3)
    broken = type(plane)(np.zeros_like(plane.data), plane.end, plane.scale)
    with pytest.raises(DataError, match="Frame 1"):
        broken[1]
    for change in (
        {"data": plane.data[:-1]},
        {"end": plane.end[::-1].copy()},
        {"end": plane.end.astype(np.int32)},
        {"data": plane.data.astype(np.int16)},
        {"scale": plane.scale[:1]},
    ):
        assert not type(plane)(**{**vars(plane), **change}).is_consistent(2)


def test_no_frames_no_files():
    assert build_plane([]).is_consistent(0)
