from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.imagine.captioned import first_few, read_captioned, split_captioned
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.judge.labelled import read_labelled
from tests.imagine.curate.haystack import write_parquet
from tests.imagine.judge.worlds import SIDE, disc, labelled, png, write_shard
from tests.imagine.shards_of import write_squares


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
    cells = [
        {"image": (folder / f"{i}.png").read_bytes(), "caption": found.captions[i]}
        for i in range(3)
    ]
    shard = write_parquet(tmp_path / "a.parquet", cells)
    for given in (listed, shard):
        other = read_captioned([given], SIDE)
        assert np.array_equal(other.pictures, found.pictures)
        assert (other.captions, other.contents) == (found.captions, found.contents)


def test_labels_come_from_lists_and_shards_alike(tmp_path: Path) -> None:
    given = labelled(range(3))
    shard = write_shard(tmp_path / "shard.parquet", given)
    for i, picture in enumerate(given.pictures):
        (tmp_path / f"{i}.png").write_bytes(png(picture))
    rows = [
        f"{i}.png,{given.captions[i]},{given.concepts[i]},{bool(given.wanted[i])}"
        for i in range(len(given))
    ]
    listed = tmp_path / "list.csv"
    listed.write_text("\n".join(["path,caption,concept,wanted", *rows]) + "\n")
    one, other = (read_labelled([each], Columns(wanted="wanted"), SIDE) for each in (shard, listed))
    assert one.hashes == other.hashes == given.hashes
    assert one.concepts == other.concepts and np.array_equal(one.wanted, other.wanted)


def test_the_order_of_shards_changes_nothing(tmp_path: Path) -> None:
    a, b = (write_shard(tmp_path / f"{i}.parquet", labelled(range(i, i + 2))) for i in (0, 5))
    one, other = read_captioned([a, b], SIDE), read_captioned([b, a], SIDE)
    assert one.contents == other.contents and np.array_equal(one.pictures, other.pictures)


def test_the_split_does_not_depend_on_the_order(tmp_path: Path) -> None:
    found = read_captioned([write_squares(tmp_path / "a.parquet", 200)], 8)
    turned = found.pick(list(reversed(range(len(found)))))
    held = [set(split_captioned(each)[1].contents) for each in (found, turned)]
    assert held[0] == held[1] and 0 < len(held[0]) < 40


def test_a_split_with_an_empty_half_is_an_error(tmp_path: Path) -> None:
    found = read_captioned([write_squares(tmp_path / "a.parquet", 200)], 8)
    for half in split_captioned(found):
        with pytest.raises(DataError, match=r"Of \d+ pictures, \d+ are left to learn from"):
            split_captioned(half)


def test_what_cannot_be_used_is_listed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 5)
    (folder / "1.png").write_bytes(b"no picture")
    (folder / "2.txt").unlink()
    (folder / "3.txt").write_text("  \n")
    found = read_captioned([folder], 32)
    assert len(found) == 2 and found.pictures.shape == (2, 32, 32, 3)
    assert [line.partition(":")[0] for line in found.left_out] == ["1.png", "2.png", "3.png"]
    assert len(read_captioned([folder], 32, needs_caption=False)) == 4
    with pytest.raises(DataError, match=r"2 can be used \(.*; 2\.png: it has no caption; 3\.png: "):
        read_captioned([folder], 32, at_least=3)


def test_of_many_left_out_the_first_three_are_named() -> None:
    left_out = [f"{i}.png: it has no caption." for i in range(5)]
    assert first_few(left_out[:1]) == "0.png: it has no caption" and not first_few([])
    assert first_few(left_out[:3]).endswith("2.png: it has no caption")
    assert first_few(left_out) == first_few(left_out[:3]) + "; ..."


def test_an_input_that_is_not_there_is_no_shard(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 1)
    for name in ("none", "none.csv", "none.tar"):
        with pytest.raises(DataError, match=f"There is no folder or file .*{name}"):
            read_captioned([folder, tmp_path / name], 32)


def test_nothing_to_use_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="none can be used"):
        read_captioned([tmp_path / "empty"], 32)
    folder = fill(tmp_path / "pictures", 1)
    (folder / "0.txt").unlink()
    with pytest.raises(DataError, match="it has no caption"):
        read_captioned([folder], 32)
    with pytest.raises(DataError, match=r"Of 24 pictures, 21 can be used .*; 30 are needed"):
        read_captioned([write_squares(tmp_path / "a.parquet")], 16, at_least=30)
    (tmp_path / "list.csv").write_text("name,caption\n0.png,a\n")
    with pytest.raises(DataError, match="no column path"):
        read_captioned([tmp_path / "list.csv"], 32)
