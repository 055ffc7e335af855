from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stereopsis.errors import PhotoError, RigError
from stereopsis.scene.camera import Camera
from stereopsis.scene.stereo_file import read_stereo
from tests.scene.eyes import HEIGHT, WIDTH, eyes, texture
from tests.scene.pictures import encode, exif_bytes
from tests.scene.rig_files import opencv_values, rig_to_json, write_opencv
from tests.scene.rigs import rig


def write(path: Path, pixels: np.ndarray, **options: object) -> Path:
    path.write_bytes(encode(Image.fromarray(pixels), "PNG", **options))
    return path


def pair(folder: Path, width: int = WIDTH, height: int = HEIGHT) -> tuple[Path, Path]:
    left, right = eyes(width, height)
    return write(folder / "l.png", left), write(folder / "r.png", right)


def test_two_files(tmp_path: Path) -> None:
    given = read_stereo(*pair(tmp_path))
    np.testing.assert_array_equal(given.left.pixels, eyes()[0])
    np.testing.assert_array_equal(given.right.pixels, eyes()[1])
    assert (given.shown, given.rig, given.notes) == ("left", None, ())
    assert given.shown_photo is given.left


def test_either_eye_may_be_shown(tmp_path: Path) -> None:
    given = read_stereo(*pair(tmp_path), shown="right")
    assert given.shown == "right"
    assert given.shown_photo is given.right


def test_one_file_with_both_eyes(tmp_path: Path) -> None:
    given = read_stereo(write(tmp_path / "both.png", np.hstack(eyes())), longest_side=60)
    assert given.left.pixels.shape == given.right.pixels.shape == (45, 60, 3)
    assert given.notes == ("both.png holds both eyes side by side.",)


@pytest.mark.parametrize("large", ["left", "right"])
def test_the_larger_picture_is_reduced(tmp_path: Path, large: str) -> None:
    left, right = eyes()
    sizes = {"left": (360, 271), "right": (WIDTH, HEIGHT)}
    if large == "right":
        sizes = {"left": (WIDTH, HEIGHT), "right": (360, 271)}
    names = [
        write(tmp_path / f"{eye}.png", np.asarray(Image.fromarray(pixels).resize(sizes[eye])))
        for eye, pixels in (("left", left), ("right", right))
    ]
    given = read_stereo(*names)
    assert given.left.pixels.shape == given.right.pixels.shape == (HEIGHT, WIDTH, 3)
    assert given.left.camera.focal_px == pytest.approx(given.right.camera.focal_px, rel=0.01)
    assert given.notes == (f"{large}.png was reduced to the 120 x 90 px of the other picture.",)


def test_pictures_of_different_aspect(tmp_path: Path) -> None:
    left = write(tmp_path / "l.png", texture(120, 90))
    for size in ((90, 120), (120, 85)):
        right = write(tmp_path / "r.png", texture(*size))
        words = rf"l\.png is 120 x 90 px, r\.png {size[0]} x {size[1]}\. Crop both"
        with pytest.raises(PhotoError, match=words):
            read_stereo(left, right)


def test_pictures_of_one_name_are_told_apart_by_their_eyes(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    left = write(tmp_path / "a.png", texture(120, 90))
    right = write(tmp_path / "other" / "a.png", texture(90, 120))
    words = r"The left picture is 120 x 90 px, the right one 90 x 120\. Crop both"
    with pytest.raises(PhotoError, match=words):
        read_stereo(left, right)


@pytest.mark.parametrize("knows", ["left", "right"])
def test_a_focal_length_that_one_picture_knows_holds_for_both(tmp_path: Path, knows: str) -> None:
    exif = exif_bytes(FocalLengthIn35mmFilm=50)
    left, right = (
        write(tmp_path / f"{eye}.png", texture(), **({"exif": exif} if eye == knows else {}))
        for eye in ("left", "right")
    )
    given = read_stereo(left, right)
    expected = Camera.from_focal_35mm(WIDTH, HEIGHT, 50).focal_px
    for photo in (given.left, given.right):
        assert photo.camera.focal_px == pytest.approx(expected)
        assert photo.focal_source == "exif"
    other = "right" if knows == "left" else "left"
    words = f"The {other} picture does not tell its focal length; the {knows} one's was taken."
    assert given.notes == (words,)


def test_a_rigs_focal_length_goes_before_the_pictures(tmp_path: Path) -> None:
    exif = exif_bytes(FocalLengthIn35mmFilm=50)
    left, right = (
        write(tmp_path / f"{eye}.png", texture(), **({"exif": exif} if eye == "left" else {}))
        for eye in ("left", "right")
    )
    assert read_stereo(left, right, rig("pinhole")).notes == ()


def test_a_panorama_is_told(tmp_path: Path) -> None:
    given = read_stereo(*pair(tmp_path, 300, 100))
    assert given.notes == (
        "The pictures are 3.0 times as wide as high: depth in panoramas is bent.",
    )


def test_a_rig_is_scaled_to_the_pictures(tmp_path: Path) -> None:
    path = tmp_path / "rig.json"
    path.write_text(rig_to_json(replace(rig(size=160), shown="right")))
    given = read_stereo(*pair(tmp_path, 320, 240), path)
    assert given.rig is not None
    assert (given.rig.left.width, given.rig.right.height) == (320, 240)
    expected = rig(size=160).left.resized(320, 240)
    assert given.rig.left == expected
    assert given.shown == "right"
    assert read_stereo(*pair(tmp_path, 320, 240), path, shown="left").shown == "left"


def test_with_a_rig_longest_side_reduces_pictures_and_lenses(tmp_path: Path) -> None:
    given = read_stereo(*pair(tmp_path, 320, 240), rig(), longest_side=80)
    assert given.rig is not None
    assert given.left.pixels.shape == (60, 80, 3)
    assert given.rig.left == rig().left.resized(80, 60)


def test_with_a_rig_each_picture_has_its_own_size(tmp_path: Path) -> None:
    left, _ = pair(tmp_path, 320, 240)
    given = read_stereo(left, write(tmp_path / "s.png", texture(160, 120)), rig())
    assert given.rig is not None
    assert (given.rig.left.width, given.rig.right.width) == (320, 160)


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("files", [1, 2])
def test_with_a_rig_pictures_stay_as_the_sensor_stored_them(
    tmp_path: Path, files: int, orientation: int
) -> None:
    exif = exif_bytes(orientation)
    seen = eyes() if files == 2 else (np.hstack(eyes()),)
    names = [write(tmp_path / f"{i}.png", pixels, exif=exif) for i, pixels in enumerate(seen)]
    given = read_stereo(*names, rig=rig())
    np.testing.assert_array_equal(given.left.pixels, eyes()[0])
    np.testing.assert_array_equal(given.right.pixels, eyes()[1])


def test_a_rig_file_without_a_size_is_for_the_whole_pictures(tmp_path: Path) -> None:
    values = opencv_values(rig("rational", size=320))
    del values["image_width"], values["image_height"]
    path = write_opencv(tmp_path / "rig.yml", values)
    given = read_stereo(*pair(tmp_path, 320, 240), path, longest_side=160)
    assert given.rig is not None
    assert given.rig.left.focal_px == pytest.approx(rig("rational", size=160).left.focal_px)


@pytest.mark.parametrize("as_file", [True, False])
def test_a_rig_for_pictures_of_another_aspect(tmp_path: Path, as_file: bool) -> None:
    path = tmp_path / "rig.json"
    path.write_text(rig_to_json(rig()))
    name = r"rig\.json" if as_file else "the rig"
    words = rf"l\.png is 120 x 100 px; {name} is for 160 x 120 px\. Name the raw picture"
    with pytest.raises(RigError, match=words):
        read_stereo(*pair(tmp_path, 120, 100), path if as_file else rig())


def test_an_impossible_rig_from_a_program(tmp_path: Path) -> None:
    given = replace(rig(), T_right_from_left=np.eye(4, dtype=np.float32))
    with pytest.raises(RigError, match="eyes of the rig would be 0 m apart"):
        read_stereo(*pair(tmp_path, 160, 120), given)


def test_a_missing_picture(tmp_path: Path) -> None:
    left, _ = pair(tmp_path)
    with pytest.raises(PhotoError, match="There is no file"):
        read_stereo(left, tmp_path / "none.png")
