import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.train.worlds.lens import Lens, defocus


def halves() -> tuple[np.ndarray, np.ndarray]:
    """Noise whose left half is near and whose right half is far."""
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 255, (60, 80, 3)).astype(np.float32)
    inverse_depth = np.where(np.arange(80) < 40, 1.0, 0.1) * np.ones((60, 1))
    return image, inverse_depth.astype(np.float32)


def test_a_perfect_lens_changes_nothing():
    image, inverse_depth = halves()
    taken = Lens().take(image, inverse_depth, np.random.default_rng(0))
    assert (taken == np.rint(image)).all()


def test_only_what_is_out_of_focus_blurs():
    image, inverse_depth = halves()
    blurred = defocus(image, inverse_depth, focus=1.0, blur=2.0)
    assert blurred[:, :30] == pytest.approx(image[:, :30], abs=1e-3)
    assert blurred[:, 50:].std() < 0.3 * image[:, 50:].std()


def test_what_is_sharp_leaves_no_halo_in_the_blur_behind_it():
    _, inverse_depth = halves()
    image = np.zeros((60, 80, 3), np.float32)
    image[:, :40] = 255  # white and near, before black
    blurred = defocus(image, inverse_depth, focus=1.0, blur=4.0)
    assert blurred[:, 40:].max() < 1e-2
    assert blurred[:, :40].min() > 254.9


def test_what_is_blurred_in_front_spreads_over_what_is_sharp_behind():
    _, inverse_depth = halves()
    image = np.zeros((60, 80, 3), np.float32)
    image[:, :40] = 255
    blurred = defocus(image, inverse_depth, focus=0.1, blur=3.0)
    assert blurred[30, 41, 0] > 60
    assert blurred[30, 60:].max() < 1e-2


def test_blur_leaves_an_even_picture_even():
    ramp = np.linspace(0.1, 2, 80, dtype=np.float32)[None].repeat(60, 0)
    even = np.full((60, 80, 3), 90, np.float32)
    assert defocus(even, ramp, 1.0, 5.0) == pytest.approx(90, abs=0.05)


def test_no_blur_without_strength():
    image, inverse_depth = halves()
    assert defocus(image, inverse_depth, 1.0, 0.0) == pytest.approx(image)


def test_vignettes_darken_outwards_and_fringes_keep_the_middle():
    white = np.full((60, 80, 3), 200, np.float32)
    flat = np.ones((60, 80), np.float32)
    rng = np.random.default_rng(0)
    dim = Lens(vignette=0.3).take(white, flat, rng).astype(int)
    assert dim[30, 40, 0] == 200
    assert dim[30, 79, 0] == pytest.approx(200 * (1 - 0.3), abs=3)
    assert (np.diff(dim[30, 40:, 0]) <= 0).all()
    image, _ = halves()
    image[30:, 40:] = 10
    fringed = Lens(fringe=0.01).take(image, flat, rng)
    assert (fringed[..., 1] == np.rint(image[..., 1])).all()
    assert (fringed[..., 0] != np.rint(image[..., 0])).mean() > 0.3


def test_noise_grows_with_light():
    gray = np.full((100, 100, 3), 40, np.float32)
    gray[50:] = 200
    noisy = Lens(shot_noise=10, read_noise=1).take(
        gray, np.ones((100, 100), np.float32), np.random.default_rng(0)
    )
    assert noisy[:50].std() == pytest.approx(np.sqrt(1 + 100 * 40 / 255), rel=0.05)
    assert noisy[50:].std() == pytest.approx(np.sqrt(1 + 100 * 200 / 255), rel=0.05)


def test_crisp_lenses_keep_the_light_alone():
    image, inverse_depth = halves()
    crisp = Lens(focus=1.0, blur=5, softness=2, shot_noise=9, gain=0.5).without_blur_and_noise()
    taken = crisp.take(image, inverse_depth, np.random.default_rng(0))
    assert (taken == np.rint(image * 0.5)).all()


@given(st.integers(0, 1000))
def test_the_lens_is_determined_by_its_generator(seed: int):
    image, inverse_depth = halves()
    taken = []
    for _ in range(2):
        rng = np.random.default_rng(seed)
        lens = Lens.sampled(rng, image, inverse_depth)
        taken.append(lens.take(image, inverse_depth, rng))
    assert taken[0].dtype == np.uint8 and taken[0].shape == image.shape
    assert (taken[0] == taken[1]).all()
