import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.depth import mono
from stereopsis.depth.mono import (
    LONGEST_INPUT,
    NETWORK_PIXELS,
    estimate_depth,
    guess_depth,
    input_size,
)
from stereopsis.errors import PhotoError
from stereopsis.runtime.network import open_network
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo


def photo(height: int, width: int, seed: int = 0) -> Photo:
    """A smooth random picture."""
    waves = np.random.default_rng(seed).uniform(0.5, 4, (3, 2))
    y, x = np.mgrid[:height, :width] / max(height, width)
    pixels = [127 + 120 * np.sin(2 * np.pi * (a * x + b * y)) for a, b in waves]
    return Photo(np.stack(pixels, 2).astype(np.uint8), Camera.from_focal_35mm(width, height))


@pytest.fixture
def tiny(build_network):
    return open_network(build_network(multiple=32), threads=1)


@given(st.integers(32, 20_000), st.integers(32, 20_000))
def test_the_network_sees_multiples_of_about_the_same_area(width: int, height: int) -> None:
    seen = input_size(width, height, 32)
    assert all(side % 32 == 0 and 64 <= side <= LONGEST_INPUT for side in seen)
    if max(width, height) <= 3 * min(width, height):
        assert seen[0] * seen[1] == pytest.approx(NETWORK_PIXELS, rel=0.3)
        assert seen[0] / seen[1] == pytest.approx(width / height, rel=0.3)


@pytest.mark.parametrize("size", [(32, 32), (33, 5000), (480, 96), (301, 203)])
def test_every_pixel_gets_relative_depth(tiny, size: tuple[int, int]) -> None:
    depth = estimate_depth(photo(*size), tiny)
    assert depth.inverse_depth.shape == size
    assert depth.valid.all()
    assert (depth.scale, depth.source) == ("relative", "mono")
    assert "tiny 1" in depth.reason
    low, high = np.percentile(depth.inverse_depth, [1, 99])
    assert (low, high) == pytest.approx((0, 1), abs=0.05)


def test_the_guess_has_the_network_s_own_size(tiny) -> None:
    guess = guess_depth(photo(300, 400), tiny)
    assert guess.inverse_depth.shape == (288, 384)
    low, high = np.percentile(guess.inverse_depth, [1, 99])
    assert (low, high) == pytest.approx((0, 1), abs=1e-5)


def test_a_mirrored_photo_has_mirrored_depth() -> None:
    original = photo(240, 320)
    mirrored = Photo(np.ascontiguousarray(original.pixels[:, ::-1]), original.camera)
    difference = estimate_depth(mirrored).inverse_depth[:, ::-1] - (
        estimate_depth(original).inverse_depth
    )
    assert np.abs(difference).max() < 0.02


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
