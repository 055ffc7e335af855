from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.imagine.captioned import read_captioned
from tests.imagine.judge.worlds import SIDE, disc, labelled, png, write_shard


def fill(folder: Path, count: int = 3) -> Path:
    folder.mkdir()
    for i in range(count):
        (folder / f"{i}.png").write_bytes(png(disc(i, True)))
        (folder / f"{i}.txt").write_text(f"a disc\n of kind {i}\n")
    return folder


def test_a_folder_a_list_and_a_shard_give_the_same(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures")
    found = read_captioned([folder], SIDE)
    assert found.captions[1] == "a disc of kind 1" and not found.left_out
    listed = tmp_path / "list.csv"
    rows = [f"pictures/{i}.png,a disc of kind {i}" for i in range(3)]
    listed.write_text("\n".join(["path,caption", *rows]) + "\n")
    shard = write_shard(tmp_path / "shard.parquet", labelled(range(3)))
    for other in (read_captioned([listed], SIDE), read_captioned([shard], SIDE)):
        assert np.array_equal(other.pictures[:3], found.pictures)
    both = read_captioned([folder, listed], SIDE)
    assert len(both) == 6


def test_what_cannot_be_used_is_listed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 5)
    (folder / "1.png").write_bytes(b"no picture")
    (folder / "2.txt").unlink()
    (folder / "3.txt").write_text("  \n")
    found = read_captioned([folder], 32)
    assert len(found) == 2 and found.pictures.shape == (2, 32, 32, 3)
    assert [line.partition(":")[0] for line in found.left_out] == ["1.png", "2.png", "3.png"]
    assert len(read_captioned([folder], 32, needs_caption=False)) == 4


def test_nothing_to_use_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="none can be used"):
        read_captioned([tmp_path / "empty"], 32)
    folder = fill(tmp_path / "pictures", 1)
    (folder / "0.txt").unlink()
    with pytest.raises(DataError, match="it has no caption"):
        read_captioned([folder], 32)
    (tmp_path / "list.csv").write_text("name,caption\n0.png,a\n")
    with pytest.raises(DataError, match="no column path"):
        read_captioned([tmp_path / "list.csv"], 32)
