from contextlib import nullcontext
from dataclasses import replace

import cv2
import numpy as np
import pytest

from stereopsis.depth.choose import Choice, choose_depth, estimate_stereo_depth, judge
from stereopsis.depth.look import MATCHED_PIXELS, SEEN_SIDE, look_with_both_eyes
from stereopsis.depth.rectify import in_opencv_pixels, transform
from stereopsis.errors import PhotoError
from stereopsis.runtime.network import Network, open_network
from stereopsis.scene.rig import Lens, Rig
from stereopsis.scene.stereo import Eye, StereoPair
from tests.depth.eyes import CAMERA, as_pair, intrinsics
from tests.depth.two_planes import CARD, FAR_PX, HEIGHT, NEAR_PX, WIDTH, grain, two_planes
from tests.networks import like_stereo
from tests.scene.rigs import transform as rig_transform

EYES: tuple[Eye, Eye] = ("left", "right")
SEEN = two_planes()
BLANK = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return open_network(like_stereo(tmp_path_factory.mktemp("net") / "stub.onnx"))


def pair(shown: Eye = "left") -> StereoPair:
    return as_pair(SEEN.left, SEEN.right, shown)


def relative(shown: Eye) -> np.ndarray:
    """What the relative inverse depth is in truth."""
    disparity = SEEN.left_disparity if shown == "left" else SEEN.right_disparity
    return np.asarray((disparity - FAR_PX) / (NEAR_PX - FAR_PX))


def turned(degrees: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The right picture after its eye has turned, and the homography that did it."""
    rotation = cv2.Rodrigues(np.radians(degrees))[0]
    turn = intrinsics(CAMERA.focal_px) @ rotation @ np.linalg.inv(intrinsics(CAMERA.focal_px))
    return cv2.warpPerspective(
        SEEN.right,
        in_opencv_pixels(turn),
        (WIDTH, HEIGHT),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    ), turn


def is_right(choice: Choice, shown: Eye) -> bool:
    depth = choice.depth
    off = np.abs(depth.inverse_depth - relative(shown))[depth.valid]
    return bool(depth.valid.mean() > 0.9 and np.percentile(off, 95) < 0.1)


@pytest.mark.parametrize("shown", EYES)
def test_a_proper_pair_is_measured_in_the_frame_of_the_shown_eye(
    network: Network, shown: Eye
) -> None:
    stages: list[str] = []
    choice = choose_depth(pair(shown), network, lambda name: nullcontext(stages.append(name)))
    assert (choice.depth.source, choice.depth.scale) == ("stereo", "relative")
    assert choice.depth.reason.startswith(f"Measured with both eyes, for the {shown} one: ")
    assert choice.depth.uncertainty is not None and choice.second_eye is not None
    assert 0 < choice.trust <= 1
    assert is_right(choice, shown)
    assert choice.photo is choice.look.flat.shown_photo
    assert stages == ["undistort", "rectify", "match", "judge"]
    sign = 1 if shown == "left" else -1
    assert choice.second_eye.far_px == pytest.approx(sign * FAR_PX, abs=0.5)
    assert choice.second_eye.near_px == pytest.approx(sign * NEAR_PX, abs=0.5)


@pytest.mark.parametrize("degrees", [(0.5, 0, 0), (0.3, 0.1, -0.4)])
@pytest.mark.parametrize("shown", EYES)
def test_eyes_that_have_drifted_are_measured_too(
    network: Network, degrees: tuple[float, float, float], shown: Eye
) -> None:
    choice = choose_depth(as_pair(SEEN.left, turned(degrees)[0], shown), network)
    assert choice.depth.source == "stereo", choice.depth.reason
    if shown == "left":
        assert is_right(choice, "left")
    assert "turn of 0.50 degrees" in choice.depth.reason


def test_the_second_eye_knows_where_things_lie_in_its_picture(network: Network) -> None:
    picture, turn = turned((0.5, 0.1, -0.3))
    choice = choose_depth(as_pair(SEEN.left, picture), network)
    assert choice.second_eye is not None
    rng = np.random.default_rng(0)
    wall = rng.uniform((60, 20), (100, 220), (50, 2)).astype(np.float32)
    rows, columns = CARD
    corners = (columns.start, rows.start), (columns.stop, rows.stop)
    card = rng.uniform(*corners, (50, 2)).astype(np.float32)
    for places, nearness, disparity in ((wall, 0.0, FAR_PX), (card, 1.0, NEAR_PX)):
        found = choice.second_eye.locate(places, np.full(50, nearness, np.float32))
        expected = transform(turn, places - np.array([disparity, 0], np.float32))
        assert np.abs(found - expected).max() < 1.0
    np.testing.assert_array_equal(choice.second_eye.pixels, picture)


FOREIGN = two_planes(seed=7).right[::-1].copy()
NOISE = [np.random.default_rng(i).integers(0, 256, BLANK.shape, np.uint8) for i in (1, 2)]
UNUSABLE = {
    "swapped": (SEEN.right, SEEN.left, "look swapped"),
    "identical": (SEEN.left, SEEN.left, "both pictures are the same one"),
    "foreign": (SEEN.left, FOREIGN, "did not show the same scene"),
    "noise": (*NOISE, "did not show the same scene"),
}


@pytest.mark.parametrize("shown", EYES)
@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_pair_that_is_none_falls_back_to_the_shown_eye_alone(
    network: Network, kind: str, shown: Eye
) -> None:
    left, right, why = UNUSABLE[kind]
    choice = choose_depth(as_pair(left, right, shown), network)
    assert choice.depth.source == "mono"
    assert f"from the {shown} picture alone, because " in choice.depth.reason
    assert why in choice.depth.reason and choice.depth.reason.endswith(".")
    assert (choice.trust, choice.second_eye) == (0, None)
    np.testing.assert_array_equal(choice.photo.pixels, left if shown == "left" else right)


@pytest.mark.parametrize("shown", EYES)
@pytest.mark.parametrize("blank", EYES)
def test_where_one_eye_saw_nothing_the_other_is_shown(
    network: Network, blank: Eye, shown: Eye
) -> None:
    left, right = (BLANK, SEEN.right) if blank == "left" else (SEEN.left, BLANK)
    choice = choose_depth(as_pair(left, right, shown), network)
    other = "right" if blank == "left" else "left"
    assert choice.depth.source == "mono"
    assert choice.depth.reason == (
        f"Guessed from the {other} picture alone, because the {blank} picture is nearly uniform."
    )
    np.testing.assert_array_equal(choice.photo.pixels, right if blank == "left" else left)
    assert choice.look.rectification is None


def test_two_blank_eyes_still_have_depth(network: Network) -> None:
    assert choose_depth(as_pair(BLANK, BLANK), network).depth.source == "mono"


def test_a_scene_without_any_depth_is_guessed(network: Network) -> None:
    """Rows agree and all of it matches, but at one disparity."""
    wall = np.tile(SEEN.left[:, :80], (1, 5, 1))
    choice = choose_depth(as_pair(wall[:, :WIDTH], wall[:, 9 : WIDTH + 9]), network)
    assert choice.depth.source == "mono"
    assert choice.depth.reason.endswith("because both eyes see everything about equally far.")


def test_what_was_seen_is_kept_as_far_as_it_went(network: Network) -> None:
    whole = look_with_both_eyes(pair(), network)
    assert judge(whole)[1] is None
    assert (whole.blank, whole.fault) == (None, None)
    assert whole.match is not None and whole.dense is not None
    cut = look_with_both_eyes(as_pair(SEEN.left, SEEN.left), network)
    assert cut.rectification is not None and cut.fault == "same picture twice"
    assert cut.match is None and cut.dense is None
    assert judge(cut)[0] == 0


def enlarged(image: np.ndarray, times: int) -> np.ndarray:
    size = image.shape[1] * times, image.shape[0] * times
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC))


@pytest.mark.parametrize("shown", EYES)
def test_large_pictures_have_depth_of_their_own_size(network: Network, shown: Eye) -> None:
    left, right = (enlarged(eye, 4) for eye in (SEEN.left, SEEN.right))
    large = as_pair(left, right, shown)
    depth = estimate_stereo_depth(large, network)
    assert depth.source == "stereo"
    assert depth.inverse_depth.shape == (4 * HEIGHT, 4 * WIDTH) == depth.valid.shape
    assert depth.uncertainty is not None and depth.uncertainty.shape == depth.valid.shape
    truth = relative(shown).repeat(4, 0).repeat(4, 1)
    off = np.abs(depth.inverse_depth - truth)[depth.valid]
    assert np.percentile(off, 95) < 0.1
    look = look_with_both_eyes(large, network)
    assert look.seen.left.camera.long_side == SEEN_SIDE
    assert look.work.left.pixels[..., 0].size == pytest.approx(MATCHED_PIXELS, rel=0.01)
    assert look.flat.left.pixels.shape == left.shape


def test_a_guess_has_the_picture_s_size_too(network: Network) -> None:
    depth = estimate_stereo_depth(as_pair(SEEN.left, SEEN.left), network)
    assert depth.source == "mono" and depth.inverse_depth.shape == (HEIGHT, WIDTH)
    assert depth.valid.all()


def test_a_rig_is_undistorted_first(network: Network) -> None:
    lens = Lens("pinhole", WIDTH, HEIGHT, (300.0, 300.0), (160.0, 120.0))
    rig = Rig(lens, lens, rig_transform(np.eye(3), (0.064, 0.0, 0.0)))
    choice = choose_depth(replace(pair(), rig=rig), network)
    assert choice.depth.source == "stereo"
    assert choice.photo.focal_source == "rig" and choice.look.flat.rig is None
    assert "undistorted by the rig" in choice.look.flat.notes[0]


@pytest.mark.parametrize("size", [(20, 30), (31, 200)])
def test_too_small_pictures_are_refused(network: Network, size: tuple[int, int]) -> None:
    tiny = SEEN.left[: size[0], : size[1]]
    with pytest.raises(PhotoError):
        estimate_stereo_depth(as_pair(tiny, SEEN.right[: size[0], : size[1]]), network)


def test_a_flat_poster_has_no_depth_to_be_measured(network: Network) -> None:
    poster = grain(3, HEIGHT, WIDTH + 12, 120)
    pair = as_pair(poster[:, :WIDTH], poster[:, 12:])
    depth = choose_depth(pair, network).depth
    assert depth.source == "mono" and "equally far" in depth.reason
