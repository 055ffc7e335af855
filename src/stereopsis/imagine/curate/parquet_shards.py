"""Rows from and to Parquet files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stereopsis.imagine.curate.damage import damaged
from stereopsis.imagine.curate.picture_cell import path_in, picture_in, with_full_path
from stereopsis.imagine.curate.row import Columns, Row, Scores, as_text, check_column
from stereopsis.outputs import whole_file

ROWS_AT_ONCE = 32


def read_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """The rows of the file; see shards.read_rows."""
    number = 0
    for batch in _batches(path, columns):
        for cells in _cells_of(batch, path, number):
            yield _row(number, cells, columns, path.parent)
            number += 1


def write_rows(path: Path, columns: Columns, kept: Scores, target: Path) -> None:
    """Writes the kept rows as they are, with one more column per thing said of them."""
    said = _said_columns(kept)
    with whole_file(target) as temporary:
        writer, first = None, 0
        for batch in _batches(path, columns):
            places = [i for i in range(batch.num_rows) if first + i in kept]
            # slices, as take() does not know every type that a file may hold
            table = pa.Table.from_batches([batch.slice(i, 1) for i in places], batch.schema)
            table = _with_full_paths(table, columns.image, path.parent)
            for name, kind in said.items():
                values = [kept[first + i].get(name) for i in places]
                if name in table.column_names:
                    table = table.drop_columns([name])
                table = table.append_column(name, pa.array(values, kind))
            first += batch.num_rows
            writer = writer or pq.ParquetWriter(temporary, table.schema)
            if places:
                writer.write_table(table)
        assert writer is not None
        writer.close()


def _row(number: int, cells: dict[str, Any], columns: Columns, folder: Path) -> Row:
    cell = cells.pop(columns.image)
    image, fault = picture_in(cell, folder)
    caption = as_text(cells.get(columns.caption))
    return Row(number, image, caption, cells, fault, path_in(cell, folder))


def _cells_of(batch: Any, path: Path, rows: int) -> list[dict[str, Any]]:
    """The batch as Python's own values; `rows` came before it.

    Raises:
        DamagedShardError: a value cannot be had as such, a date of no year that Python knows, say.
    """
    for place, field in enumerate(batch.schema):
        if field.type != (coarse := _in_microseconds(field.type)):
            cut = batch.column(place).cast(coarse, safe=False)
            batch = batch.set_column(place, field.name, cut)
    try:
        return batch.to_pylist()  # type: ignore[no-any-return]
    except (ValueError, OverflowError) as error:
        raise damaged(path, rows, str(error).rstrip(".")) from error


def _in_microseconds(kind: Any) -> Any:
    """The type; Python's own times hold no nanoseconds."""
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if pa.types.is_duration(kind) and kind.unit == "ns":
        return pa.duration("us")
    return pa.time64("us") if kind == pa.time64("ns") else kind


def _said_columns(kept: Scores) -> dict[str, Any]:
    """The type of each added column: numbers where any row has one, else texts."""
    kinds: dict[str, Any] = {}
    for said in kept.values():
        for name, value in said.items():
            kinds[name] = pa.string() if isinstance(value, str) else pa.float32()
    return kinds


def _with_full_paths(table: Any, image: str, folder: Path) -> Any:
    """The table with whole paths to its pictures: the output lies in another folder."""
    place = table.column_names.index(image)
    cells = table[image].to_pylist()
    full = [with_full_path(cell, folder) for cell in cells]
    if full == cells:
        return table
    field = table.schema.field(place)
    return table.set_column(place, field, pa.array(full, field.type))


def _batches(path: Path, columns: Columns) -> Iterator[Any]:
    """The file, a few rows at a time."""
    rows = 0
    try:
        with pq.ParquetFile(path, memory_map=False, pre_buffer=False) as file:
            check_column(columns.image, file.schema_arrow.names, path)
            for batch in file.iter_batches(ROWS_AT_ONCE):
                yield batch
                rows += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, rows, str(error).splitlines()[0].rstrip(".")) from error
