from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from stereopsis.depth.depth_file import depth_to_npz, depth_to_pfm, depth_to_png16, read_depth_file
from stereopsis.errors import DepthError
from stereopsis.scene.depth import DepthMap
from tests.depth.depth_files import (
    holes,
    in_a_folder,
    ramp,
    read,
)

maps = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=8, max_side=20),
    elements=st.floats(0, 100, width=32),
    unique=True,
)


@in_a_folder
@given(values=maps, data=st.data())
def test_npz_and_pfm_round_trip(tmp_path: Path, values: np.ndarray, data: st.DataObject) -> None:
    unknown = data.draw(st.integers(0, values.size // 2))
    valid = (np.arange(values.size) >= unknown).reshape(values.shape)
    depth = DepthMap.relative(values, valid, "mono", "A test.")
    for written in (depth_to_npz(depth), depth_to_pfm(depth)):
        again = read(tmp_path, written)
        assert (again.valid == depth.valid).all()
        assert again.scale == "relative"
        np.testing.assert_allclose(again.inverse_depth, depth.inverse_depth, rtol=1e-4, atol=1e-4)


@in_a_folder
@given(values=maps)
def test_png16_round_trip(tmp_path: Path, values: np.ndarray) -> None:
    depth = DepthMap.relative(values, np.ones(values.shape, np.bool_), "mono", "A test.")
    again = read(tmp_path, depth_to_png16(depth))
    step = np.ptp(depth.inverse_depth) / 65535
    np.testing.assert_allclose(again.inverse_depth, depth.inverse_depth, atol=4 * step, rtol=1e-3)


def test_metric_depth_survives_npz(tmp_path: Path) -> None:
    valid = holes(ramp().shape)
    depth = DepthMap(np.where(valid, ramp(), 0), valid, "metric", "stereo", "A test.")
    again = read(tmp_path, depth_to_npz(depth))
    assert again.scale == "metric"
    assert (again.inverse_depth == depth.inverse_depth).all()
    assert (again.valid == depth.valid).all()


@pytest.mark.parametrize("scale", ["relative", "metric"])
def test_uncertainty_survives_npz(tmp_path: Path, scale: str) -> None:
    known = np.ones((40, 60), np.bool_)
    errors = (ramp() / 8).astype(np.float32)
    depth = DepthMap(ramp(), known, "metric", "mono", "test", errors)
    if scale == "relative":
        depth = DepthMap.relative(ramp(), known, "mono", "test", errors)
    (tmp_path / "a.npz").write_bytes(depth_to_npz(depth))
    found = read_depth_file(tmp_path / "a.npz")
    assert found.uncertainty is not None
    np.testing.assert_allclose(found.uncertainty, depth.uncertainty, rtol=1e-5)


def test_uncertainty_has_the_units_of_its_values(tmp_path: Path) -> None:
    """Whatever scale and shift disparity has, its errors are the same share of its range."""
    for gain, offset in ((1, 0), (50, 7)):
        values, errors = gain * ramp() + offset, gain * np.full_like(ramp(), 0.1)
        np.savez(tmp_path / f"{gain}.npz", disparity=values, uncertainty=errors)
    first, second = (read_depth_file(tmp_path / f"{gain}.npz").uncertainty for gain in (1, 50))
    assert first is not None and second is not None
    np.testing.assert_allclose(first, second, rtol=1e-4)


def test_odd_uncertainty(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for errors, words in (
        (np.ones((2, 2)), "another shape"),
        (-np.ones((40, 60)), "negative"),
        (np.ones((40, 60, 2)), "two dimensions"),
        (np.full((40, 60), "a"), "plain numbers"),
    ):
        np.savez(path, inverse_depth=ramp(), uncertainty=errors)
        with pytest.raises(DepthError, match=words):
            read_depth_file(path)
    np.savez(path, inverse_depth=ramp(), uncertainty=np.full((40, 60), np.nan))
    assert (read_depth_file(path).uncertainty == 0).all()
    for huge in (np.inf, 1e300, np.finfo(np.float32).max):
        np.savez(path, inverse_depth=1e-9 * ramp(), uncertainty=np.full((40, 60), huge))
        assert (read_depth_file(path).uncertainty > 1e38).all()
    np.savez(path, depth=ramp(), uncertainty=np.ones((40, 60)))
    assert read_depth_file(path).uncertainty is None


def test_png_is_dark_where_unknown_and_where_far(tmp_path: Path) -> None:
    depth = DepthMap.relative(ramp(), holes(ramp().shape), "mono", "A test.")
    with Image.open(BytesIO(depth_to_png16(depth))) as image:
        grey = np.asarray(image)
    assert grey.dtype == np.uint16
    assert (grey[~depth.valid] == 0).all()
    assert grey[depth.valid].max() == 65535 and grey[depth.valid].min() == 0
