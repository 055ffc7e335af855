"""Runs in a folder that holds an earlier one: with other shards, settings or files, or killed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError, OutputError
from stereopsis.imagine.curate.aesthetic import AestheticFilter, fit_head
from stereopsis.imagine.curate.alignment import ClipFilter
from stereopsis.imagine.curate.filters import SizeFilter
from stereopsis.imagine.curate.offensive import OffensiveFilter
from stereopsis.imagine.curate.run import curate, digest_of_files
from tests.imagine.curate.haystack import (
    jpeg,
    kept,
    quick,
    red_network,
    rows,
    scene,
    write_parquet,
    write_tar,
)
from tests.imagine.curate.test_run import haystack


def test_shards_may_be_added_changed_and_taken_out(tmp_path: Path) -> None:
    folder, out = haystack(tmp_path / "in"), tmp_path / "out"
    curate([folder], out, quick())
    write_parquet(folder / "a.parquet", rows(range(100, 104)))
    write_parquet(folder / "d.parquet", rows(range(104, 107)))
    (folder / "b.parquet").unlink()
    curate([folder], out, quick())
    curate([folder], tmp_path / "fresh", quick())
    assert kept(out) == kept(tmp_path / "fresh")


def test_a_shard_of_another_kind_takes_the_place_of_its_namesake(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    write_tar(folder / "a.tar", rows(range(3)))
    curate([folder], out, quick())
    (folder / "a.tar").unlink()
    write_parquet(folder / "a.parquet", rows(range(3, 5)))
    assert curate([folder], out, quick()).kept == len(kept(out)) == 2


def test_what_a_killed_run_wrote_of_a_shard_goes_with_the_shard(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    write_parquet(folder / "a.parquet", rows(range(3)))
    write_parquet(folder / "b.parquet", rows(range(3, 5)))
    curate([folder], out, quick())
    (out / "work" / "b.faces.npz").unlink()  # killed before they were written
    (out / "kept" / ".0123.part").write_bytes(b"half")
    (out / "kept" / "notes.txt").write_text("mine")
    (folder / "b.parquet").unlink()
    curate([folder], out, quick())
    assert {path.name for path in (out / "kept").iterdir()} == {"a.parquet", "notes.txt"}


def test_rows_that_were_removed_from_the_results_are_written_again(tmp_path: Path) -> None:
    shard = write_parquet(tmp_path / "a.parquet", rows(range(3)))
    curate([shard], tmp_path / "out", quick())
    (tmp_path / "out" / "kept" / "a.parquet").unlink()
    curate([shard], tmp_path / "out", quick())
    assert len(kept(tmp_path / "out")) == 3


def test_a_kill_between_rows_and_faces_leaves_no_rows_of_another_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    write_parquet(folder / "a.parquet", rows(range(3)))
    curate([folder], out, quick())
    larger = {"image": jpeg(scene(1, 240, 180)), "caption": "a dog of kind 1"}
    write_parquet(folder / "b.parquet", [larger])  # takes the place of one in a

    def killed(*arguments: object) -> bytes:
        raise OutputError("It was killed.", "Run it again.")

    with monkeypatch.context() as broken:
        broken.setattr("stereopsis.imagine.curate.passes.faces_to_bytes", killed)
        with pytest.raises(DataError, match="killed"):
            curate([folder], out, quick())
    assert len(kept(out)) == 2
    (folder / "b.parquet").unlink()
    assert curate([folder], out, quick()).kept == len(kept(out)) == 3


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    shard = write_parquet(tmp_path / "a.parquet", rows(range(3)))

    def again(*told: object) -> None:
        with pytest.raises(OutputError, match="Another curation is at work"):
            curate([shard], tmp_path / "out", quick())

    assert curate([shard], tmp_path / "out", quick(), progress=again).kept == 3


def test_other_settings_need_another_folder(tmp_path: Path) -> None:
    folder = haystack(tmp_path / "in")
    curate([folder], tmp_path / "out", quick())
    with pytest.raises(OptionError, match="other settings"):
        curate([folder], tmp_path / "out", quick(size=SizeFilter(65)))
    with pytest.raises(OptionError, match="is a result of this folder"):
        curate([tmp_path / "out" / "kept"], tmp_path / "out", quick())


def test_a_network_that_was_replaced_needs_another_folder(tmp_path: Path) -> None:
    shard = write_parquet(tmp_path / "a.parquet", rows(range(3)))
    network = red_network(tmp_path / "red.onnx")
    config = quick(offensive=OffensiveFilter(1.0, str(network)))
    for _ in range(2):
        curate([shard], tmp_path / "out", config)
    network.write_bytes(network.read_bytes() + b"\0\0")
    with pytest.raises(OptionError, match="other settings"):
        curate([shard], tmp_path / "out", config)


def test_a_folder_that_the_settings_name_is_signed_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "clip" / "part").mkdir(parents=True)
    (tmp_path / "clip" / "part" / "model").write_bytes(b"1")
    config = quick(clip=ClipFilter(str(tmp_path / "clip")))
    before = digest_of_files(config)
    (tmp_path / "clip" / "part" / "model").write_bytes(b"2")
    assert before != digest_of_files(config)
    assert digest_of_files(quick(clip=ClipFilter("openai/none"))) == digest_of_files(quick()) == ""


def test_a_head_that_was_fitted_anew_is_read_anew(tmp_path: Path) -> None:
    shard = write_parquet(tmp_path / "a.parquet", rows(range(3)))
    features, config = np.eye(4, 180), quick(aesthetic=AestheticFilter(str(tmp_path / "head.npz")))
    counts = []
    for bias, out in ((-50.0, "none"), (50.0, "all")):
        head = replace(fit_head(features, np.arange(4) < 2, "grid", 10.0), bias=bias)
        (tmp_path / "head.npz").write_bytes(head.to_bytes())
        counts.append(curate([shard], tmp_path / out, config).kept)
    assert counts == [0, 3]
