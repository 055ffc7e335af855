from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import OptionError, WeightsError
from stereopsis.train.pair_methods import (
    collect_methods,
    constant,
    matched,
    mono,
    open_stereo,
    semiglobal,
)
from stereopsis.train.pair_truth import PairTruth, read_pair_truths
from tests.networks import like_edition_2, like_stereo
from tests.train.pair_folders import write_pair


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> PairTruth:
    folder = tmp_path_factory.mktemp("truth")
    write_pair(folder / "stereo" / "lab" / "card")
    return read_pair_truths(folder)[0]


def off_px(found: np.ndarray, truth: PairTruth) -> float:
    assert found.shape == truth.disparity.shape and found.dtype == np.float32
    return float(np.abs(found - truth.disparity)[truth.valid].mean())


def test_the_constant_is_the_best_one_there_is(truth: PairTruth) -> None:
    found = constant(truth)
    assert np.ptp(found) == 0
    assert off_px(found, truth) <= min(off_px(found + step, truth) for step in (-1, 1))


def test_whoever_looks_with_both_eyes_beats_who_does_not(truth: PairTruth, tmp_path: Path) -> None:
    network = open_stereo(like_stereo(tmp_path / "stub.onnx"), 1)
    both = [off_px(method(truth), truth) for method in (semiglobal, matched(network))]
    assert max(both) < 0.5 < off_px(constant(truth), truth)


def test_the_mono_guess_is_brought_to_the_truth_s_scale(truth: PairTruth) -> None:
    found, known = mono(truth), truth.valid
    assert np.corrcoef(found[known], truth.disparity[known])[0, 1] > 0.2
    assert off_px(found, truth) < 2 * off_px(constant(truth), truth)


def test_rivals_come_first_and_networks_by_their_names(tmp_path: Path) -> None:
    path = like_stereo(tmp_path / "stub.onnx")
    found = collect_methods({"mine": path, "other": path}, 1)
    assert list(found) == ["constant", "mono", "sgbm-3way", "mine", "other"]
    with pytest.raises(WeightsError, match="two eyes"):
        collect_methods({"two": like_edition_2(tmp_path / "two.onnx")}, 1)
    with pytest.raises(OptionError, match="Two methods are called mono"):
        collect_methods({"mono": path}, 1)
