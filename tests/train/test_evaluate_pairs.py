import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError, WeightsError
from stereopsis.train.evaluate_pairs import (
    METRICS,
    RIVAL,
    differences,
    main,
    mean_scores,
    score_all,
    score_pair,
    to_csv,
    to_json,
)
from stereopsis.train.pair_methods import Method, constant
from stereopsis.train.pair_truth import PairTruth, read_pair_truths
from tests.depth.two_planes import CARD
from tests.networks import like_edition_2, like_stereo
from tests.train.pair_folders import write_pair


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    write_pair(folder / "stereo" / "lab" / "card", right_truth=True)
    write_pair(folder / "stereo" / "middlebury2014Q" / "PianoL", seed=5)
    return folder


@pytest.fixture(scope="module")
def truths(folder: Path) -> list[PairTruth]:
    return read_pair_truths(folder)


METHODS: dict[str, Method] = {"perfect": lambda truth: truth.disparity, "constant": constant}


def test_a_perfect_answer_has_no_error(truths: list[PairTruth]) -> None:
    for truth in truths:
        assert set(score_pair(truth.disparity, truth).values()) == {0.0}


def test_errors_are_counted_where_they_are(truths: list[PairTruth]) -> None:
    truth = truths[0]
    assert truth.seen is not None
    off = truth.disparity.copy()
    off[CARD] += 3
    scores = score_pair(off, truth)
    share = 100 * truth.valid[CARD].sum() / truth.valid.sum()
    assert scores["bad1"] == scores["bad2"] == pytest.approx(share)
    assert scores["bad4"] == scores["bad2_hidden"] == 0
    assert scores["bad2_seen"] > share
    assert scores["epe"] == pytest.approx(3 * share / 100)
    unknown = replace(truth, seen=None)
    assert scores.keys() - score_pair(off, unknown).keys() == {"bad2_seen", "bad2_hidden"}
    without_hidden = replace(truth, seen=truth.valid)
    assert "bad2_hidden" not in score_pair(off, without_hidden)


def test_pixels_without_truth_do_not_count(truths: list[PairTruth]) -> None:
    truth = truths[0]
    wild = np.where(truth.valid, truth.disparity, np.float32(1e6))
    assert score_pair(wild, truth)["epe"] == 0


def test_every_method_has_a_row_for_every_pair(truths: list[PairTruth]) -> None:
    rows = score_all(METHODS, truths)
    assert [(row.method, row.name) for row in rows] == [
        (method, truth.name) for truth in truths for method in METHODS
    ]
    assert all(row.scores["ms"] > 0 for row in rows)
    mean = mean_scores(rows)
    assert mean["perfect"]["bad2"] == 0 < mean["constant"]["bad2"]
    assert mean["constant"]["epe"] == pytest.approx(
        np.mean([row.scores["epe"] for row in rows if row.method == "constant"])
    )
    gap = differences(rows, "perfect")["constant"]
    assert gap.scenes == 2 and gap.high < 0


def test_json_and_csv_hold_what_they_promise(truths: list[PairTruth]) -> None:
    rows = score_all(METHODS, truths)
    report = json.loads(to_json(rows, ["perfect"]))
    assert (report["pairs"], report["scenes"]) == (2, 2)
    assert report["mean"]["perfect"]["bad1"] == 0
    assert list(report["sets"]) == ["lab", "middlebury2014Q"]
    assert report["sets"]["lab"]["constant"]["bad2"] > 0
    assert report["hard"]["PianoL"]["perfect"]["epe"] == 0 and report["hard"]["ArtL"] == {}
    assert list(report["differences_in_bad2"]["perfect"]) == ["constant"]
    table = list(csv.DictReader(to_csv(rows).splitlines()))
    assert list(table[0]) == ["method", "set", "name", "scene", *METRICS]
    assert [line["method"] for line in table] == ["perfect", "constant"] * 2
    assert table[3]["scene"] == "middlebury2014Q/Piano" and table[3]["bad2_seen"] == ""
    assert float(table[1]["bad2"]) == pytest.approx(rows[1].scores["bad2"], rel=1e-4)


def test_it_ranks_a_network_among_its_rivals(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture
) -> None:
    main(folder, tmp_path / "out", [like_stereo(tmp_path / "stub.onnx")])
    report = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert list(report["mean"]) == ["constant", "mono", RIVAL, "stub"]
    assert report["mean"]["stub"]["bad2"] < 5 < report["mean"]["constant"]["bad2"]
    assert set(report["differences_in_bad2"]["stub"]) == {"constant", "mono", RIVAL}
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"scores.csv", "scores.json", "bad2.png", "pairs_0.png"}
    for name in ("bad2.png", "pairs_0.png"):
        assert cv2.imread(str(tmp_path / "out" / name)).std() > 3
    said = " ".join(capsys.readouterr().out.split())
    assert "bad2 of stub minus sgbm-3way" in said


def test_what_is_missing_is_said(tmp_path: Path, folder: Path) -> None:
    path, out = like_stereo(tmp_path / "stub.onnx"), tmp_path / "out"
    with pytest.raises(DataError, match="holds no pairs with truth"):
        main(tmp_path, out, [path])
    with pytest.raises(OptionError, match="Two networks are called stub"):
        main(folder, out, [path, path])
    with pytest.raises(WeightsError, match="is missing"):
        main(folder, out, [tmp_path / "absent.onnx"])
    with pytest.raises(WeightsError, match="two eyes"):
        main(folder, out, [like_edition_2(tmp_path / "two.onnx")])
    assert not list(out.glob("*"))
