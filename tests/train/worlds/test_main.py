from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.train.pack import read_pack
from stereopsis.train.worlds.__main__ import main


def test_the_command_writes_a_pack(tmp_path: Path, photos: list[np.ndarray]):
    for number, photo in enumerate(photos):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), photo)
    main(tmp_path / "out.npz", tmp_path, frames=2, seed=4)
    pack = read_pack(tmp_path / "out.npz")
    assert len(pack) == 2 and "seed 4" in pack.source
    assert all(frame.exact for frame in pack)


def test_a_folder_without_photos_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="no photos"):
        main(tmp_path / "out.npz", tmp_path, frames=1)
