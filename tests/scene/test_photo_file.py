from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from stereopsis.errors import PhotoError
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import MIN_SIDE
from stereopsis.scene.photo_file import read_photo
from tests.scene.pictures import FORMATS, HEIGHT, WIDTH, encode, exif_bytes, off, picture, read


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_picture(tmp_path: Path, name: str) -> None:
    kind, options, tolerance = FORMATS[name]
    pixels = read(tmp_path, encode(Image.fromarray(picture()), kind, **options), name)
    assert pixels.dtype == np.uint8 and pixels.flags.writeable and pixels.flags.c_contiguous
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert off(pixels, picture()) <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "heic", "avif"])
def test_orientation_is_applied(tmp_path: Path, ending: str, orientation: int) -> None:
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
    stored = np.ascontiguousarray(undo[orientation](picture()))
    data, tolerance = with_orientation(stored, ending, orientation)
    assert off(read(tmp_path, data, f"photo.{ending}"), picture()) <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "avif"])
def test_a_raw_picture_is_not_turned(tmp_path: Path, ending: str, orientation: int) -> None:
    data, tolerance = with_orientation(picture(), ending, orientation)
    assert off(read(tmp_path, data, f"photo.{ending}", turn=False), picture()) <= tolerance


def with_orientation(stored: np.ndarray, ending: str, orientation: int) -> tuple[bytes, float]:
    """A file of the stored pixels that asks to be turned, and how far its colours may stray."""
    kind, options, tolerance = FORMATS[f"photo.{ending}"]
    given: dict[str, object] = {"exif": exif_bytes(orientation)}
    if kind == "TIFF":
        given = {"tiffinfo": {ExifTags.Base.Orientation.value: orientation}}
    return encode(Image.fromarray(stored), kind, **given, **options), tolerance


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


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
@pytest.mark.parametrize("size", [(40, 5000), (5000, 33), (66, 5001)])
def test_reducing_leaves_the_short_side_long_enough(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    (tmp_path / name).write_bytes(encode(Image.new("RGB", size), FORMATS[name][0]))
    photo = read_photo(tmp_path / name, longest_side=1000)
    assert min(photo.pixels.shape[:2]) == MIN_SIDE
    assert photo.camera.width / photo.camera.height == pytest.approx(size[0] / size[1], rel=0.05)
    assert photo.shrunk(500).pixels.shape == photo.pixels.shape


def test_a_photo_that_is_all_length(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(encode(Image.new("RGB", (6500, 32)), "PNG"))
    with pytest.raises(PhotoError, match="6500 x 32 px, one side over 200 times"):
        read_photo(tmp_path / "photo.png")
