"""Lists in files, as CSV or as JSON Lines: rows of named texts, read back as they were written."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stereopsis.errors import DataError, StereopsisError
from stereopsis.scene.input_file import read_input

ENDINGS = (".csv", ".jsonl")


@dataclass(frozen=True)
class Row:
    """A row of a list, and the line on which it ends."""

    line: int
    values: dict[str, str]


def read_list(path: Path) -> list[Row]:
    """The rows of the .csv or .jsonl file; all name the same columns.

    Raises:
        DataError: it is missing, empty or damaged, or its ending is another.
    """
    if path.suffix.lower() not in ENDINGS:
        raise DataError(
            f"The list {path} is neither .csv nor .jsonl.", "Save it as one of them, in UTF-8."
        )
    try:
        text = read_input(path, DataError).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"The list {path} is not in UTF-8.", "Save it in UTF-8.") from error
    rows = list(_csv_rows(text, path) if path.suffix.lower() == ".csv" else _json_rows(text, path))
    if not rows:
        raise DataError(f"The list {path} has no rows.", "Put at least one into it.")
    return rows


def to_csv(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> bytes:
    """The rows as CSV, under a line that names the columns."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def to_jsonl(rows: Sequence[dict[str, str]]) -> bytes:
    """The rows as JSON Lines: an object in each line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


@contextmanager
def at_line(path: Path, line: int) -> Iterator[None]:
    """Names the line in an error over its contents."""
    try:
        yield
    except StereopsisError as error:
        raise type(error)(f"{path}, line {line}: {error.problem}", error.mend) from error


def _csv_rows(text: str, path: Path) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for values in reader:
            with at_line(path, reader.line_num):
                if None in values or None in values.values():
                    problem = "The row has not as many cells as there are columns."
                    raise DataError(problem, "Put texts that hold commas in quotes.")
                yield Row(reader.line_num, values)
    except csv.Error as error:
        problem = f"{path}, line {reader.line_num}: This is no CSV ({error})."
        raise DataError(problem, "Save the list again, or use JSON Lines.") from error


def _json_rows(text: str, path: Path) -> Iterator[Row]:
    for line, given in enumerate(text.split("\n"), 1):
        if not given.strip():
            continue
        with at_line(path, line):
            try:
                row = json.loads(given)
            except (ValueError, RecursionError) as error:
                problem = f"This is no JSON ({error})."
                raise DataError(problem, "Write one object in each line.") from error
            if not isinstance(row, dict):
                raise DataError("This is no JSON object.", "Write one object in each line.")
            yield Row(line, {name: _text(name, value) for name, value in row.items()})


def _text(name: str, value: object) -> str:
    """The value as a text: a seed may be a number, and null says nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise DataError(f"The {name} is not a text.", "Put it in quotes.")
