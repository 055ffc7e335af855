import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stereopsis.errors import PhotoError
from stereopsis.scene.photo_file import read_photo
from stereopsis.scene.picture_file import open_picture
from tests.scene.pictures import FORMATS, HEIGHT, WIDTH, encode, exif_bytes, picture, read, refusal


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no file"):
        read_photo(tmp_path / "absent.jpg")
    with pytest.raises(PhotoError, match="cannot be read"):
        read_photo("a\0b.jpg")
    with pytest.raises(PhotoError, match="cannot be read"):
        read_photo(tmp_path / ("long" * 100))


def test_a_folder_and_a_device(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="folder"):
        read_photo(tmp_path)
    with pytest.raises(PhotoError, match="ordinary"):
        read_photo("/dev/zero")


def test_a_file_of_many_gigabytes_is_not_loaded(tmp_path: Path) -> None:
    with (tmp_path / "huge.tif").open("wb") as file:
        file.truncate(3 << 30)  # sparse: takes no disk
    with pytest.raises(PhotoError, match=r"3\.2 GB"):
        read_photo(tmp_path / "huge.tif")


def test_empty_and_not_a_picture(tmp_path: Path) -> None:
    assert "empty" in refusal(tmp_path, b"").problem
    for data in (b"\0", b"hello", b"<svg/>" * 99, b"%!PS-Adobe-3.0 EPSF-3.0\n", bytes(10_000)):
        assert "not a picture" in refusal(tmp_path, data).problem


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (31, 400)])
def test_too_small(tmp_path: Path, size: tuple[int, int]) -> None:
    error = refusal(tmp_path, encode(Image.new("RGB", size), "PNG"))
    assert f"{size[0]} x {size[1]} px" in error.problem


def test_too_many_pixels(tmp_path: Path) -> None:
    data = encode(Image.new("1", (8000, 7000)), "PNG")
    assert "56.0 megapixels" in refusal(tmp_path, data).problem
    (tmp_path / "photo.png").write_bytes(encode(Image.fromarray(picture()), "PNG"))
    with pytest.raises(PhotoError, match="megapixels"):
        read_photo(tmp_path / "photo.png", max_pixels=WIDTH * HEIGHT - 1)


def claiming(width: int, height: int) -> bytes:
    """A small PNG whose header claims this size."""
    png = bytearray(encode(Image.new("1", (64, 64)), "PNG"))
    png[16:24] = struct.pack(">II", width, height)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    return bytes(png)


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_decoding(tmp_path: Path, side: int) -> None:
    problem = refusal(tmp_path, claiming(side, side)).problem
    assert f"{side**2 / 1e6:.1f} megapixels; at most 50 are read" in problem


def test_a_limit_beyond_pillows_is_obeyed_and_pillows_stays_for_others() -> None:
    limit = Image.MAX_IMAGE_PIXELS
    data = claiming(20_000, 10_000)

    def sizes(_: int) -> set[tuple[int, int]]:
        return {open_picture(data, "photo.png", 200_000_000).size for _ in range(50)}

    with ThreadPoolExecutor(8) as pool:
        assert all(found == {(20_000, 10_000)} for found in pool.map(sizes, range(8)))
    assert limit == Image.MAX_IMAGE_PIXELS
    with pytest.raises(PhotoError, match=r"200\.0 megapixels; at most 199 are read"):
        open_picture(data, "photo.png", 199_000_000)


@pytest.mark.parametrize("name", FORMATS)
def test_a_cut_file_is_an_error_and_not_half_a_picture(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    data = encode(Image.fromarray(noise), FORMATS[name][0])
    for part in (0.1, 0.5, 0.9):
        refusal(tmp_path, data[: int(len(data) * part)], name)


@pytest.mark.parametrize("name", FORMATS)
def test_flipped_bytes_give_a_picture_or_a_photo_error(tmp_path: Path, name: str) -> None:
    kind, options, _ = FORMATS[name]
    if kind not in ("BMP", "TIFF"):
        options = options | {"exif": exif_bytes(6, FocalLengthIn35mmFilm=28)}
    data = encode(Image.fromarray(picture()), kind, **options)
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = np.frombuffer(data, np.uint8).copy()
        spots = rng.integers(0, rng.choice([64, len(data)]), rng.integers(1, 9)) % len(data)
        broken[spots] = rng.integers(0, 256, len(spots))
        (tmp_path / name).write_bytes(broken.tobytes())
        try:
            pixels = read_photo(tmp_path / name).pixels
        except PhotoError as error:
            assert error.mend
        else:
            assert pixels.ndim == 3 and pixels.dtype == np.uint8


def test_flipped_bytes_in_exif_never_cost_the_picture(tmp_path: Path) -> None:
    exif = exif_bytes(6, FocalLengthIn35mmFilm=28, FocalLength=4.2, FocalPlaneXResolution=300.0)
    data = encode(Image.fromarray(picture()), "JPEG", exif=exif)
    start = data.index(exif[:6])
    rng = np.random.default_rng(0)
    for _ in range(150):
        broken = np.frombuffer(data, np.uint8).copy()
        spots = start + rng.integers(6, len(exif), 3)
        broken[spots] = rng.integers(0, 256, 3)
        pixels = read(tmp_path, broken.tobytes(), "photo.jpg")
        assert set(pixels.shape) == {HEIGHT, WIDTH, 3}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.binary(max_size=400), magic=st.sampled_from(sorted(FORMATS)), keep=st.integers(0, 64)
)
def test_any_bytes_after_a_true_beginning(
    tmp_path: Path, data: bytes, magic: str, keep: int
) -> None:
    start = encode(Image.new("RGB", (40, 40)), FORMATS[magic][0])[:keep]
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        try:
            read(tmp_path, start + data)
        except PhotoError:
            pass
    assert not leaked
