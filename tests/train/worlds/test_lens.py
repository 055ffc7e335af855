import numpy as np
import pytest

from stereopsis.train.worlds.lens import defocus, through_lens


def halves() -> tuple[np.ndarray, np.ndarray]:
    """Noise whose left half is near and whose right half is far."""
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 255, (60, 80, 3)).astype(np.float32)
    inverse_depth = np.where(np.arange(80) < 40, 1.0, 0.1) * np.ones((60, 1))
    return image, inverse_depth.astype(np.float32)


def test_only_what_is_out_of_focus_blurs():
    image, inverse_depth = halves()
    blurred = defocus(image, inverse_depth, focus=1.0, strength=2.0)
    assert blurred[:, :30] == pytest.approx(image[:, :30], abs=1e-3)
    assert blurred[:, 50:].std() < 0.3 * image[:, 50:].std()


def test_no_strength_no_blur():
    image, inverse_depth = halves()
    assert defocus(image, inverse_depth, 1.0, 0.0) == pytest.approx(image)


def test_the_lens_is_determined_by_its_generator():
    image, inverse_depth = halves()
    for seed in range(12):
        one, two = (
            through_lens(image, inverse_depth, np.random.default_rng(seed)) for _ in range(2)
        )
        assert one.dtype == np.uint8 and one.shape == image.shape
        assert (one == two).all()
