from pathlib import Path

import numpy as np
import pytest

from stereopsis.depth.pfm import format_pfm
from tests.depth.depth_files import (
    holes,
    normalised,
    npy,
    npz,
    picture,
    ramp,
    read,
    refusal,
)


@pytest.mark.parametrize(
    "dtype", [np.float16, np.float32, np.float64, np.uint8, np.uint16, np.int32]
)
def test_npy_of_any_number(tmp_path: Path, dtype: type) -> None:
    values = (ramp() * 180).astype(dtype)
    depth = read(tmp_path, npy(values))
    np.testing.assert_allclose(depth.inverse_depth, normalised(values.astype(float)), atol=1e-4)
    assert depth.valid.all()


@pytest.mark.parametrize("encode", [npy, format_pfm], ids=["npy", "pfm"])
def test_near_small_is_the_inverse_of_near_large(tmp_path: Path, encode: object) -> None:
    large = read(tmp_path, encode(ramp()))
    small = read(tmp_path, encode(1 / ramp()), near="small")
    np.testing.assert_allclose(small.inverse_depth, large.inverse_depth, atol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_unknown(tmp_path: Path, bad: float) -> None:
    valid = holes(ramp().shape)
    depth = read(tmp_path, npy(np.where(valid, ramp(), np.float32(bad))))
    assert (depth.valid == valid).all()
    assert (depth.inverse_depth[~valid] == 0).all()


def test_zero_is_far_where_near_is_large_and_unknown_where_near_is_small(tmp_path: Path) -> None:
    values = np.where(holes(ramp().shape), (ramp() * 30_000), 0).astype(np.uint16)
    assert read(tmp_path, picture(values)).valid.all()
    assert (read(tmp_path, picture(values), near="small").valid == (values > 0)).all()


def test_npz_keys_say_what_they_hold(tmp_path: Path) -> None:
    expected = normalised(ramp())
    for key in ("inverse_depth", "disparity"):
        depth = read(tmp_path, npz(**{key: ramp(), "other": np.zeros(3)}))
        assert depth.scale == "relative"
        np.testing.assert_allclose(depth.inverse_depth, expected, atol=1e-5)
    metres = read(tmp_path, npz(depth=1 / ramp()))
    assert metres.scale == "metric"
    np.testing.assert_allclose(metres.inverse_depth, ramp(), rtol=1e-6)


def test_npz_mask(tmp_path: Path) -> None:
    valid = holes(ramp().shape)
    for mask in (valid, valid.astype(np.uint8)):
        depth = read(tmp_path, npz(inverse_depth=ramp(), valid=mask))
        assert (depth.valid == valid).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_grey_pictures_of_eight_bits(tmp_path: Path, kind: str) -> None:
    values = (ramp() * 180).astype(np.uint8)
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}}.get(kind, {})
    depth = read(tmp_path, picture(values, kind, **options))
    np.testing.assert_allclose(depth.inverse_depth, normalised(values), atol=0.02)


def test_pictures_of_sixteen_bits_and_floats(tmp_path: Path) -> None:
    values = (ramp() * 40_000).astype(np.uint16)
    np.testing.assert_allclose(
        read(tmp_path, picture(values)).inverse_depth, normalised(values), atol=1e-4
    )
    floats = read(tmp_path, picture(ramp(), "TIFF"))
    np.testing.assert_allclose(floats.inverse_depth, normalised(ramp()), atol=1e-5)


def test_a_coloured_picture_is_refused_and_a_grey_one_with_three_channels_read(
    tmp_path: Path,
) -> None:
    grey = np.repeat((ramp() * 180).astype(np.uint8)[..., None], 3, axis=-1)
    assert read(tmp_path, picture(grey)).valid.all()
    grey[3, 4, 0] ^= 64
    assert "coloured" in refusal(tmp_path, picture(grey)).problem
