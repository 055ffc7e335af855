import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.train.faults import Misalignment, band, photograph_pair, smudge

offsets = st.floats(-30, 30)


@given(offsets, offsets, st.floats(-0.02, 0.02), st.floats(0, 320), st.floats(0, 240))
def test_a_point_moves_as_the_misalignment_says(
    dx: float, dy: float, roll: float, x: float, y: float
) -> None:
    moved = Misalignment(dx, dy, roll).matrix(320, 240) @ (x, y, 1)
    expected = (x - dx - roll * (y - 120), y + dy + roll * (x - 160))
    assert moved == pytest.approx(expected, abs=1e-9)


def test_no_misalignment_moves_nothing() -> None:
    np.testing.assert_array_equal(Misalignment().matrix(320, 240), np.eye(3)[:2])


def test_most_eyes_are_off_by_less_than_a_pixel_and_few_by_more() -> None:
    rng = np.random.default_rng(0)
    drawn = [Misalignment.sampled(rng) for _ in range(600)]
    dy = np.abs([each.dy for each in drawn])
    assert np.median(dy) < 0.5 < 1.0 < dy.max()
    assert max(abs(each.roll) for each in drawn) < 0.03
    turned = np.array([each.dx != 0 for each in drawn])
    assert 0.25 < turned.mean() < 0.45
    assert max(abs(each.dx) for each in drawn) <= 24


def picture() -> np.ndarray:
    ramp = np.linspace(20, 220, 48 * 64 * 3).reshape(48, 64, 3)
    return (ramp + np.random.default_rng(0).normal(0, 8, ramp.shape)).clip(0, 255).astype(np.uint8)


def test_a_pair_is_photographed_as_its_seed_says() -> None:
    one, again, other = (
        photograph_pair(picture(), picture(), 1.0, np.random.default_rng(seed))
        for seed in (3, 3, 4)
    )
    for first, second in zip(one, again, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(one[0], other[0])


def test_whatever_goes_wrong_pictures_stay_pictures_of_the_scene() -> None:
    alike = []
    for seed in range(60):
        for eye in photograph_pair(picture(), picture(), 1.0, np.random.default_rng(seed)):
            assert eye.shape == (48, 64, 3) and eye.dtype == np.uint8
            grey, wanted = eye.mean(axis=2).ravel(), picture().mean(axis=2).ravel()
            if np.ptp(grey) > 0:
                alike.append(np.corrcoef(grey, wanted)[0, 1])
    assert np.median(alike) > 0.9
    assert len(alike) > 110


def test_each_eye_has_its_own_faults() -> None:
    differs = [
        not np.array_equal(*photograph_pair(picture(), picture(), 1.0, np.random.default_rng(seed)))
        for seed in range(40)
    ]
    assert 0.3 < np.mean(differs) <= 1


def test_bands_run_along_rows_and_leave_the_mean() -> None:
    grey = np.full((48, 64, 3), 100, np.float32)
    for seed in range(5):
        found = band(grey, np.random.default_rng(seed))
        assert found.dtype == np.float32
        assert np.ptp(found, axis=1).max() < 1e-3 < np.ptp(found, axis=0).max()
        assert np.abs(found - 100).max() <= 15.1


def test_a_smudge_covers_a_spot() -> None:
    image = picture().astype(np.float32)
    shares = []
    for seed in range(10):
        found = smudge(image, np.random.default_rng(seed))
        assert found.dtype == np.float32 and found.shape == image.shape
        shares.append(float((np.abs(found - image).max(axis=2) > 1e-4).mean()))
    assert 0.02 < np.median(shares) < 0.9
