import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from stereopsis.errors import PhotoError
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo_file import read_photo

HEIGHT, WIDTH = 48, 64
P3_PRIMARIES = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))

# The file each format stores for this test, and how far lossy colours may stray on average.
FORMATS = {
    "photo.png": ("PNG", {}, 0.0),
    "photo.jpg": ("JPEG", {"quality": 95}, 2.0),
    "photo.webp": ("WEBP", {"lossless": True}, 0.0),
    "photo.avif": ("AVIF", {"quality": 95}, 3.0),
    "photo.tif": ("TIFF", {"compression": "tiff_lzw"}, 0.0),
    "photo.bmp": ("BMP", {}, 0.0),
    "photo.heic": ("HEIC", {"quality": 95}, 3.0),
}


def picture() -> np.ndarray:
    """Smooth colours, a different one in each corner, so that every turn and flip shows."""
    x, y = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
    return (np.stack([x, y, (1 - x) * (1 - y)], axis=-1) * 235 + 20).astype(np.uint8)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    if kind == "HEIC":  # its encoder writes EXIF's orientation as a rotation box
        pillow_heif.encode(image.mode, image.size, image.tobytes(), file, **options)
    else:
        image.save(file, kind, **options)
    return file.getvalue()


def read(folder: Path, data: bytes, name: str = "photo.png", **options: int) -> np.ndarray:
    (folder / name).write_bytes(data)
    return read_photo(folder / name, **options).pixels


def refusal(folder: Path, data: bytes, name: str = "photo.png") -> PhotoError:
    with pytest.raises(PhotoError) as caught:
        read(folder, data, name)
    error = caught.value
    assert name in error.problem
    assert error.problem.endswith(".") and error.mend.endswith(".")
    return error


def off(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def exif_bytes(orientation: int = 1, **fields: object) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    for name, value in fields.items():
        detail[ExifTags.Base[name]] = value
    return exif.tobytes()


def rgb_profile(primaries: tuple[tuple[float, float, float], ...]) -> bytes:
    """An ICC profile with these D50 primaries and the curve of sRGB."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    white = (0.9642, 1.0, 0.8249)
    curve = b"para" + struct.pack(">IHH", 0, 3, 0)
    curve += fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    text = b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, 2, 28) + b"\0P\0\0"
    tags = [(b"desc", text), (b"cprt", text), (b"wtpt", b"XYZ \0\0\0\0" + fixed(*white))]
    tags += [
        (name, b"XYZ \0\0\0\0" + fixed(*primary))
        for name, primary in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)
    ]
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags:
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data
    header = struct.pack(">I4sI", 132 + 12 * len(tags) + len(body), b"none", 0x04000000)
    header += b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + fixed(*white)
    return header.ljust(128, b"\0") + table + body


# --- what comes out ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_picture(tmp_path: Path, name: str) -> None:
    kind, options, tolerance = FORMATS[name]
    pixels = read(tmp_path, encode(Image.fromarray(picture()), kind, **options), name)
    assert pixels.dtype == np.uint8 and pixels.flags.writeable and pixels.flags.c_contiguous
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert off(pixels, picture()) <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["photo.png", "photo.jpg", "photo.heic", "photo.avif"])
def test_orientation_is_applied(tmp_path: Path, name: str, orientation: int) -> None:
    undo = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: np.swapaxes(p, 0, 1),
        6: np.rot90,
        7: lambda p: np.swapaxes(np.rot90(p, 2), 0, 1),
        8: lambda p: np.rot90(p, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](picture())))
    kind, options, tolerance = FORMATS[name]
    data = encode(stored, kind, exif=exif_bytes(orientation), **options)
    assert off(read(tmp_path, data, name), picture()) <= tolerance


def test_focal_length_comes_from_exif(tmp_path: Path) -> None:
    data = encode(Image.fromarray(picture()), "JPEG", exif=exif_bytes(FocalLengthIn35mmFilm=50))
    (tmp_path / "photo.jpg").write_bytes(data)
    photo = read_photo(tmp_path / "photo.jpg")
    assert photo.focal_source == "exif"
    assert photo.camera.focal_px == pytest.approx(
        Camera.from_focal_35mm(WIDTH, HEIGHT, 50).focal_px
    )


def test_focal_length_from_the_sensor_agrees_with_the_35mm_one(tmp_path: Path) -> None:
    """A 36 mm wide sensor of 6000 px behind a 50 mm lens, whose photo was reduced afterwards."""
    exif = exif_bytes(
        FocalLength=50.0,
        FocalPlaneXResolution=6000 / 3.6,
        FocalPlaneResolutionUnit=3,
        ExifImageWidth=6000,
        ExifImageHeight=4500,
    )
    (tmp_path / "photo.jpg").write_bytes(encode(Image.fromarray(picture()), "JPEG", exif=exif))
    photo = read_photo(tmp_path / "photo.jpg")
    assert photo.focal_source == "exif"
    assert photo.camera.focal_px == pytest.approx(50 / 36 * WIDTH, rel=1e-3)


@pytest.mark.parametrize("focal", [0, 1, 60000])
def test_an_absurd_focal_length_is_passed_over(tmp_path: Path, focal: int) -> None:
    exif = exif_bytes(FocalLengthIn35mmFilm=focal)
    (tmp_path / "photo.jpg").write_bytes(encode(Image.fromarray(picture()), "JPEG", exif=exif))
    photo = read_photo(tmp_path / "photo.jpg")
    assert photo.focal_source == "default"
    assert photo.camera.focal_px == Camera.from_focal_35mm(WIDTH, HEIGHT).focal_px


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
@pytest.mark.parametrize("longest_side", [50, 200, 333, 1000, 5000])
def test_longest_side_reduces_picture_and_camera(
    tmp_path: Path, name: str, longest_side: int
) -> None:
    large = Image.fromarray(picture()).resize((1000, 750), Image.Resampling.BICUBIC)
    data = encode(large, FORMATS[name][0], exif=exif_bytes(6))
    (tmp_path / name).write_bytes(data)
    full = read_photo(tmp_path / name)
    photo = read_photo(tmp_path / name, longest_side=longest_side)
    height, width = photo.pixels.shape[:2]
    assert 0.95 * min(longest_side, 1000) <= max(height, width) <= longest_side
    assert width / height == pytest.approx(750 / 1000, rel=0.03)
    assert photo.camera.focal_px / height == pytest.approx(full.camera.focal_px / 1000, rel=0.01)
    same = Image.fromarray(full.pixels).resize((width, height), Image.Resampling.BOX)
    assert off(photo.pixels, np.asarray(same)) < 2


def test_wide_colours_are_converted(tmp_path: Path) -> None:
    """The red of Display P3 lies outside sRGB; its half-saturated red is a stronger one there."""
    color = Image.new("RGB", (40, 40), (200, 100, 100))
    pixels = read(tmp_path, encode(color, "PNG", icc_profile=rgb_profile(P3_PRIMARIES)))
    red, green, _ = pixels[0, 0].astype(int)
    assert red > 205 and green < 96
    grey = Image.new("RGB", (40, 40), (128, 128, 128))
    pixels = read(tmp_path, encode(grey, "PNG", icc_profile=rgb_profile(P3_PRIMARIES)))
    assert np.abs(pixels.astype(int) - 128).max() <= 1


def test_a_profile_that_is_srgb_changes_no_pixel(tmp_path: Path) -> None:
    data = encode(Image.fromarray(picture()), "PNG", icc_profile=rgb_profile(SRGB_PRIMARIES))
    assert (read(tmp_path, data) == picture()).all()


@pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200, rgb_profile(P3_PRIMARIES)[:300]])
def test_a_damaged_profile_is_passed_over(tmp_path: Path, profile: bytes) -> None:
    data = encode(Image.fromarray(picture()), "PNG", icc_profile=profile)
    assert (read(tmp_path, data) == picture()).all()


def test_a_profile_of_another_colour_mode_is_passed_over(tmp_path: Path) -> None:
    grey = Image.fromarray(picture()).convert("L")
    data = encode(grey, "PNG", icc_profile=rgb_profile(P3_PRIMARIES))
    assert (read(tmp_path, data) == np.asarray(grey.convert("RGB"))).all()


def test_a_lab_picture_keeps_its_colours(tmp_path: Path) -> None:
    lab = ImageCms.createProfile("LAB")
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    image = ImageCms.applyTransform(Image.fromarray(picture()), to_lab)
    profile = ImageCms.ImageCmsProfile(lab).tobytes()
    assert off(read(tmp_path, encode(image, "TIFF", icc_profile=profile)), picture()) < 3


# --- unusual pixels ---------------------------------------------------------------------------


def grey() -> np.ndarray:
    return picture()[..., 0]


def as_rgb(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=-1)


GREYS = {
    "8 bit": Image.fromarray(grey()),
    "16 bit": Image.fromarray(grey().astype(np.uint16) * 257),
    "32 bit": Image.fromarray(grey().astype(np.int32)),
    "32 bit holding 16": Image.fromarray(grey().astype(np.int32) * 257),
    "float to 1": Image.fromarray(grey().astype(np.float32) / 255),
    "float to 255": Image.fromarray(grey().astype(np.float32)),
    "with alpha": Image.fromarray(np.dstack([grey(), np.full_like(grey(), 255)]), "LA"),
}


@pytest.mark.parametrize("kind", GREYS)
def test_greys_of_any_depth(tmp_path: Path, kind: str) -> None:
    values = GREYS[kind]
    pixels = read(tmp_path, encode(values, "PNG" if values.mode == "LA" else "TIFF"), "photo.tif")
    assert np.abs(pixels.astype(int) - as_rgb(grey())).max() <= 1


def test_a_float_picture_with_unknown_pixels_is_black_there(tmp_path: Path) -> None:
    values = grey().astype(np.float32) / 255
    values[0, :3] = np.nan, np.inf, -np.inf
    pixels = read(tmp_path, encode(Image.fromarray(values), "TIFF"), "photo.tif")
    assert (pixels[0, :3] == 0).all()
    assert (pixels[1:] == as_rgb(grey())[1:]).all()


@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_colours_of_sixteen_bits(tmp_path: Path, kind: str) -> None:
    deep = picture()[..., ::-1].astype(np.uint16) * 257
    data = cv2.imencode(kind, deep)[1].tobytes()
    assert (read(tmp_path, data) == picture()).all()


def test_one_bit_and_palette(tmp_path: Path) -> None:
    bits = Image.fromarray(grey() > 100)
    assert (read(tmp_path, encode(bits, "PNG")) == as_rgb((grey() > 100) * np.uint8(255))).all()
    palette = Image.fromarray(picture()).quantize(64)
    expected = np.asarray(palette.convert("RGB"))
    assert (read(tmp_path, encode(palette, "PNG")) == expected).all()


def test_cmyk_with_adobe_inversion(tmp_path: Path) -> None:
    cmyk = Image.fromarray(picture()).convert("CMYK")
    for kind in ("JPEG", "TIFF"):  # Pillow stores CMYK JPEGs inverted, as Adobe does
        assert off(read(tmp_path, encode(cmyk, kind), "photo.jpg"), picture()) < 4


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_parts_become_white(tmp_path: Path, mode: str) -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[:, WIDTH // 2 :] = 255
    image = Image.fromarray(picture()).convert("L" if mode == "LA" else "RGB")
    expected = np.asarray(image.convert("RGB"))
    image.putalpha(Image.fromarray(alpha))
    image = image.quantize(256) if mode == "PA" else image
    pixels = read(tmp_path, encode(image, "PNG"))
    assert (pixels[:, : WIDTH // 2] == 255).all()
    assert off(pixels[:, WIDTH // 2 :], expected[:, WIDTH // 2 :]) < 6  # the palette's loss


def test_half_transparent_is_mixed_with_white(tmp_path: Path) -> None:
    pixels = read(tmp_path, encode(Image.new("RGBA", (40, 40), (0, 100, 200, 128)), "PNG"))
    assert np.abs(pixels[0, 0].astype(int) - (127, 177, 227)).max() <= 1


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF", "TIFF"])
def test_of_an_animation_the_first_frame(tmp_path: Path, kind: str) -> None:
    first, second = Image.new("RGB", (40, 40), "red"), Image.new("RGB", (40, 40), "blue")
    data = encode(first, kind, save_all=True, append_images=[second])
    red, _, blue = read(tmp_path, data, f"photo.{kind.lower()}")[20, 20]
    assert red > 240 and blue < 15


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    data = encode(Image.fromarray(picture()), "PNG")
    assert (read(tmp_path, data, "photo.jpg") == picture()).all()
    assert (read(tmp_path, data, "photo") == picture()).all()


# --- what is refused --------------------------------------------------------------------------


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


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_decoding(tmp_path: Path, side: int) -> None:
    png = bytearray(encode(Image.new("1", (64, 64)), "PNG"))
    png[16:24] = struct.pack(">II", side, side)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    assert "pixels" in refusal(tmp_path, bytes(png)).problem


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
