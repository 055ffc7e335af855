from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import WeightsError
from stereopsis.train.rivals import constant, ramp, refined, released

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


def test_a_missing_network_is_named(tmp_path: Path):
    with pytest.raises(WeightsError, match="mono"):
        released(tmp_path / "mono.onnx")
