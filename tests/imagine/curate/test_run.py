"""Laws of the whole funnel."""

import json
import os
import random
import signal
import subprocess
import sys
import tracemalloc
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from stereopsis.errors import DataError, OptionError, OutputError
from stereopsis.imagine.curate import report_files
from stereopsis.imagine.curate.balance import BalanceFilter
from stereopsis.imagine.curate.filters import PopularityFilter, SizeFilter
from stereopsis.imagine.curate.run import Funnel, curate, nothing_left
from stereopsis.imagine.curate.score_shard import score_shard
from stereopsis.imagine.curate.shards import find_shards
from stereopsis.search.trials.processes import LocalProcesses
from tests.imagine.curate.haystack import (
    Cells,
    captions,
    jpeg,
    kept,
    quick,
    rows,
    scene,
    write_parquet,
    write_tar,
)

BALANCED = quick(balance=BalanceFilter(3))


def haystack(folder: Path) -> Path:
    """Three shards of 8 good pictures, two copies, and one of each fault."""
    cells = rows(range(24), popularity=5.0, note="good")
    for cell in cells[::3]:
        cell["caption"] = cell["caption"].replace("dog", "car")
    faults: list[Cells] = [
        {**cells[0], "image": jpeg(scene(0), 50), "note": "copy"},
        {**cells[1], "image": jpeg(scene(1).resize((96, 72))), "note": "copy"},
        {**cells[2], "image": cells[2]["image"][:200], "note": "cut"},
        {**cells[3], "image": None, "note": "none"},
        {**cells[4], "caption": None, "note": "caption"},
        {**cells[5], "image": jpeg(scene(50, 60, 50)), "note": "small"},
        {**cells[6], "image": jpeg(scene(51, 200, 70)), "note": "long"},
    ]
    everything = cells + faults
    random.Random(0).shuffle(everything)
    write_parquet(folder / "a.parquet", everything[:11])
    write_parquet(folder / "b.parquet", everything[11:21])
    write_tar(folder / "c.tar", everything[21:])
    return folder


def test_keeps_the_good_and_counts_the_others(tmp_path: Path) -> None:
    funnel = curate([haystack(tmp_path / "in")], tmp_path / "out", quick())
    removed = {name: stage.removed for name, stage in funnel.tally.stages.items()}
    assert removed == {"readable": 2, "caption": 1, "size": 1, "aspect": 1, "duplicates": 2}
    assert funnel.kept == 24 and len(funnel.tally.faults) == 2
    assert Counter(row["note"] for row in kept(tmp_path / "out")) == {"good": 24}


def test_says_every_score_of_what_it_keeps(tmp_path: Path) -> None:
    curate([haystack(tmp_path / "in")], tmp_path / "out", BALANCED)
    for row in kept(tmp_path / "out"):
        assert row["score_size"] == 90 and row["score_caption"] == 5
        assert row["score_aspect"] == pytest.approx(4 / 3)
        assert row["duplicates_copies"] in (1, 2) and row["balance_concept"] in (
            "animal",
            "vehicle",
        )
        assert row["popularity"] == 5


@pytest.mark.parametrize("kind", ["parquet", "tar"])
def test_columns_of_a_shards_own_stay_as_they_are(tmp_path: Path, kind: str) -> None:
    write = write_tar if kind == "tar" else write_parquet
    shard = write(tmp_path / f"a.{kind}", rows(range(2), concept="red cube", copies=7))
    curate([shard], tmp_path / "out", BALANCED)
    told = [
        (row["concept"], row["copies"], row["balance_concept"]) for row in kept(tmp_path / "out")
    ]
    assert told == [("red cube", 7, "animal")] * 2


def test_a_second_funnel_keeps_everything(tmp_path: Path) -> None:
    first = curate([haystack(tmp_path / "in")], tmp_path / "one", BALANCED)
    again = curate([tmp_path / "one" / "kept"], tmp_path / "two", BALANCED)
    assert again.kept == first.kept == 6
    assert captions(tmp_path / "two") == captions(tmp_path / "one")


def test_rows_are_the_same_however_shards_are_cut_and_called(tmp_path: Path) -> None:
    haystack(tmp_path / "in")
    for new, old in (("z", "a"), ("m", "b")):
        target = tmp_path / "other" / f"{new}.parquet"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((tmp_path / "in" / f"{old}.parquet").read_bytes())
    (tmp_path / "other" / "b.tar").write_bytes((tmp_path / "in" / "c.tar").read_bytes())
    for name in ("in", "other"):
        curate([tmp_path / name], tmp_path / f"{name}-out", BALANCED)
    one, other = (sorted(captions(tmp_path / name)) for name in ("in-out", "other-out"))
    assert one == other


def test_processes_make_the_same_rows_in_the_same_order(tmp_path: Path) -> None:
    haystack(tmp_path / "in")
    curate([tmp_path / "in"], tmp_path / "alone", BALANCED)
    curate([tmp_path / "in"], tmp_path / "both", BALANCED, LocalProcesses(2))
    assert kept(tmp_path / "both") == kept(tmp_path / "alone")


def test_a_run_that_was_killed_goes_on_and_ends_as_one_that_was_not(tmp_path: Path) -> None:
    haystack(tmp_path / "in")
    curate([tmp_path / "in"], tmp_path / "whole", BALANCED)
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from stereopsis.imagine.curate.run import curate\n"
        "from tests.imagine.curate.test_run import BALANCED\n"
        "def stop(what, done, total, rows):\n"
        "    if done == 1: os.kill(os.getpid(), signal.SIGKILL)\n"
        "curate([Path(sys.argv[1])], Path(sys.argv[2]), BALANCED, progress=stop)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "in"), str(tmp_path / "killed")]
    root = Path(__file__).parents[3]
    paths = os.pathsep.join([str(root / "src"), str(root)])
    ended = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": paths}, check=False)
    assert ended.returncode == -signal.SIGKILL
    done = list((tmp_path / "killed" / "work").glob("*.scored.npz"))
    assert len(done) == 1 and not (tmp_path / "killed" / "kept").exists()
    before = done[0].stat().st_mtime_ns
    curate([tmp_path / "in"], tmp_path / "killed", BALANCED)
    assert done[0].stat().st_mtime_ns == before, "a finished shard was scored again"
    assert kept(tmp_path / "killed") == kept(tmp_path / "whole")


def test_a_quota_is_never_exceeded(tmp_path: Path) -> None:
    config = quick(balance=BalanceFilter(2, prefer="popularity"), popularity=PopularityFilter(0))
    cells = [{**cell, "popularity": float(i)} for i, cell in enumerate(rows(range(12)))]
    for cell in cells[::2]:
        cell["caption"] = cell["caption"].replace("dog", "rose")
    write_parquet(tmp_path / "in" / "a.parquet", cells)
    funnel = curate([tmp_path / "in"], tmp_path / "out", config)
    assert funnel.concepts == {"animal": 2, "plant": 2}
    assert sorted(row["popularity"] for row in kept(tmp_path / "out")) == [8, 9, 10, 11]


def test_no_number_of_popularity_is_not_popular(tmp_path: Path) -> None:
    values = [None, float("nan"), 3.0, 1.0]
    cells = [{**c, "popularity": v} for c, v in zip(rows(range(4)), values, strict=True)]
    write_parquet(tmp_path / "in" / "a.parquet", cells)
    curate([tmp_path / "in"], tmp_path / "out", quick(popularity=PopularityFilter(2)))
    assert [row["popularity"] for row in kept(tmp_path / "out")] == [3]


def test_memory_does_not_grow_with_the_shard(tmp_path: Path) -> None:
    peaks = []
    for i, count in enumerate((80, 80, 320)):  # the first only to load what is loaded once
        cells = rows(range(20), ballast="x" * 20_000) * (count // 20)
        write_parquet(tmp_path / f"{i}.parquet", cells)
        (shard,) = find_shards([tmp_path / f"{i}.parquet"])
        tracemalloc.start()
        score_shard(shard, quick())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] - peaks[1] < 240 * 2000, "a few numbers for each survivor, never its row"


def left(funnel: Funnel) -> str:
    problem = nothing_left(funnel)
    return str(problem)


def test_says_who_removed_everything(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", rows(range(5)))
    funnel = curate([tmp_path / "a.parquet"], tmp_path / "out", quick(size=SizeFilter(1000)))
    assert "Nothing is left of 5 pictures: size removed the last 5" in left(funnel)
    files = report_files(funnel, tmp_path / "out")
    assert "Nothing is left" in json.loads(files[tmp_path / "out" / "report.json"])["nothing_left"]
    fine = curate([tmp_path / "a.parquet"], tmp_path / "fine", quick())
    assert nothing_left(fine) is None


def test_refuses_shards_without_rows_or_sense(tmp_path: Path) -> None:
    empty, text = tmp_path / "empty.tar", tmp_path / "text.parquet"
    write_tar(empty, [])
    text.write_text("no shard at all")
    with pytest.raises(DataError, match="hold no rows"):
        curate([empty], tmp_path / "one", quick())
    with pytest.raises(DataError, match="neither Parquet nor tar"):
        curate([text], tmp_path / "two", quick())
    with pytest.raises(DataError, match="cannot be read"):
        curate([tmp_path / "absent.tar"], tmp_path / "three", quick())
    with pytest.raises(OptionError, match="no shards"):
        curate([], tmp_path / "four", quick())


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", [{"picture": b"", "text": ""}])
    with pytest.raises(DataError, match="no column image; it has picture, text"):
        curate([tmp_path / "a.parquet"], tmp_path / "out", quick())


def test_an_output_that_cannot_be_written_is_told_before_any_work(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", rows(range(2)))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        curate([tmp_path / "a.parquet"], tmp_path / "file", quick())


def test_a_full_disk_leaves_what_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_parquet(tmp_path / "in" / "a.parquet", rows(range(3)))
    place = "stereopsis.imagine.curate.finish_shard.write_rows"

    def full(*arguments: object) -> None:
        raise OutputError("a.parquet cannot be written (no space left on device).", "Free some.")

    with monkeypatch.context() as broken:
        broken.setattr(place, full)
        with pytest.raises(DataError, match=r"no space left .* What is finished is kept"):
            curate([tmp_path / "in"], tmp_path / "out", quick())
    assert curate([tmp_path / "in"], tmp_path / "out", quick()).kept == 3


def test_every_sheet_and_the_chart_lie_in_the_report(tmp_path: Path) -> None:
    funnel = curate([haystack(tmp_path / "in")], tmp_path / "out", BALANCED)
    files = report_files(funnel, tmp_path / "out")
    page = files[tmp_path / "out" / "report.html"].decode()
    sheets = [path.name for path in files if path.parent.name == "sheets"]
    for stage in ("caption", "size", "aspect", "duplicates", "balance"):
        assert f"{stage}_removed.png" in sheets and f"{stage}_borderline.png" in sheets
    assert all(f"sheets/{name}" in page for name in sheets)
    plain = json.loads(files[tmp_path / "out" / "report.json"])
    assert plain["in"] == 31 and plain["out"] == 6 and len(plain["unreadable"]) == 2
    flows = [(stage["in"], stage["out"]) for stage in plain["stages"]]
    assert all(before[1] == after[0] for before, after in pairwise(flows))
