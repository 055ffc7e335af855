"""Pictures in files of every kind, for the tests of reading them."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image

from stereopsis.errors import PhotoError
from stereopsis.scene.photo_file import read_photo

HEIGHT, WIDTH = 48, 64

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
