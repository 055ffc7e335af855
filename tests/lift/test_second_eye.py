"""A disk before a patterned wall, seen by two eyes: the truth of every hidden pixel is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.lift.cut import cut
from stereopsis.lift.grow import grow
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.place import place, relative_from_scene
from stereopsis.lift.second_eye import look
from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.layers import LayeredImage
from stereopsis.scene.second_eye import SecondEye
from tests.lift import scenes

FAR_PX, NEAR_PX = 4.5, 18.5  # scenes.FAR and scenes.NEAR are the far and the near end of place()
SIDES = pytest.mark.parametrize("side", [1, -1], ids=["left shown", "right shown"])


def wall(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The wall's colours, never red, at places of the shown photo or beyond its border."""
    red, green, blue = 40 + 20 * np.sin(x / 5), 150 + 60 * np.sin(x / 7 + y / 9), 120 + x / 3
    return np.stack([red, green, blue], axis=-1)


def seen_from(shift_px: float, scale: int = 1) -> np.ndarray:
    """The picture of an eye to which the wall has moved so much to the left, the disk more."""
    height, width = scale * scenes.HEIGHT, scale * scenes.WIDTH
    y, x = (np.mgrid[:height, :width] + 0.5) / scale
    picture = wall(x + shift_px * FAR_PX, y)
    from_middle = x + shift_px * NEAR_PX - scenes.WIDTH / 2
    picture[np.hypot(from_middle, y - scenes.HEIGHT / 2) < scenes.RADIUS] = scenes.RED
    return np.rint(picture).astype(np.uint8)


def grown() -> LayeredImage:
    inverse_depth = np.where(scenes.disk(), scenes.NEAR, scenes.FAR).astype(np.float32)
    layers = cut(seen_from(0.0), inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    return grow(layers, scenes.PARALLAX_PX, scenes.WINDOW)


def eye(side: int, scale: int = 1) -> SecondEye:
    """The right eye (1), or the left one (-1) of a pair whose right eye is shown."""
    rows_from_other = np.diag([1 / scale, 1 / scale, 1.0])
    far_px, near_px = side * FAR_PX, side * NEAR_PX
    return SecondEye(seen_from(side, scale), np.eye(3), rows_from_other, far_px, near_px)


def painted(second_eye: SecondEye | None) -> LayeredImage:
    layers = inpaint(grown(), scenes.PARALLAX_PX, second_eye=second_eye)
    layers.check()
    return layers


def behind(layers: LayeredImage) -> np.ndarray:
    """The wall's hidden pixels (n,): those behind the disk and those past the border."""
    return layers.hidden & (layers.inverse_depth < 0.5)


def truth(layers: LayeredImage) -> np.ndarray:
    return wall(layers.x + 0.5, layers.y + 0.5)


def view_of(layers: LayeredImage, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether the second eye's picture reaches each pixel of the wall; px to the disk's rim."""
    x, y = layers.x + 0.5 - side * FAR_PX, layers.y + 0.5
    inside = (x > 0.5) & (x < scenes.WIDTH - 0.5) & (y > 0.5) & (y < scenes.HEIGHT - 0.5)
    from_middle = x + side * NEAR_PX - scenes.WIDTH / 2
    return inside, np.hypot(from_middle, y - scenes.HEIGHT / 2) - scenes.RADIUS


@SIDES
def test_the_second_eye_shows_what_lies_behind_the_front(side: int) -> None:
    layers = painted(eye(side))
    inside, to_rim = view_of(layers, side)
    seen = behind(layers) & inside & (to_rim > 3)
    assert seen.sum() > 300
    assert np.abs(layers.color - truth(layers))[seen].max() < 3
    most = (behind(layers) & inside & (to_rim > 0)).sum()
    assert seen.sum() <= layers.seen_count <= most


@SIDES
def test_what_both_eyes_miss_is_as_without_the_second(side: int) -> None:
    layers, alone = painted(eye(side)), painted(None)
    inside, to_rim = view_of(layers, side)
    missed = behind(layers) & inside & (to_rim < -10)
    assert missed.sum() > 100
    change = np.abs(layers.color.astype(int) - alone.color)[missed]
    assert np.median(change) < 20  # only what diffuses from its new neighbours


@SIDES
def test_the_front_never_leaks_into_the_wall(side: int) -> None:
    layers = painted(eye(side))
    assert (layers.color[behind(layers), 0] < 100).all()


def test_it_would_leak_if_the_front_were_taken_to_land_elsewhere() -> None:
    layers = painted(replace(eye(1), near_px=FAR_PX + 40))
    assert (layers.color[behind(layers), 0] > 100).any()


@SIDES
def test_the_picture_goes_on_where_the_second_eye_sees_further(side: int) -> None:
    layers, alone = painted(eye(side)), painted(None)
    inside, to_rim = view_of(layers, side)
    past = layers.x >= scenes.WIDTH if side > 0 else layers.x < 0
    past &= behind(layers) & inside & (to_rim > 3)
    assert past.sum() > 100
    errors = [np.abs(each.color - truth(each))[past].mean() for each in (alone, layers)]
    assert errors[1] < 1 < errors[0]


def test_a_larger_picture_gives_the_same_colours() -> None:
    layers, finer = painted(eye(1)), painted(eye(1, scale=4))
    assert abs(layers.seen_count - finer.seen_count) < 0.02 * layers.seen_count
    inside, to_rim = view_of(layers, 1)
    seen = behind(layers) & inside & (to_rim > 3)
    assert np.abs(layers.color.astype(int) - finer.color)[seen].max() <= 4


def test_depth_and_what_is_shown_stay() -> None:
    layers, alone = painted(eye(1)), painted(None)
    shown = slice(0, layers.visible_count)
    assert (layers.color[shown] == alone.color[shown]).all()
    assert (layers.inverse_depth == alone.inverse_depth).all()
    assert (layers.links == alone.links).all()


def test_an_eye_that_looks_elsewhere_changes_nothing() -> None:
    away = replace(eye(1), far_px=5000.0, near_px=5014.0)
    layers, alone = painted(away), painted(None)
    assert layers.seen_count == alone.seen_count == 0
    assert (layers.color == alone.color).all()


@settings(max_examples=15)
@given(st.integers(0, 2**31))
def test_no_second_eye_breaks_the_layers(seed: int) -> None:
    generator = np.random.default_rng(seed)
    color, inverse_depth = scenes.noise(seed)
    layers = cut(color, inverse_depth, scenes.PARALLAX_PX, config=scenes.SHARP)
    layers = grow(layers, scenes.PARALLAX_PX, scenes.WINDOW)
    picture = generator.integers(0, 256, (30, 50, 3), dtype=np.uint8)
    wild = [np.eye(3) + generator.normal(0, 0.3, (3, 3)) for _ in range(2)]
    wrong = SecondEye(picture, *wild, *generator.normal(0, 40, 2).tolist())
    result = inpaint(layers, scenes.PARALLAX_PX, second_eye=wrong)
    result.check()
    alone = inpaint(layers, scenes.PARALLAX_PX)
    assert (result.color[: layers.visible_count] == alone.color[: layers.visible_count]).all()
    assert (result.inverse_depth == alone.inverse_depth).all()


def test_an_eye_whose_horizon_crosses_the_picture_breaks_nothing() -> None:
    horizon = np.array([[1.0, 0, 0], [0, 1, 0], [-4 / scenes.WIDTH, 0, 1]])
    layers, alone = painted(replace(eye(1), rows_from_shown=horizon)), painted(None)
    assert (layers.inverse_depth == alone.inverse_depth).all()


def test_a_front_that_the_second_eye_sees_wider_has_no_holes() -> None:
    """Its pixels land half as far apart again; the wall behind it must not be seen in between."""
    height, width = 40, 80
    x = np.mgrid[:height, :width][1]
    is_front = (x >= 20) & (x < 60)
    relative = np.where(is_front, 1.0 - 0.5 * (x - 20) / NEAR_PX, 0.0)
    relative = np.maximum(relative, 0.3 * is_front).astype(np.float32)
    depth = DepthMap(relative, np.ones_like(is_front), "relative", "file", "Made up.")
    scene, _ = place(depth, Camera.from_focal_35mm(width, height))
    layers = cut(np.zeros((height, width, 3), np.uint8), scene, 40.0, config=scenes.SHARP)
    layers = grow(layers, 40.0, scenes.WINDOW)
    picture = np.zeros((height, width, 3), np.uint8)
    seen = look(layers, SecondEye(picture, np.eye(3), np.eye(3), 0.0, NEAR_PX)).seen
    front_ends = 60 - 0.3 * NEAR_PX
    back = layers.hidden & (layers.y >= 0) & (layers.y < height) & (layers.inverse_depth < 0.3)
    covered = back & (layers.x > 20) & (layers.x < front_ends - 2)
    revealed = back & (layers.x > front_ends + 2) & (layers.x < 58)
    assert covered.sum() > 500 and not seen[covered].any()
    assert revealed.sum() > 30 and seen[revealed].all()


def test_relative_depth_comes_back_from_the_scene() -> None:
    relative = np.linspace(0, 1, 48, dtype=np.float32).reshape(6, 8)
    depth = DepthMap(relative, np.ones((6, 8), np.bool_), "relative", "file", "Made up.")
    scene, _ = place(depth, Camera.from_focal_35mm(8, 6))
    assert relative_from_scene(scene) == pytest.approx(relative, abs=1e-6)


def test_turned_eyes_are_looked_up_where_they_look() -> None:
    """The second eye's picture is turned by a few degrees; the homography knows it."""
    straight = eye(1)
    turn = np.vstack([cv2.getRotationMatrix2D((64.0, 48.0), 4.0, 1.0), [0, 0, 1]])
    from_corner = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])  # OpenCV's pixels from ours
    warp = from_corner @ turn @ np.linalg.inv(from_corner)
    turned = cv2.warpPerspective(straight.pixels, warp, (scenes.WIDTH, scenes.HEIGHT))
    layers = painted(replace(straight, pixels=turned, rows_from_other=np.linalg.inv(turn)))
    inside, to_rim = view_of(layers, 1)
    central = (np.abs(layers.x - 64) < 50) & (np.abs(layers.y - 48) < 35)
    seen = behind(layers) & inside & central & (to_rim > 4)
    assert seen.sum() > 200
    assert np.abs(layers.color - truth(layers))[seen].max() < 6
