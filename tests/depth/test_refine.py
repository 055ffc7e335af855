import cv2
import numpy as np
import pytest

from stereopsis.depth.refine import RefineConfig, refine
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
    refined = refine(as_depth(coarse), photo, RefineConfig(front_px=0)).inverse_depth
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
    photo, truth = two_surfaces()
    photo[:, ::8] = 255 - photo[:, ::8]
    flat = refine(as_depth(np.full((48, 64), 0.5) + 0.05 * np.linspace(0, 1, 64)), photo)
    steps = np.abs(np.diff(flat.inverse_depth, axis=1))
    assert steps.max() < 0.01
    assert truth.max() == 1


def test_fronts_gain_their_rim_but_sharp_maps_stay() -> None:
    photo, truth = two_surfaces()
    front = {
        px: (
            refine(as_depth(blurred(truth, 4)), photo, RefineConfig(front_px=px)).inverse_depth
            > 0.5
        )
        for px in (0, 2)
    }
    assert front[2].sum() > front[0].sum()
    sharp = refine(as_depth(truth), photo, RefineConfig(front_px=2)).inverse_depth
    assert np.abs(sharp - truth).mean() < 1e-3


def test_unknown_pixels_take_the_farther_surface() -> None:
    photo, truth = two_surfaces()
    valid = np.ones(truth.shape, np.bool_)
    valid[:, 185:200] = False  # beside the disk's right rim
    valid[:3] = False
    depth = refine(as_depth(np.where(valid, truth, 0.7), valid), photo)
    assert depth.valid.all()
    assert depth.inverse_depth[96, 192] == pytest.approx(0, abs=0.05)
    assert depth.inverse_depth[0, 0] == pytest.approx(0, abs=0.05)
