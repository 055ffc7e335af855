from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.train.pair_truth import read_pair_truths, read_picture
from tests.depth.two_planes import CARD, FAR_PX, NEAR_PX, two_planes
from tests.train.pair_folders import write_pair


def test_a_pair_is_read_with_its_truth(tmp_path: Path) -> None:
    write_pair(tmp_path / "stereo" / "lab" / "card")
    (truth,) = read_pair_truths(tmp_path)
    seen = two_planes()
    assert (truth.set, truth.name, truth.scene) == ("lab", "card", "lab/card")
    np.testing.assert_array_equal(truth.left, seen.left)
    np.testing.assert_array_equal(truth.right, seen.right)
    assert not truth.valid[:5].any() and truth.valid[5:].all()
    np.testing.assert_array_equal(truth.disparity[truth.valid], seen.left_disparity[truth.valid])
    assert (truth.disparity[~truth.valid] == 0).all()
    assert truth.seen is None


def test_what_the_right_eye_sees_is_found_from_its_own_disparity(tmp_path: Path) -> None:
    write_pair(tmp_path / "stereo" / "lab" / "card", right_truth=True)
    (truth,) = read_pair_truths(tmp_path)
    assert truth.seen is not None
    rows, columns = CARD
    hidden = rows, slice(columns.start - (NEAR_PX - FAR_PX), columns.start)
    assert truth.seen[CARD].all() and not truth.seen[hidden].any()
    assert not truth.seen[:, :FAR_PX].any()
    assert (truth.valid | ~truth.seen).all()


def test_a_mask_says_it_first(tmp_path: Path) -> None:
    folder = write_pair(tmp_path / "stereo" / "lab" / "card", right_truth=True)
    mask = np.full(two_planes().left.shape[:2], 128, np.uint8)
    mask[:, 200:] = 255
    cv2.imwrite(str(folder / "mask_nocc.png"), mask)
    (truth,) = read_pair_truths(tmp_path)
    np.testing.assert_array_equal(truth.seen, (mask == 255) & truth.valid)


def test_pairs_off_their_rows_are_left_out_unless_wanted(tmp_path: Path) -> None:
    for name in ("lab/card", "aria_glasses/walk", "lab/again"):
        write_pair(tmp_path / "stereo" / name)
    assert [truth.name for truth in read_pair_truths(tmp_path)] == ["again", "card"]
    everything = read_pair_truths(tmp_path, rectified=False)
    assert [truth.name for truth in everything] == ["walk", "again", "card"]


def test_other_exposures_are_the_same_scene(tmp_path: Path) -> None:
    write_pair(tmp_path / "stereo" / "middlebury2014Q" / "PianoL")
    assert read_pair_truths(tmp_path)[0].scene == "middlebury2014Q/Piano"


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no pairs with truth"):
        read_pair_truths(tmp_path)
    write_pair(tmp_path / "stereo" / "aria_x" / "walk")
    with pytest.raises(DataError, match="holds no pairs with truth"):
        read_pair_truths(tmp_path)
    folder = write_pair(tmp_path / "stereo" / "lab" / "card", right_truth=True)
    with pytest.raises(DataError, match="cannot be read"):
        read_picture(tmp_path / "absent.png")
    whole = (folder / "disp.npz").read_bytes()
    damages = [
        ("left.png", b"none"),
        ("disp.npz", b""),
        ("disp.npz", whole[: len(whole) // 2]),
        ("disp_right.npz", b"none"),
    ]
    for name, data in damages:
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(data)
        with pytest.raises(DataError, match=name.replace(".", r"\.")):
            read_pair_truths(tmp_path)
        (folder / name).write_bytes(before)
    np.savez(folder / "disp.npz", depth=np.ones((4, 4)))
    with pytest.raises(DataError, match="no array `disp`"):
        read_pair_truths(tmp_path)


@pytest.mark.parametrize("disparity", [np.zeros((240, 320)), np.ones((120, 160))])
def test_truth_that_is_none_is_refused(tmp_path: Path, disparity: np.ndarray) -> None:
    folder = write_pair(tmp_path / "stereo" / "lab" / "card")
    np.savez(folder / "disp.npz", disp=disparity)
    with pytest.raises(DataError, match="holds no pair with its truth"):
        read_pair_truths(tmp_path)
