import cv2
import numpy as np
import pytest

from stereopsis.depth.align import Alignment
from stereopsis.depth.track import track
from tests.depth.eyes import texture

STILL = Alignment(320, 240, np.zeros(5), (0, 0), 1.0)
CORNERS = np.stack(np.meshgrid(np.arange(40, 280, 24), np.arange(40, 200, 24)), -1).reshape(-1, 2)


def moved(dx: float, dy: float, shear: float = 0.0) -> np.ndarray:
    gray = cv2.cvtColor(texture(2), cv2.COLOR_RGB2GRAY)
    motion = np.array([[1, shear, dx - shear * 120], [0, 1, dy]])
    return np.asarray(cv2.warpAffine(gray, motion, (320, 240), flags=cv2.INTER_CUBIC))


@pytest.mark.parametrize("shift", [(0, 0), (0.4, -0.3), (-1.2, 0.7)])
def test_patches_are_found_to_hundredths_of_a_pixel(shift: tuple[float, float]) -> None:
    tracks = track(moved(0, 0), moved(*shift), STILL, CORNERS, np.zeros(len(CORNERS), np.float32))
    error = tracks.right - CORNERS - 0.5 - np.array(shift)
    assert np.abs(np.median(error, 0)).max() < 0.02
    assert np.median(np.abs(error)) < 0.04
    assert tracks.settled.mean() > 0.9
    assert np.median(tracks.likeness) > 0.98


def test_slanted_surfaces_keep_their_rows() -> None:
    right = moved(0, 0.3, shear=0.08)
    tracks = track(moved(0, 0), right, STILL, CORNERS, -0.08 * (CORNERS[:, 1] - 120).astype("f4"))
    assert np.median(np.abs(tracks.right[:, 1] - CORNERS[:, 1] - 0.8)) < 0.04


def test_what_is_not_there_is_not_taken_for_it() -> None:
    other = cv2.cvtColor(texture(9), cv2.COLOR_RGB2GRAY)
    tracks = track(moved(0, 0), other, STILL, CORNERS, np.zeros(len(CORNERS), np.float32))
    assert (tracks.settled & (tracks.likeness > 0.8)).mean() < 0.1


def test_noise_widens_what_error_is_expected() -> None:
    start = np.zeros(len(CORNERS), np.float32)
    noise = np.random.default_rng(0).normal(0, 10, (240, 320))
    noisy = np.clip(moved(0, 0.2) + noise, 0, 255).astype(np.uint8)
    clean, worse = (track(moved(0, 0), r, STILL, CORNERS, start) for r in (moved(0, 0.2), noisy))
    assert np.median(worse.sigma_px) > 2 * np.median(clean.sigma_px)
