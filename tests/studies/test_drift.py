import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.depth.rectify import transform
from stereopsis.errors import DataError
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.stereo import StereoPair
from stereopsis.studies import drift as drift_study
from stereopsis.studies import drift_trials
from stereopsis.studies.drift import judge_glasses, main
from stereopsis.studies.drift_data import SCENES, drift, read_glasses, read_true_pairs
from stereopsis.studies.drift_trials import (
    SIGMAS_DEG,
    Trial,
    nothing,
    opencv_uncalibrated,
    ours,
    summarise,
    try_scene,
    vertical_error,
)
from tests.depth.eyes import CAMERA, CARD, FAR, NEAR, Eyes, as_pair, texture


def write_image(path: Path, image: ColorImage) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[:, :, ::-1])


def write_pair(folder: Path, pair: StereoPair) -> None:
    write_image(folder / "left.png", pair.left.pixels)
    write_image(folder / "right.png", pair.right.pixels)


def write_scene(folder: Path, seed: int) -> None:
    write_pair(folder, Eyes().pair(seed=seed))
    disparity = np.full((CAMERA.height, CAMERA.width), CAMERA.focal_px / FAR, np.float32)
    disparity[CARD] = CAMERA.focal_px / NEAR
    disparity[:5] = np.inf
    np.savez(folder / "disp.npz", disp=disparity)
    (folder / "calib.txt").write_text("cam0=[300 0 160; 0 300 120; 0 0 1]\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two scenes, the second with a mask of what is not occluded, and a pair of glasses."""
    for seed, name in enumerate(SCENES[:2]):
        write_scene(tmp_path / name, 10 * seed)
    mask = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
    mask[:, 150:] = 255
    write_image(tmp_path / SCENES[1] / "mask_nocc.png", mask)
    write_pair(tmp_path / "aria_x" / "frame0", Eyes((0.01, 0.0, 0.0)).pair())
    (tmp_path / "aria_x" / "frame0" / "calib.txt").write_text("virtual pinhole: f=300.0 cx=160\n")
    return tmp_path


def test_true_matches_are_of_one_surface_that_both_eyes_see(folder: Path) -> None:
    first, second = read_true_pairs(folder)
    assert first.pair.left.camera.focal_px == CAMERA.focal_px
    assert set(np.round(first.left[:, 0] - first.right[:, 0], 1)) == {37.5, 100.0}
    assert (first.left[:, 1] > 5).all() and (first.right[:, 0] >= 0).all()
    assert (second.left[:, 0] > 150).all()
    smooth = [cv2.GaussianBlur(e.pixels, (0, 0), 2.0) for e in (first.pair.left, first.pair.right)]
    ours, theirs = (
        image[at[:, 1].astype(int), np.rint(at[:, 0] - 0.5).astype(int)].astype(float)
        for image, at in zip(smooth, (first.left, first.right), strict=True)
    )
    assert np.percentile(np.abs(ours - theirs).mean(1), 90) < 15


def test_a_drift_moves_pictures_and_true_matches_alike(folder: Path) -> None:
    true = read_true_pairs(folder)[0]
    turned = drift(true, 1.0, np.random.default_rng(1))
    assert np.abs(vertical_error(turned, nothing(turned.pair))).mean() > 1
    undone = (np.eye(3), np.linalg.inv(turned.homography))
    assert np.abs(vertical_error(turned, undone)).max() < 1e-6
    assert np.allclose(
        transform(turned.homography, true.right.astype(np.float32)), turned.right, atol=1e-3
    )
    still = drift(true, 0.0, np.random.default_rng(1))
    assert still.pair is true.pair


def test_ours_levels_the_rows_and_opencv_nearly_does(folder: Path) -> None:
    true = read_true_pairs(folder)[0]
    turned = drift(true, 1.0, np.random.default_rng(2))
    left = {m: np.abs(vertical_error(turned, m(turned.pair))).mean() for m in (nothing, ours)}
    assert left[ours] < 0.1 < 0.5 < left[nothing]
    assert np.abs(vertical_error(turned, opencv_uncalibrated(turned.pair))).mean() < left[nothing]


def test_the_rival_gives_up_without_matches() -> None:
    blank = np.full_like(texture(0), 90)
    for pair in (as_pair(blank, blank), as_pair(texture(0), texture(5))):
        homographies = opencv_uncalibrated(pair)
        assert all(homography.shape == (3, 3) for homography in homographies)


def test_every_method_is_tried_at_every_drift(folder: Path) -> None:
    trials = try_scene(read_true_pairs(folder)[0], seed=0)
    assert {t.sigma_deg for t in trials} == set(SIGMAS_DEG)
    assert len(trials) == len(SIGMAS_DEG) * 4
    assert max(t.error_px for t in trials if t.method == "repeat") < 0.1
    assert 0.0 not in {t.sigma_deg for t in try_scene(read_true_pairs(folder)[0], seed=1)}


def test_a_summary_holds_medians_and_intervals_over_scenes() -> None:
    trials = [Trial("ours", str(k % 5), 1.0, float(k)) for k in range(20)]
    found = summarise(trials)
    assert (found.median, found.p90, found.trials) == (9.5, 17.1, 20)
    assert found.median_low <= found.median <= found.median_high
    alone = summarise(trials[:1])
    assert alone.median_low == alone.median == alone.p90_high == 0


def test_glasses_are_judged_by_matches_that_were_held_out(folder: Path) -> None:
    found = judge_glasses(read_glasses(folder)["aria_x/frame0"])
    assert found is not None
    assert found.before_px > 2.5
    assert found.after_px < 0.1
    assert found.other_after_px is not None and found.other_after_px < 0.3
    assert found.turn_deg == pytest.approx(np.degrees(0.01), abs=0.1)
    blank = np.full_like(texture(0), 90)
    assert judge_glasses(as_pair(blank, blank)) is None


def test_the_study_writes_a_table_and_a_chart(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (drift_study, drift_trials):
        monkeypatch.setattr(module, "SIGMAS_DEG", (0.0, 0.5))
    monkeypatch.setattr(drift_study, "SEEDS", 1)
    threads = cv2.getNumThreads()
    main(pairs=folder, out=tmp_path / "out")
    cv2.setNumThreads(threads)
    report = json.loads((tmp_path / "out" / "drift.json").read_text())
    assert report["scenes"] == list(SCENES[:2])
    assert report["vertical_error_px"]["ours"]["0.5"]["median"] < 0.1
    assert report["glasses"]["aria_x/frame0"]["after_px"] < 0.1
    assert report["speed"]["rectify_ms"] > 0
    assert cv2.imread(str(tmp_path / "out" / "drift.png")).std() > 5


def test_too_few_scenes_and_damaged_ones_are_refused(folder: Path) -> None:
    path = folder / SCENES[0] / "disp.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="no array `disp`"):
        read_true_pairs(folder)
    path.write_bytes(whole)
    (folder / SCENES[0] / "left.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match="cannot be read"):
        read_true_pairs(folder)
    (folder / SCENES[0] / "disp.npz").unlink()
    with pytest.raises(DataError, match="no two scenes"):
        read_true_pairs(folder)
