"""Runs over shards of which some are damaged."""

import html
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from stereopsis.errors import DataError
from stereopsis.imagine.curate import finish_shard, report_files
from stereopsis.imagine.curate.__main__ import main
from stereopsis.imagine.curate.damage import damaged
from stereopsis.imagine.curate.run import curate
from stereopsis.imagine.curate.shards import Shard
from stereopsis.search.trials.processes import LocalProcesses
from tests.imagine.curate.haystack import kept, quick, rows, write_parquet, write_tar

DAMAGES = ("cut.parquet", "cut.tar", "middle.parquet", "middle.tar", "text.parquet")


def write_shard(path: Path, count: int, first: int = 0) -> Path:
    write = write_tar if path.suffix == ".tar" else write_parquet
    return write(path, rows(range(first, first + count)))


def damage(path: Path) -> None:
    """Cuts the shard short, or spoils a part of it, or all, as its name says."""
    data = bytearray(path.read_bytes())
    if path.stem == "cut":
        data = data[: len(data) * 2 // 3]
    elif path.stem == "text":
        data = bytearray(b"no shard at all")
    elif path.suffix == ".tar":
        place = data.rindex(b"part/00035.jpg")
        data[place : place + 512] = b"x" * 512
    else:
        place = data.index(b"JFIF", len(data) * 2 // 3) - 5000
        data[place : place + 5000] = b"\xff" * 5000
    path.write_bytes(data)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_run_goes_on_without_a_damaged_shard_and_takes_it_in_once_mended(
    tmp_path: Path, name: str
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    write_shard(folder / "a.parquet", 3)
    bad = write_shard(folder / name, 60, 3)
    whole = bad.read_bytes()
    damage(bad)
    funnel = curate([folder], out, quick())
    assert (funnel.shards, funnel.kept, len(funnel.damaged)) == (1, 3, 1)
    (told,) = funnel.damaged
    assert told.shard == str(bad) and str(bad) in told.why and told.why.endswith(".")
    files = report_files(funnel, out)
    assert json.loads(files[out / "report.json"])["damaged_shards"] == [vars(told)]
    assert told.why in html.unescape(files[out / "report.html"].decode())
    before = (out / "work" / "a.scored.npz").stat().st_mtime_ns
    bad.write_bytes(whole)
    again = curate([folder], out, quick())
    assert (again.shards, again.kept, again.damaged) == (2, 63, ())
    assert (out / "work" / "a.scored.npz").stat().st_mtime_ns == before
    curate([folder], tmp_path / "fresh", quick())
    assert kept(out) == kept(tmp_path / "fresh")


def test_says_after_which_row_a_shard_is_damaged(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.parquet", 1)
    for name in ("middle.tar", "middle.parquet"):
        damage(write_shard(tmp_path / name, 120))
    funnel = curate([tmp_path], tmp_path / "out", quick())
    parquet, tar = (each.why for each in funnel.damaged)
    assert "middle.tar is damaged after 35 rows (a header cannot be read)." in tar
    assert "middle.parquet is damaged after 32 rows (" in parquet


def test_a_shard_that_is_found_damaged_only_while_rows_are_written_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    write_shard(folder / "a.parquet", 3)
    write_shard(folder / "b.parquet", 4, 2)  # one is a copy of the other's
    real = finish_shard.write_rows

    def failing(shard: Shard, *rest: Any) -> None:
        if shard.name == "b":
            raise damaged(shard.path, 2, "a bad disk")
        real(shard, *rest)

    with monkeypatch.context() as broken:
        broken.setattr(finish_shard, "write_rows", failing)
        funnel = curate([folder], out, quick())
    assert funnel.kept == 3 and "b.parquet is damaged after 2 rows" in funnel.damaged[0].why
    assert len(kept(out)) == 3
    assert curate([folder], out, quick()).kept == len(kept(out)) == 6


def test_processes_leave_out_the_same_damaged_shards(tmp_path: Path) -> None:
    write_shard(tmp_path / "in" / "a.parquet", 3)
    bad = write_shard(tmp_path / "in" / "cut.tar", 10, 3)
    damage(bad)
    both = curate([tmp_path / "in"], tmp_path / "out", quick(), LocalProcesses(2))
    assert [each.shard for each in both.damaged] == [str(bad)] and both.kept == 3


def test_when_all_shards_are_damaged_it_is_an_error(tmp_path: Path) -> None:
    for name in ("cut.tar", "cut.parquet"):
        damage(write_shard(tmp_path / name, 5))
    with pytest.raises(DataError, match=r"cut\.tar is damaged .it is cut short.\. Get it again"):
        curate([tmp_path / "cut.tar"], tmp_path / "one", quick())
    with pytest.raises(DataError, match="All 2 shards are damaged; the first: The shard"):
        curate([tmp_path], tmp_path / "two", quick())


def test_the_command_names_damaged_shards_and_ends_with_1(tmp_path: Path) -> None:
    write_shard(tmp_path / "in" / "a.parquet", 3)
    damage(write_shard(tmp_path / "in" / "cut.tar", 5))
    (tmp_path / "settings.json").write_text(quick().to_json())
    command = [str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    command += ["--settings", str(tmp_path / "settings.json")]
    app = typer.Typer()
    app.command()(main)
    ended = CliRunner().invoke(app, command)
    assert ended.exit_code == 1 and "cut.tar is damaged (it is cut short)." in ended.stderr
    assert json.loads(ended.stdout)["out"] == 3
    (tmp_path / "in" / "cut.tar").unlink()
    assert CliRunner().invoke(app, command).exit_code == 0
