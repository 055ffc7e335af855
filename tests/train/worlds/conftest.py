import cv2
import numpy as np
import pytest

from stereopsis.train.worlds.stock import Stock, stock_up
from stereopsis.train.worlds.texture import TextureBank


@pytest.fixture(scope="session")
def photos() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (4, 6, 8, 3)).astype(np.uint8)
    return [cv2.resize(each, (96, 72), interpolation=cv2.INTER_CUBIC) for each in coarse]


@pytest.fixture(scope="session")
def stock(photos: list[np.ndarray]) -> Stock:
    return stock_up(np.random.default_rng(1), TextureBank(), photos)
