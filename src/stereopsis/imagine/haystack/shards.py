"""Rows of any kind, frozen dataclasses, as Parquet shards that imagine.curate reads."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stereopsis.errors import DataError
from stereopsis.outputs import whole_file
from stereopsis.scene.arrays import ColorImage

SHARD_ROWS = 1000
_KINDS = {
    bytes: pa.binary(), str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()
}  # fmt: skip

Kind = TypeVar("Kind")


def write_shards(rows: Iterable[Any], kind: type, folder: Path, name: str) -> int:
    """How many rows went into `folder`/`name`-00000.parquet and so on, SHARD_ROWS in each.

    Shards of that name that an earlier, longer run left are removed.

    Raises:
        OutputError: a file cannot be written.
    """
    count, number = 0, 0
    for number, chunk in enumerate(_chunks(rows), 1):
        write_shard(chunk, kind, folder / f"{name}-{number - 1:05d}.parquet")
        count += len(chunk)
    for old in folder.glob(f"{name}-?????.parquet"):
        if int(old.stem[-5:]) >= number:
            old.unlink()
    return count


def write_shard(rows: Iterable[Any], kind: type, path: Path) -> None:
    """One file of the rows, whose columns are the fields of their dataclass `kind`.

    Raises:
        OutputError: it cannot be written.
    """
    with whole_file(path) as temporary:
        cells = [asdict(row) for row in rows]
        pq.write_table(pa.Table.from_pylist(cells, schema=_schema(kind)), temporary)


def read_shards(folder: Path, kind: type[Kind], name: str) -> Iterator[Kind]:
    """The rows of the shards of that name, in order.

    Raises:
        DataError: there are none, or they hold other columns.
    """
    paths = sorted(folder.glob(f"{name}*.parquet"))
    wanted = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(256, columns=wanted):
                    yield from (kind(**cells) for cells in batch.to_pylist())
        except (pa.ArrowException, OSError, TypeError) as error:
            raise DataError(
                f"{path} does not hold {', '.join(wanted)}.", "Make the haystack again."
            ) from error
    if not paths:
        raise DataError(f"{folder} holds no {name}*.parquet.", "Make the haystack first.")


def to_png(picture: ColorImage) -> bytes:
    """The picture as a PNG file."""
    return bytes(cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes())


def from_file(data: bytes) -> ColorImage:
    """The picture in a file that was made here."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture[:, :, ::-1])


def _schema(kind: type) -> Any:
    hints = get_type_hints(kind)
    return pa.schema([pa.field(each.name, _KINDS[hints[each.name]]) for each in fields(kind)])


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(rows)
    while chunk := list(islice(source, SHARD_ROWS)):
        yield chunk
