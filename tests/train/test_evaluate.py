import csv
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError, WeightsError
from stereopsis.scene.depth import DepthMap
from stereopsis.train import evaluate
from stereopsis.train.evaluate import Evaluation, calibrate_all, draw_charts, main, to_json
from stereopsis.train.photo_sheet import CELL_HEIGHT
from stereopsis.train.score_table import score_methods
from stereopsis.train.truth import read_truths
from tests.train.teacher_network import write_teacher


def write_scene(folder: Path, seed: int) -> None:
    """A picture that is brighter where it is nearer, and its disparity, partly unknown."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.random((3, 4)), (64, 48), interpolation=cv2.INTER_CUBIC)
    near = np.clip(coarse, 0, 1) + np.linspace(0, 1, 48)[:, None]
    folder.mkdir(parents=True)
    gray = np.rint(20 + 100 * near).astype(np.uint8)
    cv2.imwrite(str(folder / "left.png"), np.dstack([gray] * 3))
    disparity = 10 + 20 * near
    disparity[:, :3] = np.inf
    np.savez(folder / "disp.npz", disp=disparity)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    for number, name in enumerate(("lab/chair", "lab/desk", "street/car")):
        write_scene(tmp_path / "truth" / "stereo" / name, number)
    return tmp_path / "truth"


def test_it_ranks_a_seeing_network_above_blind_rivals(
    tmp_path: Path,
    truth: Path,
    build_network: Callable[..., Path],
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    shown = ["abs_rel", "halo_px"]  # each chart takes half a second
    monkeypatch.setattr(evaluate, "METRICS", shown)
    out, photos = tmp_path / "out", tmp_path / "photos"
    (photos / "again").mkdir(parents=True)
    for place in (photos, photos / "again"):  # photos of one name are two photos
        cv2.imwrite(str(place / "a.jpg"), np.tile(np.arange(96, dtype=np.uint8), (64, 1)))
    teacher = write_teacher(tmp_path / "t.onnx")
    notes = tmp_path / "notes.json"
    notes.write_text(json.dumps({"again/a.jpg": "Nothing stands out."}))
    mine = build_network()
    main(truth, out, [mine], previous=mine, teacher=teacher, photos=photos, notes=notes)

    report = json.loads((out / "scores.json").read_text())
    assert report["pictures"] == report["scenes"] == 3
    mean = report["mean"]
    ours = ["tiny", "tiny+nearest", "tiny+guided", "tiny+refine", "previous", "previous+refine"]
    seeing = ["teacher", "teacher+refine", *ours]
    assert list(mean) == ["constant", "ramp", *seeing]
    assert mean["tiny"]["abs_rel"] < 0.5 * mean["ramp"]["abs_rel"]
    assert mean["tiny"]["shape_correlation"] > 0.9
    assert mean["ramp"]["shape_correlation"] == 0
    assert mean["ramp"]["row_ordinal"] == mean["constant"]["row_ordinal"] == 50
    assert list(report["sets"]) == ["lab", "street"]
    assert list(report["differences"]) == ["tiny"]
    assert mean["tiny"] == mean["previous"] and mean["tiny"] != mean["tiny+refine"]
    assert report["calibration"] == {}  # this network does not say how wrong it may be
    assert set(report["speed"]) == {"threads", "tiny", "previous", "teacher"}
    assert report["speed"]["tiny"]["megabytes"] < 0.01
    gap = report["differences"]["tiny"]["ramp"]["shape_correlation"]
    assert gap["positive"] == gap["scenes"] == 3 and gap["low"] > 0.5

    rows = list(csv.DictReader((out / "scores.csv").read_text().splitlines()))
    assert len(rows) == 3 * 10
    mine = [float(row["epe_percent"]) for row in rows if row["method"] == "tiny"]
    assert np.mean(mine) == pytest.approx(mean["tiny"]["epe_percent"], rel=1e-4)

    pictures = {p.name for p in out.glob("*.png")}
    assert pictures == {f"{m}.png" for m in shown} | {"truth_0.png", "photos.png"}
    for name in pictures:
        assert cv2.imread(str(out / name)).std() > 3
    assert cv2.imread(str(out / "photos.png")).shape[0] > 2 * CELL_HEIGHT
    assert "tiny" in capsys.readouterr().out


def test_a_network_that_tells_its_errors_is_calibrated(truth: Path):
    def guess(image: np.ndarray) -> DepthMap:
        values = image.mean(axis=2).astype(np.float32)
        doubt = np.abs(np.random.default_rng(0).normal(0, 9, values.shape)).astype(np.float32)
        error = doubt * np.random.default_rng(1).choice([-1, 1], values.shape)
        known = np.ones(values.shape, np.bool_)
        return DepthMap.relative(values + error, known, "mono", "test", doubt)

    truths = read_truths(truth)
    calibrations = calibrate_all(guess, truths)
    found = Evaluation(score_methods({"net": lambda i: guess(i).inverse_depth}, truths), ["net"],
                       {"net": calibrations}, {})  # fmt: skip
    told = json.loads(to_json(found))["calibration"]["net"]
    assert told["rank_correlation"] > 0.2
    assert told["ause"] < told["ause_at_random"]
    assert "sparsification_net" in draw_charts(found)


def test_what_is_missing_is_said(tmp_path: Path, truth: Path, build_network: Callable[..., Path]):
    out, path = tmp_path / "out", build_network()
    with pytest.raises(OptionError, match="no network"):
        main(truth, out)
    with pytest.raises(DataError, match="holds no truth"):
        main(tmp_path / "nowhere", out)
    with pytest.raises(DataError, match="holds no truth"):
        main(tmp_path / "nowhere", out, [path])
    with pytest.raises(OptionError, match="no depth model"):
        main(truth, out, [tmp_path / "absent.onnx"])
    with pytest.raises(WeightsError, match=r"t\.onnx has no manifest t\.json beside it"):
        main(truth, out, [write_teacher(tmp_path / "t.onnx")])
    with pytest.raises(WeightsError, match="teacher"):
        main(truth, out, [path], teacher=path)
    with pytest.raises(DataError, match="no photos"):
        main(truth, out, [path], photos=tmp_path / "nowhere")
    for text in ("{", '["a"]', '{"a.jpg": 1}'):
        (tmp_path / "notes.json").write_text(text)
        with pytest.raises(DataError, match=r"notes\.json"):
            main(truth, out, [path], notes=tmp_path / "notes.json")
    assert not list(out.glob("*"))  # the folder itself is made before the work


def test_networks_of_one_name_are_refused(
    tmp_path: Path, truth: Path, build_network: Callable[..., Path]
):
    path = build_network()
    with pytest.raises(OptionError, match="tiny"):
        main(truth, tmp_path / "out", [path, path])
