from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.depth import mono
from stereopsis.depth.mono import (
    UNSURE,
    combine_errors,
    doubt_about,
    estimate_depth,
    guess_depth,
    input_size,
)
from stereopsis.errors import DepthError, OptionError, PhotoError
from stereopsis.pipeline import photo_to_3d
from stereopsis.runtime.catalogue import DEPTH_ANYTHING_V2_SMALL, MIDAS_SMALL
from stereopsis.runtime.formats import LONGEST_INPUT, DepthFormat, PictureFormat
from stereopsis.runtime.manifest import Manifest, Port
from stereopsis.runtime.network import Network, open_network
from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo
from tests.networks import like_depth_anything, like_edition_2, like_midas_small

OURS = Manifest(
    name="ours",
    inputs=(Port("image", "uint8", ("n", "h", "w", 3)),),
    outputs=(Port("inverse_depth", "float32", ("n", "h", "w")),),
    licence="Apache-2.0",
    multiple=32,
)
AREA = PictureFormat().pixels


def photo(height: int, width: int, seed: int = 0) -> Photo:
    """A smooth random picture."""
    waves = np.random.default_rng(seed).uniform(0.5, 4, (3, 2))
    y, x = np.mgrid[:height, :width] / max(height, width)
    pixels = [127 + 120 * np.sin(2 * np.pi * (a * x + b * y)) for a, b in waves]
    return Photo(np.stack(pixels, 2).astype(np.uint8), Camera.from_focal_35mm(width, height))


def mirrored(original: Photo) -> Photo:
    return replace(original, pixels=np.ascontiguousarray(original.pixels[:, ::-1]))


@pytest.fixture
def tiny(build_network):
    return open_network(build_network(multiple=32), threads=1)


@given(st.integers(32, 20_000), st.integers(32, 20_000), st.sampled_from([32, 14, 1]))
def test_the_network_sees_multiples_of_about_the_same_area(width: int, height: int, multiple: int):
    seen = input_size(width, height, replace(OURS, multiple=multiple))
    assert all(side % multiple == 0 and 64 <= side <= LONGEST_INPUT for side in seen)
    if max(width, height) <= 3 * min(width, height):
        assert seen[0] * seen[1] == pytest.approx(AREA, rel=0.3)
        assert seen[0] / seen[1] == pytest.approx(width / height, rel=0.3)


@given(st.integers(32, 20_000), st.integers(32, 20_000))
def test_fixed_sides_stay_as_they_are(width: int, height: int) -> None:
    assert input_size(width, height, MIDAS_SMALL.manifest) == (256, 256)


@pytest.mark.parametrize("size", [(32, 32), (33, 5000), (480, 96), (301, 203)])
def test_every_pixel_gets_relative_depth(tiny, size: tuple[int, int]) -> None:
    depth = estimate_depth(photo(*size), tiny)
    assert depth.inverse_depth.shape == size
    assert depth.valid.all()
    assert (depth.scale, depth.source) == ("relative", "mono")
    assert "tiny 1 (Apache-2.0)" in depth.reason
    assert depth.uncertainty is None
    low, high = np.percentile(depth.inverse_depth, [1, 99])
    assert (low, high) == pytest.approx((0, 1), abs=0.05)


def test_the_guess_has_the_network_s_own_size(tiny) -> None:
    guess = guess_depth(photo(300, 400), tiny)
    assert guess.inverse_depth.shape == (288, 384)
    low, high = np.percentile(guess.inverse_depth, [1, 99])
    assert (low, high) == pytest.approx((0, 1), abs=1e-5)


def foreign(path, model) -> Network:
    return open_network(path, threads=1, manifest=replace(model.manifest, sha256=""))


def test_networks_of_others_see_the_picture_as_they_want_it(tmp_path) -> None:
    """Whatever the layout and range, the mean over colours comes back, up to scale and shift."""
    scene = photo(300, 400)
    anything = foreign(like_depth_anything(tmp_path / "a.onnx"), DEPTH_ANYTHING_V2_SMALL)
    midas = foreign(like_midas_small(tmp_path / "m.onnx"), MIDAS_SMALL)
    guess = guess_depth(scene, anything)
    assert guess.inverse_depth.shape == (448, 602)
    assert guess_depth(scene, midas).inverse_depth.shape == (256, 256)
    grey = DepthMap.relative(
        scene.pixels.mean(axis=2), np.ones((300, 400), np.bool_), "mono", "grey"
    ).inverse_depth
    for network, tolerance in ((midas, 0.03), (anything, 0.06)):
        seen = estimate_depth(scene, network).inverse_depth
        assert np.abs(seen - grey).max() < tolerance


def test_a_photo_of_one_colour_with_a_plain_network_is_told_of(tmp_path) -> None:
    midas = foreign(like_midas_small(tmp_path / "m.onnx"), MIDAS_SMALL)
    wall = Photo(np.full((64, 64, 3), 90, np.uint8), Camera.from_focal_35mm(64, 64))
    with pytest.raises(DepthError, match=r"m\.onnx finds everything in the photo equally far"):
        estimate_depth(wall, midas)


def test_metres_stay_metres(tmp_path) -> None:
    path = like_depth_anything(tmp_path / "a.onnx", gain=0.2, offset=3.0)
    manifest = replace(
        DEPTH_ANYTHING_V2_SMALL.manifest, sha256="", depth=DepthFormat("metric_depth")
    )
    scene = photo(200, 300)
    depth = estimate_depth(scene, open_network(path, manifest=manifest))
    assert depth.scale == "metric"
    metres = 1 / depth.inverse_depth
    assert 2.0 < metres.min() < metres.max() < 4.0
    assert np.corrcoef(metres.ravel(), scene.pixels.mean(axis=2).ravel())[0, 1] > 0.99


def test_sharpened_metres_are_nowhere_beyond_infinity(tmp_path, monkeypatch) -> None:
    path = like_depth_anything(tmp_path / "a.onnx", gain=0.2, offset=3.0)
    depth = DepthFormat("metric_depth", detail_pixels=640 * 480)
    manifest = replace(DEPTH_ANYTHING_V2_SMALL.manifest, sha256="", depth=depth)
    monkeypatch.setattr(mono, "transfer_detail", lambda layout, detail: layout - layout.mean())
    guess = guess_depth(photo(200, 300), open_network(path, manifest=manifest))
    assert guess.scale == "metric"
    assert guess.inverse_depth.min() == 0 < guess.inverse_depth.max()


def test_the_error_is_brought_to_the_units_of_the_map(tmp_path) -> None:
    network = open_network(like_edition_2(tmp_path / "two.onnx", error=0.5))
    depth = guess_depth(photo(288, 384), network)
    values = depth.inverse_depth
    deviation = np.abs(values - np.median(values)).mean()
    assert depth.uncertainty is not None
    np.testing.assert_allclose(depth.uncertainty, 0.5 * deviation, rtol=0.01)


def test_disagreement_with_the_mirror_image_adds_to_the_error(tmp_path) -> None:
    """Each row leans by the same amount whatever it shows; passes agree only in the middle."""
    network = open_network(like_edition_2(tmp_path / "two.onnx", error=0.1, tilt=0.5))
    scene = photo(288, 384)
    both, one = (guess_depth(scene, network, mirror=mirror) for mirror in (True, False))
    assert both.uncertainty is not None and one.uncertainty is not None
    row = both.uncertainty.mean(axis=0)
    middle = len(row) // 2
    assert row[0] > 2 * row[middle] and row[-1] > 2 * row[middle]
    assert np.ptp(one.uncertainty) < 0.1 * one.uncertainty.mean()


def test_errors_add_as_independent_ones_do() -> None:
    passes = np.stack([np.full((4, 6), 1.0), np.full((4, 6), 1.8)]).astype(np.float32)
    errors = np.stack([np.full((4, 6), 0.2), np.full((4, 6), 0.4)]).astype(np.float32)
    np.testing.assert_allclose(combine_errors(passes, errors), 0.5, rtol=1e-6)
    np.testing.assert_array_equal(combine_errors(passes[:1], errors[:1]), errors[0])


def test_uncertainty_is_enlarged_with_the_depth(tmp_path) -> None:
    network = open_network(like_edition_2(tmp_path / "two.onnx", tilt=0.2))
    depth = estimate_depth(photo(500, 700), network)
    assert depth.uncertainty is not None
    assert depth.uncertainty.shape == depth.inverse_depth.shape == (500, 700)
    assert depth.uncertainty.dtype == np.float32


@pytest.mark.parametrize("wanted", [True, False])
def test_the_manifest_decides_on_the_mirror_unless_told(tmp_path, wanted: bool) -> None:
    path = like_edition_2(tmp_path / "two.onnx", tilt=0.5, depth=DepthFormat(mirror=wanted))
    network, scene = open_network(path), photo(200, 300)
    ours, theirs = guess_depth(scene, network), guess_depth(mirrored(scene), network)
    difference = np.abs(ours.inverse_depth - theirs.inverse_depth[:, ::-1]).max()
    assert (difference < 1e-3) == wanted
    told = guess_depth(scene, network, mirror=not wanted)
    assert np.abs(told.inverse_depth - ours.inverse_depth).max() > 0.01


def uncertain(value: float) -> DepthMap:
    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    known = np.ones((8, 8), np.bool_)
    return DepthMap(ramp, known, "relative", "mono", "test", np.full((8, 8), value, np.float32))


def test_people_are_told_of_real_doubt_only() -> None:
    scene = photo(60, 80)
    assert doubt_about(uncertain(UNSURE), scene) is None
    told = doubt_about(uncertain(1.01 * UNSURE), scene)
    assert told is not None and "unsure" in told and told.endswith(".")
    for change in ({"uncertainty": None}, {"scale": "metric"}, {"source": "file"}):
        assert doubt_about(replace(uncertain(1.0), **change), scene) is None
    grey = replace(scene, pixels=np.full_like(scene.pixels, 90))
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1600, 3), dtype=np.uint8)
    for empty in (grey, replace(photo(1200, 1600), pixels=noise)):
        told = doubt_about(uncertain(0.0), empty)
        assert told is not None and "same all over" in told
    assert doubt_about(replace(uncertain(0.0), source="file"), grey) is None


def test_a_mirrored_photo_has_mirrored_depth_but_for_details() -> None:
    original = photo(240, 320)

    def difference(detail: bool) -> float:
        there = estimate_depth(original, detail=detail).inverse_depth
        back = estimate_depth(mirrored(original), detail=detail).inverse_depth[:, ::-1]
        return float(np.percentile(np.abs(back - there), 99))

    assert difference(detail=False) < 0.02
    assert difference(detail=True) < 0.15


def test_the_embedded_network_sees_that_a_floor_comes_nearer() -> None:
    y, x = np.mgrid[:240, :320].astype(float)
    distance = 120 / np.maximum(y - 110, 1)
    floor = ((x - 160) * distance // 40 + distance * 6 // 1) % 2 * 120 + 60
    grey = np.where(y > 115, floor, 200 + y / 4)
    room = Photo(
        np.repeat(grey[..., None], 3, 2).astype(np.uint8), Camera.from_focal_35mm(320, 240)
    )
    rows = estimate_depth(room).inverse_depth.mean(axis=1)
    assert rows[-20:].mean() > rows[140:160].mean() + 0.2 > rows[:100].mean() + 0.2


def test_a_network_may_be_named(tmp_path) -> None:
    path, scene = like_edition_2(tmp_path / "two.onnx"), photo(64, 96)
    opened = estimate_depth(scene, open_network(path)).inverse_depth
    for name in (path, str(path)):
        np.testing.assert_allclose(estimate_depth(scene, name).inverse_depth, opened, atol=1e-6)
    assert "network two" in photo_to_3d(scene, network=path).depth.reason
    for call in (lambda: estimate_depth(scene, "best"), lambda: photo_to_3d(scene, network="best")):
        with pytest.raises(OptionError, match="There is no depth model best"):
            call()


@pytest.mark.parametrize("size", [(31, 400), (400, 31), (1, 1), (1, 5000)])
def test_too_small_a_photo_is_refused(tiny, size: tuple[int, int]) -> None:
    with pytest.raises(PhotoError, match=rf"{size[1]} x {size[0]} px; depth needs 32 px"):
        estimate_depth(photo(*size), tiny)


def test_the_embedded_network_is_opened_once(monkeypatch) -> None:
    opened = []

    def counting(path):
        opened.append(path)
        return open_network(path, threads=1)

    monkeypatch.setattr(mono, "open_network", counting)
    mono._embedded_network.cache_clear()
    estimate_depth(photo(64, 64))
    estimate_depth(photo(64, 64))
    assert len(opened) == 1


def test_a_second_look_gives_the_edges_and_keeps_the_layout(tmp_path) -> None:
    scene = photo(480, 640)
    pixels = scene.pixels // 2
    pixels[:, 321:] += 100
    path = like_edition_2(tmp_path / "two.onnx", depth=DepthFormat(detail_pixels=640 * 480))
    network, split = open_network(path), replace(scene, pixels=pixels)
    sharp = guess_depth(split, network)
    soft = guess_depth(split, network, detail=False)
    assert soft.inverse_depth.shape == (288, 384)
    assert sharp.uncertainty is not None
    assert sharp.inverse_depth.shape == sharp.uncertainty.shape == (480, 640)
    enlarged = cv2.resize(soft.inverse_depth, (640, 480), interpolation=cv2.INTER_LINEAR)

    def step(depth: np.ndarray) -> float:
        return float(np.diff(depth[:, 310:330], axis=1).max(axis=1).mean())

    assert step(sharp.inverse_depth) > 1.5 * step(enlarged)
    assert np.corrcoef(sharp.inverse_depth.ravel(), enlarged.ravel())[0, 1] > 0.98
