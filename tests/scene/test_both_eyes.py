from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stereopsis.errors import PhotoError
from stereopsis.scene.both_eyes import likeness, read_both_eyes
from stereopsis.scene.camera import Camera
from tests.scene.eyes import HEIGHT, WIDTH, eyes, heic, mpo, texture
from tests.scene.pictures import encode, exif_bytes, off


def png(pixels: np.ndarray, **options: object) -> bytes:
    return encode(Image.fromarray(pixels), "PNG", **options)


def write(folder: Path, data: bytes, name: str = "both.png") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def test_an_mpo_holds_the_left_eye_first(tmp_path: Path) -> None:
    pair = eyes()
    left, right, note = read_both_eyes(write(tmp_path, mpo(list(pair)), "both.mpo"))
    assert off(left.pixels, pair[0]) < 3 and off(right.pixels, pair[1]) < 3
    assert note == "both.mpo holds two pictures; the first was taken for the left eye."


def test_an_mpo_is_reduced_as_any_photo(tmp_path: Path) -> None:
    path = write(tmp_path, mpo(list(eyes())), "both.mpo")
    left, right, _ = read_both_eyes(path, longest_side=60)
    assert left.pixels.shape == right.pixels.shape == (45, 60, 3)


def test_a_small_second_picture_is_no_eye(tmp_path: Path) -> None:
    """Phones store brightness maps and previews that way."""
    left, _ = eyes()
    path = write(tmp_path, mpo([left, left[::2, ::2].copy()]), "photo.jpg")
    with pytest.raises(PhotoError, match=r"photo\.jpg holds one view"):
        read_both_eyes(path)


def test_an_mpo_of_two_different_views(tmp_path: Path) -> None:
    path = write(tmp_path, mpo([texture(seed=1), texture(seed=2)]), "both.mpo")
    with pytest.raises(PhotoError, match="holds one view, not those of two eyes"):
        read_both_eyes(path)


@pytest.mark.parametrize("pair", [(0, 1), (1, 0)])
def test_a_spatial_photo_says_which_eye_is_which(tmp_path: Path, pair: tuple[int, int]) -> None:
    pictures = [texture(seed=1), texture(seed=2)]  # nor need they be alike
    path = write(tmp_path, heic(pictures, pair), "spatial.heic")
    left, right, note = read_both_eyes(path)
    assert off(left.pixels, pictures[pair[0]]) < 2
    assert off(right.pixels, pictures[pair[1]]) < 2
    assert note == "spatial.heic is a spatial photo with both eyes."


def test_two_pictures_in_a_heic(tmp_path: Path) -> None:
    pair = eyes()
    path = write(tmp_path, heic([pair[0], texture(60, 46), pair[1]]), "both.heic")
    left, right, note = read_both_eyes(path)
    assert off(left.pixels, pair[0]) < 2 and off(right.pixels, pair[1]) < 2
    assert note == "both.heic holds two pictures; the first was taken for the left eye."


def test_a_heic_of_one_view(tmp_path: Path) -> None:
    path = write(tmp_path, heic([texture()]), "photo.heic")
    with pytest.raises(PhotoError, match=r"photo\.heic holds one view"):
        read_both_eyes(path)


@pytest.mark.parametrize("size", [(120, 90), (90, 120), (121, 80)])
def test_side_by_side(tmp_path: Path, size: tuple[int, int]) -> None:
    pair = eyes(*size)
    left, right, note = read_both_eyes(write(tmp_path, png(np.hstack(pair))))
    np.testing.assert_array_equal(left.pixels, pair[0])
    np.testing.assert_array_equal(right.pixels, pair[1])
    expected = Camera.from_focal_35mm(*size)
    assert left.camera.focal_px == pytest.approx(expected.focal_px)
    assert left.camera.center_px == expected.center_px
    assert note == "both.png holds both eyes side by side."


def test_the_middle_column_of_an_odd_width_belongs_to_neither(tmp_path: Path) -> None:
    left, right = eyes()
    both = np.hstack([left, np.zeros((HEIGHT, 1, 3), np.uint8), right])
    photos = read_both_eyes(write(tmp_path, png(both)))
    np.testing.assert_array_equal(photos[0].pixels, left)
    np.testing.assert_array_equal(photos[1].pixels, right)


def test_a_focal_length_is_that_of_one_eye(tmp_path: Path) -> None:
    data = png(np.hstack(eyes()), exif=exif_bytes(FocalLengthIn35mmFilm=50))
    left, right, _ = read_both_eyes(write(tmp_path, data))
    expected = Camera.from_focal_35mm(WIDTH, HEIGHT, 50).focal_px
    assert left.camera.focal_px == pytest.approx(expected)
    assert left.focal_source == right.focal_source == "exif"


def test_sixteen_to_nine_is_squeezed(tmp_path: Path) -> None:
    pair = eyes(320, 180)
    squeezed = [np.asarray(Image.fromarray(eye).resize((160, 180))) for eye in pair]
    left, right, note = read_both_eyes(write(tmp_path, png(np.hstack(squeezed))))
    assert left.pixels.shape == right.pixels.shape == (180, 320, 3)
    assert off(left.pixels, pair[0]) < 12
    assert left.camera.width == 320
    assert note.endswith("squeezed to half their width: stretched.")


def test_side_by_side_is_reduced(tmp_path: Path) -> None:
    left, right, _ = read_both_eyes(write(tmp_path, png(np.hstack(eyes()))), longest_side=60)
    assert left.pixels.shape == right.pixels.shape == (45, 60, 3)


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (texture(240, 90), "holds one view"),
        (np.full((90, 240, 3), 99, np.uint8), "holds one view"),
        (np.repeat(np.linspace(0, 255, 90).astype(np.uint8), 720).reshape(90, 240, 3), "one view"),
        (texture(90, 120), "too narrow to hold two eyes"),
        (texture(60, 40), "too narrow to hold two eyes"),
    ],
)
def test_pictures_of_one_view(tmp_path: Path, pixels: np.ndarray, words: str) -> None:
    with pytest.raises(PhotoError, match=words) as caught:
        read_both_eyes(write(tmp_path, png(pixels)))
    assert caught.value.mend == "Name the left and the right picture."


def test_likeness_sees_through_exposure_noise_and_disparity() -> None:
    left, right = eyes(disparity=12)
    rng = np.random.default_rng(0)
    dark = (right * 0.4 + rng.normal(0, 3, right.shape)).clip(0, 255).astype(np.uint8)
    assert likeness(left, dark) > 0.7
    assert likeness(left, texture(seed=9)) < 0.5


@pytest.mark.parametrize("kind", ["mpo", "heic"])
def test_damaged_files_give_eyes_or_an_error(tmp_path: Path, kind: str) -> None:
    data = mpo(list(eyes())) if kind == "mpo" else heic(list(eyes()), (0, 1))
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = np.frombuffer(data, np.uint8).copy()
        spots = rng.integers(0, rng.choice([600, len(data)]), rng.integers(1, 9))
        broken[spots] = rng.integers(0, 256, len(spots))
        try:
            left, _, _ = read_both_eyes(write(tmp_path, broken.tobytes(), f"both.{kind}"))
        except PhotoError as error:
            assert error.mend
        else:
            assert left.pixels.dtype == np.uint8
