import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.depth.depth_file import depth_to_npz, depth_to_pfm, depth_to_png16, read_depth_file
from stereopsis.depth.pfm import format_pfm
from stereopsis.errors import DepthError
from stereopsis.scene.depth import DepthMap
from tests.depth.depth_files import (
    holes,
    in_a_folder,
    normalised,
    npy,
    npz,
    picture,
    ramp,
    read,
    refusal,
)


def test_missing_and_empty(tmp_path: Path) -> None:
    with pytest.raises(DepthError, match="no file"):
        read_depth_file(tmp_path / "absent.npz")
    with pytest.raises(DepthError, match="folder"):
        read_depth_file(tmp_path)
    assert "empty" in refusal(tmp_path, b"").problem
    assert "not a picture" in refusal(tmp_path, b"hello").problem


@pytest.mark.parametrize("value", [0, 1, 7, 65535])
def test_all_equal(tmp_path: Path, value: int) -> None:
    same = np.full((40, 60), value, np.uint16)
    for data in (npy(same), picture(same), npz(inverse_depth=same)):
        assert "same everywhere" in refusal(tmp_path, data).problem


def test_all_unknown(tmp_path: Path) -> None:
    for value in (np.nan, np.inf):
        unknown = np.full((40, 60), value, np.float32)
        for data in (npy(unknown), format_pfm(unknown), npz(depth=unknown)):
            assert "fewer than 16 known" in refusal(tmp_path, data).problem
    zeros = picture(np.zeros((40, 60), np.uint16))
    assert "fewer than 16 known" in refusal(tmp_path, zeros, near="small").problem


def test_negative_values(tmp_path: Path) -> None:
    """Depth cannot be; inverse depth of unknown shift can, as our own relative maps show."""
    assert "negative" in refusal(tmp_path, npy(ramp() - 0.3), near="small").problem
    assert "negative" in refusal(tmp_path, npz(depth=ramp() - 0.3)).problem
    metric = npz(inverse_depth=ramp() - 0.3, scale=np.str_("metric"))
    assert "negative" in refusal(tmp_path, metric).problem
    shifted = read(tmp_path, npy(ramp() - 0.3))
    np.testing.assert_allclose(shifted.inverse_depth, normalised(ramp()), atol=1e-5)


@pytest.mark.parametrize("shape", [(), (0,), (50,), (0, 5), (5, 5, 3), (1, 40, 60), (40, 60, 1)])
def test_wrong_number_of_dimensions(tmp_path: Path, shape: tuple[int, ...]) -> None:
    assert "dimensions" in refusal(tmp_path, npy(np.ones(shape))).problem
    assert "dimensions" in refusal(tmp_path, npz(disparity=np.ones(shape))).problem


@pytest.mark.parametrize(
    "values", [np.full((40, 60), "a"), np.ones((40, 60), complex), np.ones((40, 60), np.bool_)]
)
def test_values_that_are_no_numbers(tmp_path: Path, values: np.ndarray) -> None:
    assert "plain numbers" in refusal(tmp_path, npy(values)).problem


def test_a_single_value_is_called_so(tmp_path: Path) -> None:
    assert "holds a single value;" in refusal(tmp_path, npy(np.ones(()))).problem
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as archive:
        archive.writestr("depth", "no array at all")
    assert "single value" in refusal(tmp_path, (tmp_path / "text.npz").read_bytes()).problem


def test_huge_values_are_called_so_and_the_largest_float_is_unknown(tmp_path: Path) -> None:
    huge = ramp().astype(np.float64) * 1e300
    for data in (npy(huge), npz(disparity=huge), npz(inverse_depth=-huge)):
        assert "e+300, which is too large" in refusal(tmp_path, data).problem
    metric = npz(inverse_depth=huge, scale=np.str_("metric"))
    assert "too large" in refusal(tmp_path, metric).problem
    valid = holes(ramp().shape)
    marked = np.where(valid, ramp(), np.finfo(np.float32).max)
    assert (read(tmp_path, npy(marked)).valid == valid).all()


@pytest.mark.parametrize("scale", ["relative", "metric"])
@pytest.mark.parametrize(("near", "odd"), [("large", 1e38), ("small", 1e-37)])
def test_a_value_too_far_off_for_float32_is_unknown(
    tmp_path: Path, scale: str, near: str, odd: float
) -> None:
    values = (1e-3 if near == "large" else 1e3) * (1 + ramp())
    values[3, 4] = odd
    key = "inverse_depth" if near == "large" else "depth"
    data = npy(values) if scale == "relative" else npz(**{key: values}, scale=np.str_("metric"))
    depth = read(tmp_path, data, near=near)
    assert depth.scale == scale
    assert np.argwhere(~depth.valid).tolist() == [[3, 4]] and depth.inverse_depth[3, 4] == 0


def test_pickles_are_not_run(tmp_path: Path) -> None:
    objects = np.full((40, 60), None)
    assert "need pickle" in refusal(tmp_path, npy(objects)).problem
    assert "need pickle" in refusal(tmp_path, npz(inverse_depth=objects)).problem


def test_npz_without_a_known_key_or_with_an_odd_mask(tmp_path: Path) -> None:
    assert "no array inverse_depth" in refusal(tmp_path, npz(arr_0=ramp())).problem
    odd = npz(inverse_depth=ramp(), valid=np.ones((3, 3), np.bool_))
    assert "valid" in refusal(tmp_path, odd).problem
    text = npz(inverse_depth=ramp(), valid=np.full(ramp().shape, "no"))
    assert "valid of type <U2" in refusal(tmp_path, text).problem


@pytest.mark.parametrize("scale", ["Metric", "", b"metric", ["metric"], 1])
def test_npz_of_an_unknown_scale(tmp_path: Path, scale: object) -> None:
    odd = npz(inverse_depth=ramp(), scale=np.array(scale))
    assert "names no scale" in refusal(tmp_path, odd).problem


def test_an_npz_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    header = npy(np.zeros((1, 1), np.uint8))[:-1]
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("inverse_depth.npy", "w", force_zip64=True) as file:
            file.write(header)
    data = bytearray((tmp_path / "bomb.npz").read_bytes())
    at = data.rindex(b"PK\1\2") + 24  # the unpacked size, as the directory tells it
    data[at : at + 4] = struct.pack("<I", 4_000_000_000)
    assert "4.0 GB" in refusal(tmp_path, bytes(data)).problem


def test_a_header_that_promises_more_than_the_file_holds(tmp_path: Path) -> None:
    header = npy(np.zeros((10, 10), np.float32))[:128].replace(b"(10, 10)", b"(10, 9**")
    promise = npy(ramp())[:128].replace(b"(40, 60)", b"(90000, 90000)"[:8].ljust(8))
    for data in (header, promise, b"Pf\n900000 900000\n-1\n" + bytes(99), b"Pf\n-3 4\n1\n"):
        assert "damaged" in refusal(tmp_path, data).problem


@pytest.mark.parametrize("part", [0.01, 0.5, 0.95])
def test_cut_files(tmp_path: Path, part: float) -> None:
    rough = np.random.default_rng(0).random((40, 60)).astype(np.float32)
    sixteen = picture((rough * 65535).astype(np.uint16))
    for data in (npy(rough), npz(depth=rough), format_pfm(rough), sixteen):
        refusal(tmp_path, data[: max(12, int(len(data) * part))])


def test_flipped_bytes_give_depth_or_a_depth_error(tmp_path: Path) -> None:
    depth = DepthMap.relative(ramp(), holes(ramp().shape), "mono", "A test.")
    written = (depth_to_npz(depth), depth_to_pfm(depth), depth_to_png16(depth), npy(ramp()))
    rng = np.random.default_rng(0)
    for data in written:
        for _ in range(100):
            broken = np.frombuffer(data, np.uint8).copy()
            spots = rng.integers(0, rng.choice([100, len(data)]), rng.integers(1, 9))
            broken[spots] = rng.integers(0, 256, len(spots))
            for near in ("large", "small"):
                try:
                    again = read(tmp_path, broken.tobytes(), near=near)
                except DepthError as error:
                    assert error.mend
                else:
                    assert np.isfinite(again.inverse_depth).all()


@in_a_folder
@given(
    start=st.sampled_from([b"", b"PK\3\4", b"Pf\n", b"\x93NUMPY\1\0", b"\x89PNG\r\n\x1a\n"]),
    data=st.binary(max_size=300),
)
def test_any_bytes(tmp_path: Path, start: bytes, data: bytes) -> None:
    try:
        read(tmp_path, start + data)
    except DepthError as error:
        assert error.mend
