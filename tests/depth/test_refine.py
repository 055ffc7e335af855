from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.depth.refine import RefineConfig, refine, widen_fronts
from stereopsis.scene.depth import DepthMap

HEIGHT, WIDTH = 192, 256


def two_surfaces() -> tuple[np.ndarray, np.ndarray]:
    """A disk before a wall: the photo (h, w, 3) and the true inverse depth (h, w)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    is_disk = np.hypot(y - 96, x - 128) < 60
    color = np.where(is_disk[..., None], (200, 60, 40), (40, 90, 160))
    grain = np.random.default_rng(0).normal(0, 4, color.shape)
    return (color + grain).clip(0, 255).astype(np.uint8), is_disk.astype(np.float32)


def as_depth(values: np.ndarray, valid: np.ndarray | None = None) -> DepthMap:
    valid = np.ones(values.shape, np.bool_) if valid is None else valid
    return DepthMap(values.astype(np.float32), valid, "relative", "mono", "test")


def blurred(truth: np.ndarray, factor: int) -> np.ndarray:
    """What a network makes of it: smaller, and with washed-out edges."""
    small = cv2.resize(truth, (WIDTH // factor, HEIGHT // factor), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (0, 0), 1.2)


@pytest.mark.parametrize("factor", [2, 4])
def test_edges_snap_to_the_photo(factor: int) -> None:
    photo, truth = two_surfaces()
    coarse = blurred(truth, factor)
    refined = refine(as_depth(coarse), photo).inverse_depth
    enlarged = cv2.resize(coarse, (WIDTH, HEIGHT))
    assert refined.shape == truth.shape
    wrong = np.abs(refined - truth) > 0.25
    assert wrong.mean() < 0.1 * (np.abs(enlarged - truth) > 0.25).mean()
    ramp = (refined > 0.1) & (refined < 0.9)
    assert ramp.mean() < 0.002  # no rubber sheet is left between the surfaces


def test_a_photo_without_the_edge_does_not_help() -> None:
    """The same map over a blank photo stays wrong: it is the photo that moves the edges."""
    _, truth = two_surfaces()
    shifted = np.roll(blurred(truth, 4), 2, axis=1)
    photo, _ = two_surfaces()
    errors = [
        np.abs(refine(as_depth(shifted), guide).inverse_depth - truth).mean()
        for guide in (photo, np.full_like(photo, 128))
    ]
    assert errors[0] < 0.6 * errors[1]


def test_texture_is_not_copied_into_depth() -> None:
    photo, _ = two_surfaces()
    photo[:, ::8] = 255 - photo[:, ::8]
    flat = refine(as_depth(np.full((48, 64), 0.5) + 0.05 * np.linspace(0, 1, 64)), photo)
    steps = np.abs(np.diff(flat.inverse_depth, axis=1))
    assert steps.max() < 0.01


@pytest.mark.parametrize("slant", [0.0, 0.8])
def test_planes_stay_planes_on_a_textured_photo(slant: float) -> None:
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    photo[:, WIDTH // 2 :] //= 4  # a strong edge of colour that depth does not have
    plane = 0.1 + slant * np.linspace(0, 1, WIDTH, dtype=np.float32) * np.ones((HEIGHT, 1))
    small = cv2.resize(plane, (64, 48), interpolation=cv2.INTER_AREA)
    if slant == 0:
        small[:4, :4], small[-4:, -4:] = 0, 1  # so that it has a range
    refined = refine(as_depth(small), photo).inverse_depth
    inside = (slice(72, -72), slice(72, -72))
    assert np.abs(refined - cv2.resize(small, (WIDTH, HEIGHT)))[inside].max() < 0.01


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), factor=st.sampled_from([1, 2, 5]))
def test_nothing_rings(seed: int, factor: int) -> None:
    """No pixel is nearer or farther than all of the map that the windows can reach from it."""
    rng = np.random.default_rng(seed)
    photo = cv2.resize(rng.integers(0, 256, (8, 10, 3), np.uint8), (80, 64))
    coarse = cv2.resize(rng.random((5, 6), np.float32), (80 // factor, 64 // factor))
    refined = refine(as_depth(coarse), photo).inverse_depth
    assert coarse.min() - 1e-6 <= refined.min() and refined.max() <= coarse.max() + 1e-6
    around = np.ones((2 * reach(factor) + 1,) * 2, np.uint8)
    enlarged = cv2.resize(coarse, (80, 64), interpolation=cv2.INTER_NEAREST)
    assert (refined <= cv2.dilate(enlarged, around) + 1e-6).all()
    assert (refined >= cv2.erode(enlarged, around) - 1e-6).all()


def reach(factor: int) -> int:
    """How many pixels of the photo the windows of all levels take in, one after the other."""
    config = RefineConfig()
    factor = max(factor, 2)  # a network's map is halved first
    first = sum(window.radius for window in config.first_windows)
    later = sum(window.radius for window in config.later_windows)
    return first * factor + later * factor + 2 * factor + 2  # and interpolation, and snapping


def test_refining_again_changes_little() -> None:
    photo, truth = two_surfaces()
    once = refine(as_depth(blurred(truth, 4)), photo)
    twice = refine(once, photo)
    assert (np.abs(twice.inverse_depth - once.inverse_depth) > 0.05).mean() < 0.003


def test_fronts_can_be_widened() -> None:
    _, truth = two_surfaces()
    truth += 0.05 * np.linspace(0, 1, WIDTH, dtype=np.float32)
    depth = as_depth(truth)
    wide = widen_fronts(depth, 2).inverse_depth
    gained = wide != truth
    assert (wide[gained] > truth[gained] + 0.5).all()
    rim = cv2.dilate((truth > 0.5).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert (gained == (rim & (truth < 0.5))).all()


def test_sharp_maps_stay() -> None:
    photo, truth = two_surfaces()
    assert np.abs(refine(as_depth(truth), photo).inverse_depth - truth).mean() < 1e-3


def test_uncertainty_goes_along() -> None:
    photo, truth = two_surfaces()
    coarse = blurred(truth, 4)
    doubt = np.linspace(0, 0.5, 64, dtype=np.float32) * np.ones((48, 1), np.float32)
    refined = refine(replace(as_depth(coarse), uncertainty=doubt), photo)
    assert refined.uncertainty is not None and refined.uncertainty.shape == truth.shape
    assert (np.diff(refined.uncertainty, axis=1) >= -1e-6).all()
    assert refined.uncertainty.max() == pytest.approx(0.5)
    assert refine(as_depth(coarse), photo).uncertainty is None


def test_unknown_pixels_take_the_farther_surface() -> None:
    photo, truth = two_surfaces()
    valid = np.ones(truth.shape, np.bool_)
    valid[:, 185:200] = False  # beside the disk's right rim
    valid[:3] = False
    depth = refine(as_depth(np.where(valid, truth, 0.7), valid), photo)
    assert depth.valid.all()
    assert depth.inverse_depth[96, 192] == pytest.approx(0, abs=0.05)
    assert depth.inverse_depth[0, 0] == pytest.approx(0, abs=0.05)


def test_a_networks_map_is_soft_however_large_it_is() -> None:
    photo, truth = two_surfaces()
    soft = cv2.GaussianBlur(truth, (0, 0), 4)
    ramps = {}
    for source in ("mono", "file"):
        refined = refine(replace(as_depth(soft), source=source), photo).inverse_depth
        ramps[source] = ((refined > 0.1) & (refined < 0.9)).mean()
    assert ramps["mono"] < 0.002
    assert ramps["mono"] <= ramps["file"]


def test_endless_doubt_is_no_reason_to_fail() -> None:
    photo, truth = two_surfaces()
    doubt = np.full(truth.shape, 1e-9, np.float32)
    doubt[82:110, 114:142] = np.finfo(np.float32).max
    refined = refine(replace(as_depth(truth), uncertainty=doubt), photo)
    assert np.isfinite(refined.inverse_depth).all()


def test_pixels_that_are_unsure_have_less_of_a_say() -> None:
    """A blot on the disk, in its colour, as large as the window."""
    photo, truth = two_surfaces()
    wrong = truth.copy()
    wrong[82:110, 114:142] = 0.5
    doubt = np.where(wrong == truth, 0.05, 1.0).astype(np.float32)
    depth = as_depth(wrong)
    unaware = refine(depth, photo).inverse_depth
    aware = refine(replace(depth, uncertainty=doubt), photo).inverse_depth
    blot = np.s_[82:110, 114:142]
    assert np.abs(aware - truth)[blot].mean() < 0.8 * np.abs(unaware - truth)[blot].mean()
