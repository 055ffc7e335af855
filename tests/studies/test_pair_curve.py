import json
from pathlib import Path

import numpy as np
import pytest

from stereopsis.studies.pair_curve import (
    FULL,
    SHARES,
    at_share,
    collect_families,
    draw_points,
    main,
    measure_points,
    nothing_sure,
)
from stereopsis.train.evaluate_pairs import RIVAL
from stereopsis.train.pair_methods import Method, constant
from stereopsis.train.pair_truth import PairTruth, read_pair_truths
from tests.networks import like_stereo
from tests.train.pair_folders import write_pair


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    write_pair(folder / "stereo" / "lab" / "card", right_truth=True)
    return folder


@pytest.fixture(scope="module")
def truths(folder: Path) -> list[PairTruth]:
    return read_pair_truths(folder)


@pytest.mark.parametrize("share", SHARES)
def test_disparity_found_in_a_smaller_picture_is_that_of_the_whole(
    truths: list[PairTruth], share: float
) -> None:
    seen = []

    def perfect(pair: PairTruth) -> np.ndarray:
        seen.append(pair.left.shape)
        assert pair.left.shape == pair.right.shape
        return pair.disparity

    truth = truths[0]
    found = at_share(perfect, share)(truth)
    height, width = truth.valid.shape
    assert seen == [(round(height * share), round(width * share), 3)]
    off = np.abs(found - truth.disparity)[truth.valid]
    assert np.percentile(off, 90) < 0.1  # edges between surfaces are mixed


def test_sgbm_at_full_size_is_what_all_are_measured_against(truths: list[PairTruth]) -> None:
    methods: dict[str, Method] = {
        "perfect": lambda pair: pair.disparity,
        RIVAL: constant,
    }
    points = measure_points(methods, truths)
    rival = points[RIVAL][FULL]
    assert rival.times_sgbm == 1 and rival.bad2_minus_sgbm.mean == 0
    perfect = points["perfect"][FULL]
    assert perfect.bad2 == 0 and perfect.bad2_minus_sgbm.mean == -rival.bad2
    assert draw_points(points).startswith(b"\x89PNG")


def test_a_matcher_that_knows_nothing_is_sure_of_nothing(truths: list[PairTruth]) -> None:
    disparity, sure = nothing_sure(truths[0].left, truths[0].right, -3, 20)
    assert not disparity.any() and not sure.any()


def test_the_guess_reaches_the_network(tmp_path: Path, truths: list[PairTruth]) -> None:
    families = collect_families({"ours": like_stereo(tmp_path / "ours.onnx")})
    assert list(families) == [RIVAL, "ours", "ours unguided"]
    with_guess, without = families["ours"](truths[0]), families["ours unguided"](truths[0])
    assert with_guess.shape == without.shape and not np.array_equal(with_guess, without)


def test_the_command_writes_figures_and_a_picture(folder: Path, tmp_path: Path) -> None:
    main(folder, tmp_path)
    report = json.loads((tmp_path / "stereo_curve.json").read_text())
    assert report["pairs"] == 1 and report["peak_bytes"] > 1e6
    assert set(report["curves"]) == {RIVAL, "stereo", "stereo-int8", "stereo unguided"}
    assert (tmp_path / "stereo_curve.png").read_bytes().startswith(b"\x89PNG")
