from itertools import pairwise

import numpy as np

from stereopsis.train.worlds.texture import LEVEL_START, SIDE, TextureBank, opaque, pyramid


def test_every_level_keeps_the_mean():
    rng = np.random.default_rng(0)
    levels = pyramid(opaque(rng.integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)))
    assert len(levels) == LEVEL_START[-1]
    for start, end in pairwise(LEVEL_START):
        assert np.abs(levels[start:end].mean(0) - levels[: SIDE**2].mean(0)).max() < 1.5


def test_what_is_cut_out_leaves_no_fringe():
    image = np.zeros((SIDE, SIDE, 4), np.uint8)
    image[::2, :] = [200, 100, 50, 255]
    levels = pyramid(image)
    assert np.abs(levels[:, :3].astype(int) - [200, 100, 50]).max() <= 1


def test_the_bank_keeps_the_first_picture_of_a_key():
    bank = TextureBank()
    white, black = (np.full((4, 4, 4), v, np.uint8) for v in (255, 0))
    assert bank.add(white, "a") == 0
    assert bank.add(black) == 1
    assert bank.add(black, "a") == 0
    assert bank.index("a") == 0 and bank.index("b") is None
    assert bank.stacked()[0].min() == 255
