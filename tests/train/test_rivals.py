from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import OptionError
from stereopsis.train.rivals import (
    constant,
    guided,
    nearest,
    ramp,
    refined,
    released,
    remembering,
)

IMAGE = np.zeros((48, 64, 3), np.uint8)
IMAGE[:, 32:] = 200


def test_blind_rivals_do_not_look():
    for method in (constant, ramp):
        assert (method(IMAGE) == method(255 - IMAGE)).all()
    assert np.ptp(constant(IMAGE)) == 0
    assert (np.diff(ramp(IMAGE), axis=0) > 0).all() and (np.diff(ramp(IMAGE), axis=1) == 0).all()


def test_a_released_network_is_run_with_its_manifest(build_network: Callable[..., Path]):
    guess = released(build_network())(IMAGE)
    middle = guess.shape[1] // 2
    assert guess[:, middle + 4 :].min() > guess[:, : middle - 4].max()


def test_refining_puts_edges_where_the_picture_has_them():
    soft = np.clip((np.arange(64) - 29) / 6, 0, 1) * np.ones((48, 1))
    sharp = refined(lambda image: soft.astype(np.float32))(IMAGE)
    assert sharp.shape == (48, 64)
    assert np.abs(np.diff(sharp[24])).argmax() == 31
    assert np.abs(np.diff(sharp[24])).max() > 3 * np.diff(soft[24]).max()


def test_a_guided_filter_sharpens_but_not_to_a_step():
    soft = np.clip((np.arange(64) - 27) / 10, 0, 1) * np.ones((48, 1))
    steepest = [
        np.abs(np.diff(method(lambda image: soft.astype(np.float32))(IMAGE)[24])).max()
        for method in (nearest, guided, refined)
    ]
    assert 1.2 * steepest[0] < steepest[1] < 0.9 * steepest[2]


def test_nearest_invents_no_values():
    coarse = np.random.default_rng(0).random((6, 8), np.float32)
    fine = nearest(lambda image: coarse)(IMAGE)
    assert fine.shape == IMAGE.shape[:2] and set(np.unique(fine)) == set(np.unique(coarse))


def test_one_picture_is_guessed_once():
    asked = []

    def guess(image: np.ndarray) -> np.ndarray:
        asked.append(image)
        return image[..., 0].astype(np.float32)

    method, dark, bright = remembering(guess), np.zeros_like(IMAGE), np.full_like(IMAGE, 9)
    assert [method(i).max() for i in (dark, dark, bright, bright, dark)] == [0, 0, 9, 9, 0]
    assert len(asked) == 3


def test_a_missing_network_is_named(tmp_path: Path):
    with pytest.raises(OptionError, match=r"mono\.onnx"):
        released(tmp_path / "mono.onnx")
