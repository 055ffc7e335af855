"""Faults change a picture, each time alike, and leave its size."""

import numpy as np
import pytest

from stereopsis.imagine.haystack import faults, scenes
from stereopsis.imagine.haystack.captions import clean_caption, noisy_caption
from stereopsis.imagine.haystack.faults import Fault

BY_NAME = {fault.name: fault for fault in (*faults.FAULTS, *scenes.FAULTS)}


def picture() -> np.ndarray:
    """Smooth colours with an edge."""
    row, column = np.mgrid[:48, :48]
    channels = [row * 4, column * 4, np.where(column > row, 200, 20)]
    return np.stack(channels, -1).astype(np.uint8)


@pytest.mark.parametrize("fault", BY_NAME.values(), ids=list(BY_NAME))
def test_a_fault_shows_and_can_be_made_again(fault: Fault) -> None:
    spoilt, again = (fault.spoil(picture(), np.random.default_rng(3)) for _ in range(2))
    assert spoilt.shape == picture().shape and spoilt.dtype == np.uint8
    assert (spoilt == again).all()
    assert np.abs(spoilt.astype(int) - picture()).mean() > 1


def test_clean_captions_begin_with_the_label_and_noisy_ones_differ() -> None:
    tags = ("fruit", "red apple", "tree")
    for seed in range(40):
        random = np.random.default_rng(seed)
        caption = clean_caption("red apple", tags, random)
        assert caption.split(", ")[0] == "red apple" and caption.count("apple") == 1
        assert noisy_caption("red apple", tags, ["blue car"], random) != "red apple"
