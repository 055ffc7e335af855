from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.train.augment import (
    Crop,
    change_light,
    change_saturation,
    darken_rim,
    photograph,
    random_crop,
    store,
    take_crop,
)
from stereopsis.train.pack import Frame

seeds = st.integers(0, 2**32 - 1)


def frame(exact: bool = True) -> Frame:
    """A frame whose picture, depth and mask all show the same: two halves, and a hole."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, 32:] = 200
    inverse_depth = np.where(image[..., 0] > 0, 2, 1).astype(np.float32)
    valid = np.ones((48, 64), np.bool_)
    valid[:8] = False
    return Frame(image, np.where(valid, inverse_depth, 0).astype(np.float32), valid, exact)


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)


@given(seeds, st.floats(0.4, 2.5))
def test_a_crop_lies_inside_the_frame(seed: int, aspect: float) -> None:
    crop = random_crop(frame(), aspect, np.random.default_rng(seed))
    assert crop.left >= 0
    assert crop.top >= 0
    assert crop.left + crop.width <= 64 + 1e-9
    assert crop.top + crop.height <= 48 + 1e-9
    assert min(crop.width, crop.height) > 8


def test_the_whole_frame_is_a_crop_that_changes_nothing() -> None:
    whole = take_crop(frame(), Crop(0, 0, 64, 48, mirrored=False), 48, 64)
    assert (whole.image == frame().image).all()
    assert (whole.inverse_depth == frame().inverse_depth).all()
    assert (whole.valid == frame().valid).all()


def test_mirroring_is_exact() -> None:
    mirrored = take_crop(frame(), Crop(0, 0, 64, 48, mirrored=True), 48, 64)
    assert (mirrored.image == frame().image[:, ::-1]).all()
    assert (mirrored.inverse_depth == frame().inverse_depth[:, ::-1]).all()
    assert (mirrored.valid == frame().valid[:, ::-1]).all()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("size", [(24, 32), (96, 128), (60, 40)])
def test_picture_depth_and_mask_stay_together(mirrored: bool, size: tuple[int, int]) -> None:
    crop = take_crop(frame(), Crop(10, 2, 40, 44, mirrored), *size)
    known = crop.valid & (np.abs(crop.image[..., 0].astype(int) - 100) > 80)
    assert known.mean() > 0.6
    near = crop.image[..., 0] > 100
    assert (crop.inverse_depth[known] == np.where(near, 2, 1)[known]).all()


@given(seeds)
def test_exact_depth_is_never_interpolated(seed: int) -> None:
    rng = np.random.default_rng(seed)
    crop = take_crop(frame(), random_crop(frame(), 1.3, rng), 30, 41)
    assert set(np.unique(crop.inverse_depth)) <= {0, 1, 2}


def test_guessed_depth_is_interpolated_where_all_of_it_is_known() -> None:
    guessed = frame(exact=False)
    known = replace(guessed, valid=np.ones_like(guessed.valid))
    crop = take_crop(known, Crop(0, 0, 64, 48, mirrored=False), 96, 128)
    assert len(np.unique(crop.inverse_depth[-1])) > 2


@given(seeds)
def test_what_is_unknown_mixes_into_nothing_known(seed: int) -> None:
    rng = np.random.default_rng(seed)
    crop = take_crop(frame(exact=False), random_crop(frame(), 1.3, rng), 30, 41)
    assert (crop.inverse_depth[crop.valid] >= 1).all()


@given(seeds, st.floats(0.5, 2))
def test_a_photograph_is_a_picture_and_repeats_with_its_seed(seed: int, strength: float) -> None:
    taken = [photograph(picture(), strength, np.random.default_rng(seed)) for _ in range(2)]
    assert taken[0].shape == picture().shape
    assert taken[0].dtype == np.uint8
    assert (taken[0] == taken[1]).all()


@given(seeds)
def test_light_keeps_the_order_of_brightness(seed: int) -> None:
    ramp = np.repeat(np.linspace(10, 240, 50, dtype=np.float32)[None, :, None], 3, 2)
    lit = change_light(ramp, 1.0, np.random.default_rng(seed))
    assert lit.min() >= 0
    assert lit.max() <= 255
    assert (np.diff(lit, axis=1) >= 0).all()


def test_some_pictures_turn_grey_and_most_stay() -> None:
    image = picture().astype(np.float32)
    results = [change_saturation(image, np.random.default_rng(seed)) for seed in range(200)]
    grey = sum(np.ptp(result, axis=2).max() < 1e-3 for result in results)
    same = sum(result is image for result in results)
    assert 5 <= grey <= 40
    assert same >= 120


@given(seeds)
def test_rims_darken_the_outside_and_leave_the_middle(seed: int) -> None:
    white = np.full((48, 64, 3), 255, np.float32)
    dark = darken_rim(white, np.random.default_rng(seed))
    assert dark.min() >= 0
    assert dark.max() <= 255
    assert dark[24, 32].min() == 255
    border = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    assert border.min() < 255
    assert np.isfinite(dark).all()


def test_some_rims_lie_on_one_side_alone_and_some_all_around() -> None:
    white = np.full((48, 64, 3), 255, np.float32)
    rims = [darken_rim(white, np.random.default_rng(seed))[..., 0] < 200 for seed in range(60)]
    sides = np.array([[r[:, 0].all(), r[:, -1].all(), r[0].all(), r[-1].all()] for r in rims])
    assert (sides.sum(1) == 1).any()
    assert (sides.sum(1) == 4).any() or any(r[[0, -1]].mean() > 0.9 for r in rims)
    assert np.mean([rim.mean() for rim in rims]) < 0.4


def test_storing_loses_little() -> None:
    smooth = np.repeat(np.linspace(0, 255, 64)[None, :, None], 48, 0).repeat(3, 2).astype(np.uint8)
    stored = store(smooth, np.random.default_rng(0))
    assert 0 < np.abs(stored.astype(int) - smooth).mean() < 8
