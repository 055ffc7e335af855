from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.train.truth import Truth, read_truths


def write_stereo(folder: Path, disparity: np.ndarray, size: tuple[int, int] = (16, 12)) -> None:
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "left.png"), np.full((size[1], size[0], 3), [255, 0, 0], np.uint8))
    np.savez(folder / "disp.npz", disp=disparity)


def test_both_kinds_are_read_as_inverse_depth(tmp_path: Path):
    disparity = np.full((12, 16), 8.0, np.float32)
    disparity[0], disparity[1] = np.inf, 0
    write_stereo(tmp_path / "stereo/lab/chair", disparity)
    folder = tmp_path / "depth/street/0001"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "image.png"), np.zeros((24, 32, 3), np.uint8))
    np.savez(folder / "depth.npz", depth=np.where(np.eye(12, 16), np.nan, 4.0))
    chair, street = read_truths(tmp_path)
    assert (chair.set, chair.name, street.set) == ("lab", "chair", "street")
    assert (chair.image == [0, 0, 255]).all()
    assert not chair.valid[:2].any() and chair.valid[2:].all()
    assert (chair.inverse_depth[2:] == 8).all() and (chair.inverse_depth[:2] == 0).all()
    assert (street.inverse_depth[street.valid] == 0.25).all()
    assert street.valid.sum() == 12 * 16 - 12
    assert street.image.shape == (12, 16, 3)


@pytest.mark.parametrize(
    ("of_set", "names"),
    [
        ("middlebury2014Q", ["Piano", "PianoL"]),
        ("iclnuim", ["00000", "00005", "00010", "00015"]),
        ("slambook2", [f"ch5_rgbd_{number}" for number in range(1, 6)]),
        ("aria_adt", ["frame0", "frame1", "frame2"]),
    ],
)
def test_exposures_and_frames_of_one_scene_are_one(of_set: str, names: list[str]):
    nothing = np.zeros((1, 1), np.float32)
    image = np.zeros((1, 1, 3), np.uint8)
    shown = {Truth(of_set, name, image, nothing, nothing > 0).scene for name in names}
    assert len(shown) == 1
    assert Truth(of_set, "another", image, nothing, nothing > 0).scene not in shown


def test_folders_and_files_without_truth_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match="no truth"):
        read_truths(tmp_path)
    write_stereo(tmp_path / "stereo/lab/chair", np.full((12, 16), np.inf))
    with pytest.raises(DataError, match="no known value"):
        read_truths(tmp_path)
    np.savez(tmp_path / "stereo/lab/chair/disp.npz", depth=np.ones((12, 16)))
    with pytest.raises(DataError, match="no array `disp`"):
        read_truths(tmp_path)
    path = tmp_path / "stereo/lab/chair/disp.npz"
    np.savez(path, disp=np.ones((12, 16)))
    whole = path.read_bytes()
    for cut in (0, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match="no array `disp`"):
            read_truths(tmp_path)
    path.write_bytes(whole)
    (tmp_path / "stereo/lab/chair/left.png").unlink()
    with pytest.raises(DataError, match=r"left\.png"):
        read_truths(tmp_path)
