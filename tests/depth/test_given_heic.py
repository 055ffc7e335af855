"""The depth image of portrait-mode HEIC files.

pillow-heif writes no depth images, so the tests take a file with two pictures and mark the second
as the depth of the first, as ISO/IEC 23008-12 (6.5.8 auxiliary images) and H.265 (F.14.2.7 depth
representation information) describe it.
"""

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image

from stereopsis.depth.given import check_depth_fits, read_embedded_depth
from stereopsis.errors import DepthError, StereopsisError
from stereopsis.scene.photo_file import read_photo

INVERSE_Z, DISPARITY, Z = 0, 1, 2
DEPTH_AUXILIARY = b"urn:mpeg:hevc:2015:auxid:2\0"


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield kind, start, start + size
        start += size


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def depth_message(representation: int, near: float, far: float) -> bytes:
    """The supplemental information that says what the values mean, as `auxC` carries it."""

    def element(value: float) -> str:  # sign, exponent, mantissa length - 1, mantissa
        mantissa, exponent = np.frexp(value)
        return f"0{int(exponent) + 30:07b}{22:05b}{round((2 * mantissa - 1) * 2**23):023b}"

    code = {INVERSE_Z: "1", DISPARITY: "010", Z: "011"}[representation]
    if representation == DISPARITY:  # d_min and d_max after the reference view
        bits = "0011" + code + "1" + element(near) + element(far)
    else:
        bits = "1100" + code + element(near) + element(far)
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8, "big")
    unit = bytes([39 << 1, 1, 177, len(payload)]) + payload + b"\x80"
    unit = struct.pack(">I", len(unit)) + unit
    return struct.pack(">I", len(unit)) + unit


def heic(photo: np.ndarray, depth: np.ndarray, message: bytes, orientation: int = 1) -> bytes:
    """A HEIC of a photo (h, w, 3) and its depth (h, w), both stored turned by `orientation`."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    pictures = pillow_heif.HeifFile()
    for mode, pixels in (("RGB", photo), ("L", depth)):
        added = pictures.add_frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
        added.info["exif"] = exif.tobytes()
    file = BytesIO()
    pictures.save(file, quality=-1)  # lossless
    return mark_as_depth(file.getvalue(), message)


def mark_as_depth(data: bytes, message: bytes) -> bytes:
    """Makes the second HEVC picture the depth image of the first."""
    top = {kind: (start, end) for kind, start, end in boxes(data, 0, len(data))}
    meta_start, meta_end = top[b"meta"]
    parts = {kind: data[start:end] for kind, start, end in boxes(data, meta_start + 12, meta_end)}
    entries = boxes(parts[b"iinf"], 14, len(parts[b"iinf"]))
    items = [parts[b"iinf"][s:e] for _, s, e in entries]
    first, second = (int.from_bytes(i[12:14], "big") for i in items if i[16:20] == b"hvc1")

    properties, associations = (
        parts[b"iprp"][start:end] for _, start, end in boxes(parts[b"iprp"], 8, len(parts[b"iprp"]))
    )
    count = sum(1 for _ in boxes(properties, 8, len(properties)))
    auxiliary = box(b"auxC", bytes(4) + DEPTH_AUXILIARY + message)
    parts[b"iprp"] = box(
        b"iprp",
        box(b"ipco", properties[8:] + auxiliary)
        + box(b"ipma", with_property(associations[8:], second, count + 1)),
    )
    reference = box(b"auxl", struct.pack(">HHH", second, 1, first))
    references = parts.get(b"iref", box(b"iref", bytes(4)))
    parts[b"iref"] = box(b"iref", references[8:] + reference)
    grown = 12 + sum(map(len, parts.values())) - (meta_end - meta_start)
    parts[b"iloc"] = box(b"iloc", shifted_locations(parts[b"iloc"][8:], grown))
    meta = box(b"meta", bytes(4) + b"".join(parts.values()))
    return data[:meta_start] + meta + data[meta_end:]


def with_property(associations: bytes, item: int, index: int) -> bytes:
    """The payload of `ipma` with one more property for an item."""
    out, position = associations[:8], 8
    while position < len(associations):
        identity, count = struct.unpack_from(">HB", associations, position)
        listed = associations[position + 3 : position + 3 + count]
        position += 3 + count
        listed += bytes([index]) if identity == item else b""
        out += struct.pack(">HB", identity, len(listed)) + listed
    return out


def shifted_locations(locations: bytes, shift: int) -> bytes:
    """The payload of `iloc` (version 0, 4-byte base offsets) for data that moved by `shift`."""
    out, position = locations[:8], 8
    while position < len(locations):
        identity, reference, base, extents = struct.unpack_from(">HHIH", locations, position)
        end = position + 10 + 8 * extents
        out += struct.pack(">HHIH", identity, reference, base + shift, extents)
        out += locations[position + 10 : end]
        position = end
    return out


def scene() -> tuple[np.ndarray, np.ndarray]:
    """A photo and its stored depth of half the size: a ramp with a step, alike no way round."""
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    depth = np.where(x > 40, 200, x * 2 + y).astype(np.uint8)
    photo = np.repeat(np.repeat(depth, 2, axis=0), 2, axis=1)
    return np.repeat(photo[..., None], 3, axis=-1), depth


def write(folder: Path, message: bytes, orientation: int = 1) -> Path:
    photo, depth = scene()
    (folder / "photo.heic").write_bytes(heic(photo, depth, message, orientation))
    return folder / "photo.heic"


def normalised(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, [1, 99])
    return (values - low) / (high - low)


MEANINGS = {
    "nothing said": (b"", lambda v: v),
    "disparity": (depth_message(DISPARITY, 1.25, 3.5), lambda v: v),
    "inverse z": (depth_message(INVERSE_Z, 0.5, 8.0), lambda v: v),
    "z": (depth_message(Z, 0.5, 8.0), lambda v: 1 / (0.5 + v * 7.5)),
}


@pytest.mark.parametrize("meaning", MEANINGS)
def test_every_representation(tmp_path: Path, meaning: str) -> None:
    message, inverse = MEANINGS[meaning]
    depth = read_embedded_depth(write(tmp_path, message))
    assert depth is not None
    assert (depth.source, depth.scale) == ("photo", "relative")
    assert depth.valid.all() and depth.reason.endswith(".")
    expected = normalised(inverse(scene()[1] / 255))
    np.testing.assert_allclose(depth.inverse_depth, expected, atol=0.02)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_depth_turns_with_the_photo(tmp_path: Path, orientation: int) -> None:
    path = write(tmp_path, b"", orientation)
    photo, depth = read_photo(path), read_embedded_depth(path)
    assert depth is not None
    check_depth_fits(depth, photo)
    shown = photo.pixels[::2, ::2, 0].astype(np.float32)
    assert shown.shape == ((48, 64) if orientation < 5 else (64, 48))
    np.testing.assert_allclose(depth.inverse_depth, normalised(shown), atol=0.05)


def test_a_heic_without_depth(tmp_path: Path) -> None:
    file = BytesIO()
    pillow_heif.encode("RGB", (128, 96), scene()[0].tobytes(), file)
    (tmp_path / "photo.heic").write_bytes(file.getvalue())
    assert read_embedded_depth(tmp_path / "photo.heic") is None


def test_flat_depth_is_refused(tmp_path: Path) -> None:
    photo, depth = scene()
    (tmp_path / "photo.heic").write_bytes(heic(photo, np.full_like(depth, 7), b""))
    with pytest.raises(DepthError, match="same everywhere"):
        read_embedded_depth(tmp_path / "photo.heic")


def test_flipped_bytes_give_depth_or_an_error(tmp_path: Path) -> None:
    data = write(tmp_path, depth_message(Z, 0.5, 8.0)).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(80):
        broken = np.frombuffer(data, np.uint8).copy()
        spots = rng.integers(0, rng.choice([700, len(data)]), rng.integers(1, 9))
        broken[spots] = rng.integers(0, 256, len(spots))
        (tmp_path / "broken.heic").write_bytes(broken.tobytes())
        try:
            depth = read_embedded_depth(tmp_path / "broken.heic")
        except StereopsisError as error:
            assert error.mend
        else:
            assert depth is None or np.isfinite(depth.inverse_depth).all()
