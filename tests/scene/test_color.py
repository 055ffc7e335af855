import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.scene.pictures import HEIGHT, WIDTH, encode, off, picture, read

P3_PRIMARIES = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


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
