import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import DepthError
from stereopsis.scene.depth import DepthMap


def relative(values: np.ndarray, valid: np.ndarray | None = None) -> DepthMap:
    valid = np.ones(values.shape, np.bool_) if valid is None else valid
    return DepthMap.relative(values, valid, "file", "test")


@given(st.floats(0.01, 1e4), st.floats(-1e3, 1e3))
def test_scale_and_shift_do_not_matter(scale: float, shift: float) -> None:
    values = np.random.default_rng(0).normal(size=(20, 30))
    plain, moved = relative(values), relative(scale * values + shift)
    assert np.allclose(plain.inverse_depth, moved.inverse_depth, atol=1e-3)
    assert np.allclose(np.percentile(plain.inverse_depth, [1, 99]), [0, 1], atol=1e-5)


def test_unknown_pixels_are_zero_and_have_no_say() -> None:
    values = np.linspace(0, 1, 600).reshape(20, 30)
    holes = values.copy()
    holes[0, :10] = (np.nan, np.inf, -np.inf, 1e30, *[np.nan] * 6)
    known = np.isfinite(holes) & (holes < 1e20)
    depth = relative(holes, known)
    assert (depth.valid == known).all()
    assert (depth.inverse_depth[~known] == 0).all()
    assert depth.inverse_depth.max() < 1.1


@pytest.mark.parametrize("fill", [0.0, 3.5, np.nan])
def test_flat_and_empty_maps_are_refused(fill: float) -> None:
    with pytest.raises(DepthError) as caught:
        relative(np.full((20, 30), fill))
    assert caught.value.mend
