from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError, OutputError
from stereopsis.train.pack import read_pack
from stereopsis.train.worlds.__main__ import main
from stereopsis.train.worlds.packed import as_rendering
from stereopsis.train.worlds.rendering import Wanted
from stereopsis.train.worlds.stock import read_photos


def test_the_command_writes_a_pack(tmp_path: Path, photos: list[np.ndarray]):
    for number, photo in enumerate(photos):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), photo)
    main(tmp_path / "out.npz", tmp_path, frames=2, seed=4)
    pack = read_pack(tmp_path / "out.npz")
    assert len(pack) == 2 and "seed 4" in pack.source
    assert all(frame.exact for frame in pack)


def test_extra_planes_are_packed_when_asked_for(
    tmp_path: Path, photos: list[np.ndarray], capsys: pytest.CaptureFixture[str]
):
    cv2.imwrite(str(tmp_path / "0.jpg"), photos[0])
    main(tmp_path / "out.npz", tmp_path, frames=1, semantic=True, hidden_layers=1)
    wanted = Wanted(semantic=True, hidden_layers=1)
    assert len(as_rendering(read_pack(tmp_path / "out.npz")[0], wanted).hidden) == 1
    assert "frames/s with 2 workers" in capsys.readouterr().out


def test_a_folder_without_photos_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="no photos"):
        main(tmp_path / "out.npz", tmp_path, frames=1)


def test_tiny_pictures_and_strips_are_not_painted_with(tmp_path: Path, photos: list[np.ndarray]):
    rng = np.random.default_rng(0)
    for number, (width, height) in enumerate(((1, 1), (5, 7), (2000, 60), (60, 2000))):
        noise = rng.integers(0, 255, (height, width, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), noise)
    with pytest.raises(DataError, match="no photos"):
        read_photos(tmp_path, 9, rng)
    cv2.imwrite(str(tmp_path / "good.png"), photos[0])
    (found,) = read_photos(tmp_path, 1, rng)
    assert (found == photos[0][:, :, ::-1]).all()


def test_a_pack_left_from_a_longer_series_is_refused_before_it_is_trained_on(tmp_path: Path):
    (tmp_path / "out_2.npz").touch()
    with pytest.raises(OutputError, match=r"out_2\.npz is there already"):
        main(tmp_path / "out.npz", tmp_path, frames=1)
