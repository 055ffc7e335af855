import struct
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from stereopsis.depth.depth_file import depth_to_npz, depth_to_pfm, depth_to_png16, read_depth_file
from stereopsis.depth.pfm import format_pfm, parse_pfm
from stereopsis.errors import DepthError
from stereopsis.scene.depth import DepthMap

in_a_folder = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def ramp(height: int = 40, width: int = 60) -> np.ndarray:
    """Inverse depth that differs in every pixel."""
    x, y = np.meshgrid(np.linspace(0.1, 1, width), np.linspace(0, 0.37, height))
    return (x + y).astype(np.float32)


def holes(shape: tuple[int, int]) -> np.ndarray:
    """A mask that lacks a corner."""
    valid = np.ones(shape, np.bool_)
    valid[:5, :7] = False
    return valid


def normalised(values: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    known = values if valid is None else values[valid]
    low, high = np.percentile(known, [1, 99])
    return (values - low) / (high - low)


def read(folder: Path, data: bytes, name: str = "depth.bin", **options: str) -> DepthMap:
    (folder / name).write_bytes(data)
    depth = read_depth_file(folder / name, **options)
    assert depth.source == "file" and name in depth.reason
    return depth


def refusal(folder: Path, data: bytes, **options: str) -> DepthError:
    with pytest.raises(DepthError) as caught:
        read(folder, data, **options)
    assert caught.value.problem.endswith(".") and caught.value.mend.endswith(".")
    return caught.value


def npy(values: np.ndarray) -> bytes:
    file = BytesIO()
    np.save(file, values)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def picture(values: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    Image.fromarray(values).save(file, kind, **options)
    return file.getvalue()


# --- what is written is read back -------------------------------------------------------------

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


def test_pfm_round_trip_exactly() -> None:
    values = ramp() * np.float32(1e-30)
    assert (parse_pfm(format_pfm(values)) == values).all()


def test_pfm_of_other_writers() -> None:
    """Big-endian, rows from the bottom up, with three channels."""
    values = np.arange(2 * 3 * 3, dtype=np.float32).reshape(2, 3, 3)
    data = b"PF 3 2\n1.0\n" + values[::-1].astype(">f4").tobytes()
    assert (parse_pfm(data) == values).all()


# --- what values mean -------------------------------------------------------------------------


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


# --- what is refused --------------------------------------------------------------------------


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


def test_pickles_are_not_run(tmp_path: Path) -> None:
    objects = np.full((40, 60), None)
    assert "need pickle" in refusal(tmp_path, npy(objects)).problem
    assert "need pickle" in refusal(tmp_path, npz(inverse_depth=objects)).problem


def test_npz_without_a_known_key_or_with_an_odd_mask(tmp_path: Path) -> None:
    assert "no array inverse_depth" in refusal(tmp_path, npz(arr_0=ramp())).problem
    odd = npz(inverse_depth=ramp(), valid=np.ones((3, 3), np.bool_))
    assert "valid" in refusal(tmp_path, odd).problem


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
