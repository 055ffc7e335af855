"""Parquet files: paths in them lead to the pictures from elsewhere too, and columns may be any."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stereopsis.imagine.curate.filters import PopularityFilter
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.run import curate
from stereopsis.imagine.curate.shards import find_shards, read_rows
from tests.imagine.curate.haystack import kept, quick, rows, write_parquet

COUNT = 34  # more than are read at once


@pytest.mark.parametrize("kind", [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.struct({"bytes": pa.binary(), "path": pa.string()}),
    pa.struct({"path": pa.large_string(), "bytes": pa.large_binary()}),
    pa.struct({"path": pa.dictionary(pa.int32(), pa.string())}),
], ids=str)  # fmt: skip
def test_paths_lead_to_pictures_also_from_the_results(tmp_path: Path, kind: pa.DataType) -> None:
    cells = rows(range(COUNT))
    paths = [f"{i}.jpg" for i in range(COUNT)]
    for path, cell in zip(paths, cells, strict=True):
        (tmp_path / path).write_bytes(cell["image"])
    named = [*paths, "absent.jpg"]
    images = [{"path": path} for path in named] if pa.types.is_struct(kind) else named
    captions = [*(cell["caption"] for cell in cells), "a dog"]
    table = pa.table({"image": pa.array(images, kind), "caption": captions})
    pq.write_table(table, tmp_path / "a.parquet")
    funnel = curate([tmp_path / "a.parquet"], tmp_path / "out", quick())
    assert funnel.kept == COUNT and "absent.jpg" in funnel.tally.faults[0][2]
    assert pq.read_schema(tmp_path / "out" / "kept" / "a.parquet").field("image").type == kind
    again = curate([tmp_path / "out" / "kept"], tmp_path / "again", quick())
    assert again.kept == COUNT


def test_a_name_beside_bytes_stays_as_it_is(tmp_path: Path) -> None:
    cells = rows(range(2))
    (tmp_path / "1.jpg").write_bytes(cells[1]["image"])
    cells[0]["image"] = {"bytes": cells[0]["image"], "path": "holiday.jpg"}
    cells[1]["image"] = {"bytes": b"", "path": "1.jpg"}
    shard = write_parquet(tmp_path / "a.parquet", cells)
    curate([shard], tmp_path / "out", quick())
    first, second = (row["image"] for row in kept(tmp_path / "out"))
    assert first == cells[0]["image"]
    assert second == {"bytes": b"", "path": str((tmp_path / "1.jpg").resolve())}


def test_pictures_that_arrive_or_are_mended_are_taken_in_by_the_next_run(tmp_path: Path) -> None:
    cells, out = rows(range(3)), tmp_path / "out"
    pictures = [cell["image"] for cell in cells]
    for i, cell in enumerate(cells):
        cell["image"] = f"{i}.jpg"
    (tmp_path / "0.jpg").write_bytes(pictures[0][:200])
    shard, scored = write_parquet(tmp_path / "a.parquet", cells), out / "work" / "a.scored.npz"
    assert curate([shard], out, quick()).kept == 0
    before = scored.stat().st_mtime_ns
    assert curate([shard], out, quick()).kept == 0
    assert scored.stat().st_mtime_ns == before, "it was scored again for nothing"
    for i, count in ((0, 1), (1, 2)):
        (tmp_path / f"{i}.jpg").write_bytes(pictures[i])
        assert curate([shard], out, quick()).kept == count == len(kept(out))


@pytest.mark.parametrize("kind", [
    pa.timestamp("ns"),
    pa.timestamp("ns", "UTC"),
    pa.duration("ns"),
    pa.time64("ns"),
], ids=str)  # fmt: skip
def test_times_in_nanoseconds_are_read_and_kept_as_they_are(
    tmp_path: Path, kind: pa.DataType
) -> None:
    times = pa.array([1234567891, None], pa.int64()).cast(kind)
    table = pa.Table.from_pylist(rows(range(2))).append_column("when", times)
    pq.write_table(table, tmp_path / "a.parquet")
    (shard,) = find_shards([tmp_path / "a.parquet"])
    first, second = (row.carried["when"] for row in read_rows(shard, Columns()))
    assert "234567" in str(first) and second is None
    assert curate([shard.path], tmp_path / "out", quick()).kept == 2
    assert pq.read_table(tmp_path / "out" / "kept" / "a.parquet")["when"].combine_chunks() == times


def test_a_shard_with_a_date_of_no_year_is_left_out(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", rows(range(3)))
    table = pa.Table.from_pylist(rows(range(3, 5)))
    table = table.append_column("when", pa.array([0, 2**60], pa.timestamp("us")))
    pq.write_table(table, tmp_path / "b.parquet")
    funnel = curate([tmp_path / "a.parquet", tmp_path / "b.parquet"], tmp_path / "out", quick())
    assert funnel.kept == 3 and "b.parquet is damaged (" in funnel.damaged[0].why


def test_a_decimal_is_a_number(tmp_path: Path) -> None:
    cells = [{**cell, "popularity": Decimal(f"{i}.50")} for i, cell in enumerate(rows(range(3)))]
    shard = write_parquet(tmp_path / "a.parquet", cells)
    assert curate([shard], tmp_path / "out", quick(popularity=PopularityFilter(1.5))).kept == 2
