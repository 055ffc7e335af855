import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.depth.stereo import (
    RANGE_SLACK,
    UNKNOWN_RANGE,
    continue_beyond,
    estimate_disparity,
    find_range,
    match_densely,
    match_right,
    open_stereo_network,
)
from stereopsis.errors import PhotoError, WeightsError
from stereopsis.runtime.formats import StereoFormat
from stereopsis.runtime.network import Network, open_network
from tests.depth.two_planes import FAR_PX, HEIGHT, NEAR_PX, WIDTH, grain, two_planes
from tests.networks import like_edition_2, like_stereo

AREA = WIDTH * HEIGHT


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return open_network(like_stereo(tmp_path_factory.mktemp("net") / "stub.onnx"))


def off_px(found: np.ndarray, disparity: np.ndarray) -> float:
    """What nine tenths of the pixels are off by at most."""
    assert found.shape == disparity.shape and found.dtype == np.float32
    return float(np.percentile(np.abs(found - disparity), 90))


def moved(image: np.ndarray, px: int) -> np.ndarray:
    """The picture moved to the left, its border going on."""
    columns = np.clip(np.arange(image.shape[1]) + px, 0, image.shape[1] - 1)
    return np.ascontiguousarray(image[:, columns])


def test_both_planes_lie_where_they_are(network: Network) -> None:
    seen = two_planes()
    match = match_densely(seen.left, seen.right, network)
    assert off_px(match.disparity, seen.left_disparity) < 0.25
    assert match.error_px.shape == match.sure.shape == (HEIGHT, WIDTH)
    assert match.sure.mean() > 0.9


@pytest.mark.parametrize(
    ("px", "wrong", "unseen"), [(10, 40, slice(0, 10)), (-10, -40, slice(50, 60))]
)
def test_what_is_known_goes_on_where_the_other_picture_ends(
    px: int, wrong: int, unseen: slice
) -> None:
    disparity = np.full((4, 60), px, np.float32)
    error_px = np.full((4, 60), 0.5, np.float32)
    disparity[:, unseen], error_px[:, unseen] = wrong, 9.0
    disparity[:, 30], error_px[:, 30] = px + 5, 9.0  # doubtful, but both eyes see the place
    found = continue_beyond(disparity, error_px)
    assert found.dtype == np.float32 and (found[:, unseen] == px).all()
    assert (found[:, 30] == px + 5).all()
    assert (np.delete(found, 30, 1) == px).all()


def test_where_nothing_is_known_all_stays() -> None:
    disparity = np.random.default_rng(0).normal(0, 30, (8, 20)).astype(np.float32)
    assert (continue_beyond(disparity, np.full((8, 20), 9, np.float32)) == disparity).all()


@pytest.mark.parametrize("turned_px", [-30, -8, 7, 40])
def test_eyes_may_be_turned_apart_or_together(network: Network, turned_px: int) -> None:
    seen = two_planes()
    left, right, wanted = (
        array[:, 70:] for array in (seen.left, moved(seen.right, turned_px), seen.left_disparity)
    )
    found = estimate_disparity(
        np.ascontiguousarray(left), np.ascontiguousarray(right[:, :250]), network
    )
    inside = slice(NEAR_PX + 40, WIDTH - 140) if turned_px > 0 else slice(0, 250 - 60)
    assert off_px(found[:, inside], wanted[:, inside] + turned_px) < 0.25


@pytest.mark.parametrize("turned_px", [-90, -60, 40])
def test_nothing_is_sure_that_the_right_picture_does_not_show(
    network: Network, turned_px: int
) -> None:
    seen = two_planes()
    match = match_densely(seen.left, moved(seen.right, turned_px), network)
    matched = np.arange(WIDTH) - seen.left_disparity - turned_px
    shown = (matched >= 0) & (matched < WIDTH)
    assert match.sure[~shown].mean() < 0.02 < 0.8 < match.sure[shown].mean()


@pytest.mark.parametrize("size", [(33, 97), (61, 223), (240, 319)])
def test_sizes_need_be_no_multiples(network: Network, size: tuple[int, int]) -> None:
    wall = grain(3, size[0], size[1] + 5, 128)
    left, right = wall[:, :-5].copy(), wall[:, 5:].copy()
    found = estimate_disparity(left, right, network)
    assert off_px(found, np.full(size, 5, np.float32)) < 0.25


def with_form(folder: Path, form: StereoFormat) -> Network:
    return open_network(like_stereo(folder / "stub.onnx", form))


def told_of(network: Network, tell: Callable[..., None]) -> Callable[..., tuple[np.ndarray, ...]]:
    """The network's run, which first tells of its inputs."""
    run = network.run

    def telling(*inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        tell(*inputs)
        return run(*inputs)

    return telling


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_larger_pictures_than_the_network_is_for_are_reduced(tmp_path: Path, share: float) -> None:
    network, seen = with_form(tmp_path, StereoFormat(-32, 224, int(share * AREA))), two_planes()
    given: list[tuple[int, ...]] = []
    network.run = told_of(network, lambda *inputs: given.append(inputs[0].shape))
    match = match_densely(seen.left, seen.right, network)
    assert off_px(match.disparity, seen.left_disparity) < 0.75
    ((_, height, width, _),) = given
    assert height * width <= share * AREA + 32 * (height + width)
    assert match.sure.shape == match.error_px.shape == (HEIGHT, WIDTH)
    reduced_by = WIDTH / round(WIDTH * share**0.5)
    assert match.error_px.max() == pytest.approx(0.2 * reduced_by, rel=1e-4)


@pytest.mark.parametrize("limits", [(16, 64), (-64, -16), (-4, 300), (0, 14)])
def test_what_lies_beyond_the_network_is_brought_within(
    tmp_path: Path, limits: tuple[int, int]
) -> None:
    """By moving the right picture or, where that is not enough, by reducing both."""
    network, seen = with_form(tmp_path, StereoFormat(*limits, AREA)), two_planes()
    guesses: list[np.ndarray] = []
    network.run = told_of(network, lambda *inputs: guesses.append(inputs[2]))
    found = estimate_disparity(seen.left, seen.right, network)
    assert off_px(found, seen.left_disparity) < 0.5
    assert limits[0] <= guesses[0].min() and guesses[0].max() <= limits[1] + 1


def test_the_right_eye_is_the_left_one_in_the_mirror(network: Network) -> None:
    seen = two_planes()
    ours = match_right(seen.left, seen.right, network)
    assert off_px(ours.disparity, seen.right_disparity) < 0.25
    left, right = (np.ascontiguousarray(eye[:, ::-1]) for eye in (seen.left, seen.right))
    mirrored = match_densely(right, left, network)
    for name in ("disparity", "error_px", "sure"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(mirrored, name)[:, ::-1])


@pytest.mark.parametrize("times", [1, 3])
def test_the_range_holds_all_that_is_seen_and_little_more(times: int) -> None:
    seen = two_planes()
    left, right = (eye.repeat(times, 0).repeat(times, 1) for eye in (seen.left, seen.right))
    low, high = find_range(left, right)
    slack = (RANGE_SLACK + 1.5) * WIDTH * times / 180
    assert FAR_PX * times - slack < low < FAR_PX * times
    assert NEAR_PX * times < high < NEAR_PX * times + slack


def test_swapped_eyes_have_the_range_below_zero() -> None:
    seen = two_planes()
    low, high = find_range(seen.right, seen.left)
    assert low < -NEAR_PX < -FAR_PX < high


def test_the_range_is_a_usual_one_where_nothing_matches() -> None:
    blank = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    assert find_range(blank, blank) == tuple(share * WIDTH for share in UNKNOWN_RANGE)
    noise = [np.random.default_rng(i).integers(0, 256, blank.shape, np.uint8) for i in (1, 2)]
    low, high = find_range(*noise)
    assert -0.15 * WIDTH < low < high < 0.45 * WIDTH


def test_blank_pictures_have_some_disparity(network: Network) -> None:
    blank = np.full((40, 60, 3), 90, np.uint8)
    match = match_densely(blank, blank, network)
    assert np.isfinite(match.disparity).all() and match.disparity.shape == (40, 60)


def test_a_network_may_be_named_or_opened(tmp_path: Path) -> None:
    path, seen = like_stereo(tmp_path / "stub.onnx"), two_planes()
    opened = open_network(path)
    assert open_stereo_network(opened) is opened
    first, second, third = (
        estimate_disparity(seen.left, seen.right, network) for network in (path, str(path), opened)
    )
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)


def test_pictures_of_two_sizes_are_refused(network: Network) -> None:
    left, right = grain(0, 60, 80, 128), grain(0, 60, 81, 128)
    with pytest.raises(PhotoError, match="80 x 60 px and the right one another size"):
        estimate_disparity(left, right, network)


@pytest.mark.parametrize("size", [(31, 400), (400, 31), (1, 1)])
def test_too_small_pictures_are_refused(network: Network, size: tuple[int, int]) -> None:
    image = grain(0, *size, 128)
    with pytest.raises(PhotoError, match=rf"{size[1]} x {size[0]} px; a side needs 32"):
        estimate_disparity(image, image, network)


def test_networks_for_one_eye_and_missing_ones_are_refused(tmp_path: Path) -> None:
    image = grain(0, 60, 80, 128)
    path = like_edition_2(tmp_path / "mono.onnx")
    for network in (path, open_network(path)):
        with pytest.raises(WeightsError, match=r"mono\.onnx is none for two eyes"):
            estimate_disparity(image, image, network)
    with pytest.raises(WeightsError, match=r"none\.onnx is missing"):
        estimate_disparity(image, image, tmp_path / "none.onnx")


def test_the_embedded_network_finds_both_planes() -> None:
    seen = two_planes()
    found = estimate_disparity(seen.left, seen.right)
    assert off_px(cv2.medianBlur(found, 5), seen.left_disparity) < 1.0


@pytest.mark.parametrize("more_px", [60, 120])
def test_the_embedded_network_finds_both_planes_where_all_is_near(more_px: int) -> None:
    seen = two_planes()
    left, right = (cv2.resize(eye, None, fx=2, fy=2) for eye in (seen.left, seen.right))
    wanted = 2 * seen.left_disparity.repeat(2, 0).repeat(2, 1) + more_px
    found = cv2.medianBlur(estimate_disparity(left, moved(right, more_px)), 5)
    inside = slice(more_px + 2 * NEAR_PX, None)
    assert off_px(found[:, inside], wanted[:, inside]) < 1.0


@pytest.mark.parametrize(
    "picture, said",
    [
        ("'l.png'", "no array of pixels but str. Give read_photo(path).pixels."),
        ("np.zeros((40, 40, 3))", "float64 of (40, 40, 3), not uint8 (h, w, 3)."),
    ],
)
def test_says_what_is_no_picture(picture: str, said: str) -> None:
    """In a process of its own, where nothing checks types."""
    code = f"""
import numpy as np
import stereopsis
stereopsis.estimate_disparity({picture}, np.zeros((40, 40, 3), np.uint8))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "PhotoError" in result.stderr and said in result.stderr
