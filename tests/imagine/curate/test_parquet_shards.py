"""Paths in Parquet files: whatever type they have, they lead to the pictures from elsewhere too."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stereopsis.imagine.curate.run import curate
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
