from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import StereopsisError
from stereopsis.train.cut_holes import main
from stereopsis.train.hole_file import open_holes
from stereopsis.train.pack import build_pack, write_pack
from tests.train.test_holes import photo


def test_the_command_cuts_the_same_holes_again(tmp_path: Path) -> None:
    textures = tmp_path / "textures"
    textures.mkdir()
    for i in range(2):
        cv2.imwrite(str(textures / f"{i}.png"), photo(i).image)
    packs = [tmp_path / "photos.npz"]
    write_pack(build_pack([photo()], "noise"), packs[0])
    for name in ("one.npy", "two.npy"):
        main(tmp_path / name, textures, packs, frames=1, seed=3)
    one, two = (np.load(tmp_path / name) for name in ("one.npy", "two.npy"))
    assert (one == two).all()
    holes = open_holes([tmp_path / "one.npy"]).pick(range(len(one)))
    assert ((holes.hole > 0) & holes.judged).flatten(1).any(1).all()


def test_refuses_to_go_without_photos(tmp_path: Path) -> None:
    write_pack(build_pack([], "none"), tmp_path / "photos.npz")
    with pytest.raises(StereopsisError, match="no photos"):
        main(tmp_path / "out.npy", tmp_path, [tmp_path / "photos.npz"], frames=1)
