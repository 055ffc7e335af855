from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from stereopsis.depth import undistort as undistort_file
from stereopsis.depth.undistort import common_axes, undistort
from stereopsis.errors import RigError
from stereopsis.scene.camera import Camera
from stereopsis.scene.lens import Lens, LensModel
from stereopsis.scene.photo import Photo
from stereopsis.scene.rig import Rig
from stereopsis.scene.stereo import StereoPair
from tests.scene.rigs import COEFFICIENTS, lens, rig, rotation, transform

Scene = Callable[[np.ndarray], np.ndarray]  # rays (n, 3) from the left lens's axes -> colours


def far_scene(rays: np.ndarray) -> np.ndarray:
    """Soft colours on a sphere at infinity."""
    unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    x, y, z = 5 * unit.T
    waves = np.stack([np.sin(x + 0.3 * z), np.sin(1.3 * y - x), np.sin(0.7 * x * y + z)], axis=-1)
    return 128 + 100 * waves


def rays_of(some: Lens) -> np.ndarray:
    """The ray (h * w, 3) of each pixel, by Newton's method; nonsense where there is none."""
    x, y = np.meshgrid(np.arange(some.width) + 0.5, np.arange(some.height) + 0.5)
    pixels = np.stack([x, y], axis=-1).reshape(-1, 2)

    def drawn_at(bent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        angle = np.maximum(np.linalg.norm(bent, axis=1, keepdims=True), 1e-9)
        rays = np.hstack([np.sin(angle) * bent / angle, np.cos(angle)])
        return some.project(rays.astype(np.float32))[0].astype(np.float64), rays

    bent = (pixels - some.center_px) / some.focal_px
    bent = bent / np.maximum(1, np.linalg.norm(bent, axis=1, keepdims=True))
    for _ in range(10):
        here, _ = drawn_at(bent)
        steps = [(drawn_at(bent + step)[0] - here) / 1e-2 for step in np.eye(2) * 1e-2]
        jacobian = np.stack(steps, axis=-1) + 1e-6 * np.eye(2)
        bent += np.linalg.solve(jacobian, (pixels - here)[..., None])[..., 0].clip(-0.3, 0.3)
    return drawn_at(bent)[1]


def raw_pair(some: Rig, scene: Scene = far_scene, shown: str = "left") -> StereoPair:
    """What the rig takes of a scene at infinity."""
    turns = (np.eye(3), some.T_right_from_left[:3, :3].astype(np.float64))
    photos = []
    for each, lens_from_left in zip((some.left, some.right), turns, strict=True):
        colors = scene(rays_of(each) @ lens_from_left).clip(0, 255).astype(np.uint8)
        pixels = colors.reshape(each.height, each.width, 3)
        photos.append(Photo(pixels, Camera.from_focal_35mm(each.width, each.height)))
    return StereoPair(*photos, shown, some)  # type: ignore[arg-type]


def pinhole_view(camera: Camera, T_right_from_left: np.ndarray) -> np.ndarray:
    """What a pinhole camera along the common axes sees of the scene at infinity."""
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    pixels = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)
    rays = camera.unproject(pixels, np.ones(len(pixels), np.float32))
    return far_scene(rays @ common_axes(T_right_from_left)).reshape(*x.shape, 3)


def sideways(model: LensModel) -> Rig:
    """Both sensors turned by a quarter, looking 30 degrees apart, as those of Project Aria."""
    turn = rotation(x=30)
    right_eye = tuple(rotation(z=-90) @ rotation(y=-15) @ (0.12, 0, 0))
    return replace(rig(model), T_right_from_left=transform(turn, right_eye))


RIGS = {
    **{model: rig(model) for model in COEFFICIENTS},
    "sideways fisheye": sideways("fisheye"),
    "sideways fisheye624": sideways("fisheye624"),
}


@pytest.mark.parametrize("name", RIGS)
def test_both_pictures_become_what_pinhole_cameras_see(name: str) -> None:
    pair = undistort(raw_pair(RIGS[name]))
    assert pair.rig is None
    assert pair.left.camera is pair.right.camera
    expected = pinhole_view(pair.left.camera, RIGS[name].T_right_from_left)
    for photo in (pair.left, pair.right):
        assert photo.focal_source == "rig"
        off = np.abs(photo.pixels - expected)
        assert off.mean() < 0.8
        assert np.quantile(off, 0.999) < 6  # the very border may be half a pixel off


@pytest.mark.parametrize("name", RIGS)
def test_what_both_eyes_see_lies_in_the_same_row(name: str) -> None:
    some = RIGS[name]
    axes = common_axes(some.T_right_from_left)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    right_eye = axes @ some.right_eye
    np.testing.assert_allclose(right_eye / some.baseline_m, (1, 0, 0), atol=1e-6)


def test_the_common_axes_look_between_the_lenses() -> None:
    axes = common_axes(transform(rotation(y=-20), (0.1, 0, 0)))
    np.testing.assert_allclose(axes, np.eye(3), atol=0.2)
    left, right = axes[2, 2], axes[2] @ rotation(y=20)[:, 2]
    assert left == pytest.approx(1) and right == pytest.approx(np.cos(np.radians(20)))


def test_sideways_sensors_give_upright_pictures() -> None:
    """What the raw picture shows on top comes out at the right."""

    def bright_to_the_right(rays: np.ndarray) -> np.ndarray:
        return np.repeat(128 - 200 * rays[:, 1:2], 3, axis=1)

    pair = undistort(raw_pair(sideways("fisheye"), bright_to_the_right))
    raw_rows = raw_pair(sideways("fisheye"), bright_to_the_right).left.pixels.mean(axis=(1, 2))
    columns = pair.left.pixels.mean(axis=(0, 2))
    assert raw_rows[0] > raw_rows[-1] + 50
    assert columns[-1] > columns[0] + 30


@pytest.mark.parametrize("name", RIGS)
def test_every_pixel_was_seen_by_both_lenses(name: str) -> None:
    some = RIGS[name]
    camera = undistort(raw_pair(some)).left.camera
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    pixels = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)
    rays = camera.unproject(pixels, np.ones(len(pixels), np.float32))
    rays = rays @ common_axes(some.T_right_from_left)
    for each, turn in ((some.left, np.eye(3)), (some.right, some.T_right_from_left[:3, :3])):
        raw, drawn = each.project((rays @ turn.T).astype(np.float32))
        inside = drawn & ((raw > 0) & (raw < (each.width, each.height))).all(axis=1)
        assert inside.mean() > 0.995


def test_the_view_is_at_most_100_degrees_and_not_too_long() -> None:
    wide = Lens("fisheye", 320, 200, (100.0, 100.0), (160.0, 100.0), (0.0, 0.0, 0.0, 0.0))
    some = Rig(wide, wide, transform(np.eye(3), (0.06, 0, 0)))
    camera = undistort(raw_pair(some)).left.camera
    assert 2 * np.degrees(np.arctan(camera.width / 2 / camera.focal_px)) == pytest.approx(100, 0.01)
    assert camera.focal_px == pytest.approx(100, 0.01)
    narrow = Lens("pinhole", 320, 50, (250.0, 250.0), (160.0, 25.0))
    some = Rig(narrow, narrow, transform(np.eye(3), (0.06, 0, 0)))
    camera = undistort(raw_pair(some)).left.camera
    assert 1.9 <= camera.width / camera.height <= 2.2


def test_a_pinhole_rig_keeps_its_pictures() -> None:
    plain = lens()
    square = replace(plain, focal_px=(plain.focal_px[0],) * 2)
    raw = raw_pair(Rig(square, square, transform(np.eye(3), (0.06, 0, 0))))
    pair = undistort(raw)
    assert pair.left.camera.focal_px == pytest.approx(square.focal_px[0], rel=1e-3)
    height, width = pair.left.pixels.shape[:2]
    assert width >= 157 and height >= 117
    np.testing.assert_array_equal(pair.left.pixels, pair.right.pixels)


@pytest.mark.parametrize("shown", ["left", "right"])
def test_the_note_tells_what_is_kept_of_the_shown_picture(shown: str) -> None:
    raw = replace(raw_pair(rig("fisheye"), shown=shown), notes=("First.",))
    pair = undistort(raw)
    assert pair.shown == shown
    assert pair.notes[0] == "First."
    assert pair.notes[1].startswith("The pictures were undistorted by the rig: ")
    assert f"% of the {shown} one is kept, " in pair.notes[1]
    assert pair.notes[1].endswith(" degrees of view.")


@pytest.mark.parametrize("longest_side", [50, 100, 1000])
def test_longest_side(longest_side: int) -> None:
    raw = raw_pair(rig("fisheye", size=240))
    full, pair = undistort(raw), undistort(raw, longest_side)
    assert pair.left.camera.long_side <= max(longest_side, 50)
    scale = pair.left.camera.long_side / full.left.camera.long_side
    assert scale == pytest.approx(min(1, longest_side / full.left.camera.long_side), abs=0.01)
    assert pair.left.camera.focal_px == pytest.approx(full.left.camera.focal_px * scale, rel=0.03)
    expected = pinhole_view(pair.left.camera, rig("fisheye").T_right_from_left)
    for photo in (pair.left, pair.right):
        assert np.abs(photo.pixels - expected).mean() < 2


def test_large_pictures_are_interpolated_linearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undistort_file, "CUBIC_PIXELS", 0)
    pair = undistort(raw_pair(rig("rational", size=240)))
    expected = pinhole_view(pair.left.camera, rig().T_right_from_left)
    assert np.abs(pair.right.pixels - expected).mean() < 0.8


def test_without_a_rig_both_get_the_camera_of_the_shown_picture() -> None:
    pixels = np.zeros((40, 50, 3), np.uint8)
    left = Photo(pixels, Camera.from_focal_35mm(50, 40), "default")
    right = Photo(pixels, Camera.from_focal_35mm(50, 40, 50), "exif")
    pair = undistort(StereoPair(left, right, "right", notes=("First.",)))
    assert pair.left.camera is pair.right.camera is right.camera
    assert pair.left.focal_source == "exif"
    assert pair.left.pixels is left.pixels
    assert pair.notes == ("First.",)


@pytest.mark.parametrize("degrees", [47, 75, 170, 180])
def test_lenses_that_see_nothing_in_common(degrees: float) -> None:
    some = rig("pinhole", rotation(y=degrees))
    blank = Photo(np.zeros((120, 160, 3), np.uint8), Camera.from_focal_35mm(160, 120))
    with pytest.raises(RigError, match="see hardly anything in common"):
        undistort(StereoPair(blank, blank, rig=some))


def test_a_rig_that_leaves_hardly_anything_of_the_picture() -> None:
    wide = Lens("pinhole", 800, 600, (40.0, 40.0), (400.0, 300.0))
    blank = Photo(np.zeros((600, 800, 3), np.uint8), Camera.from_focal_35mm(800, 600))
    some = Rig(wide, wide, transform(np.eye(3), (0.06, 0, 0)))
    with pytest.raises(RigError, match=r"The rig leaves 2% of the right picture"):
        undistort(StereoPair(blank, blank, rig=some, shown="right"))


def test_a_lens_that_looks_through_the_other() -> None:
    with pytest.raises(RigError, match="see hardly anything in common"):
        common_axes(transform(np.eye(3), (0, 0, 0.1)))


def test_the_view_through_a_telephoto_lens_is_found() -> None:
    far = Lens("pinhole", 160, 120, (5000.0, 5000.0), (80.0, 60.0))
    blank = Photo(np.zeros((120, 160, 3), np.uint8), Camera.from_focal_35mm(160, 120))
    some = Rig(far, far, transform(np.eye(3), (0.06, 0, 0)))
    camera = undistort(StereoPair(blank, blank, rig=some)).left.camera
    assert camera.width >= 157 and camera.height >= 117


def test_pictures_of_another_size_than_the_lenses_are_a_bug() -> None:
    blank = Photo(np.zeros((60, 80, 3), np.uint8), Camera.from_focal_35mm(80, 60))
    with pytest.raises(AssertionError):
        StereoPair(blank, blank, rig=rig())
