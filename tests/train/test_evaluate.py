import csv
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import OptionError
from stereopsis.train.evaluate import METRICS, main
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
    tmp_path: Path, truth: Path, build_network: Callable[..., Path], capsys: pytest.CaptureFixture
):
    out, photos = tmp_path / "out", tmp_path / "photos"
    photos.mkdir()
    cv2.imwrite(str(photos / "a.jpg"), np.tile(np.arange(96, dtype=np.uint8), (64, 1)))
    teacher = write_teacher(tmp_path / "t.onnx")
    main(truth, out, photos=photos, teacher=teacher, network=[build_network()])

    report = json.loads((out / "scores.json").read_text())
    assert report["pictures"] == report["scenes"] == 3
    mean = report["mean"]
    seeing = ["teacher", "teacher+refine", "tiny", "tiny+refine"]
    assert list(mean) == ["constant", "ramp", *seeing]
    assert mean["tiny"]["abs_rel"] < 0.5 * mean["ramp"]["abs_rel"]
    assert mean["tiny"]["shape_correlation"] > 0.9
    assert mean["ramp"]["shape_correlation"] == 0
    assert mean["ramp"]["row_ordinal"] == mean["constant"]["row_ordinal"] == 50
    assert list(report["sets"]) == ["lab", "street"]
    gap = report["differences"]["tiny"]["ramp"]["shape_correlation"]
    assert gap["positive"] == gap["scenes"] == 3 and gap["low"] > 0.5

    rows = list(csv.DictReader((out / "scores.csv").read_text().splitlines()))
    assert len(rows) == 3 * 6
    mine = [float(row["epe_percent"]) for row in rows if row["method"] == "tiny"]
    assert np.mean(mine) == pytest.approx(mean["tiny"]["epe_percent"], rel=1e-4)

    pictures = {p.name for p in out.glob("*.png")}
    assert pictures == {f"{m}.png" for m in METRICS} | {"truth_0.png", "photos.png"}
    for name in pictures:
        assert cv2.imread(str(out / name)).std() > 3
    assert "tiny" in capsys.readouterr().out


def test_networks_of_one_name_are_refused(
    tmp_path: Path, truth: Path, build_network: Callable[..., Path]
):
    path = build_network()
    with pytest.raises(OptionError, match="tiny"):
        main(truth, tmp_path / "out", network=[path, path])
