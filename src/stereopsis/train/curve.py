"""The learning curve of a run: a table that grows, and its picture."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from stereopsis.errors import DataError
from stereopsis.outputs import write_all
from stereopsis.train.checkpoint import cannot_save

Row = dict[str, float]


def mean_figures(window: Sequence[Row]) -> Row:
    """The mean of each figure over the steps that report it."""
    names = dict.fromkeys(name for figures in window for name in figures)
    values = {name: [figures[name] for figures in window if name in figures] for name in names}
    return {name: sum(found) / len(found) for name, found in values.items()}


def append_row(path: Path, row: Row) -> None:
    """Adds a row to the table, and to a new one a header. Every row has the first one's columns.

    Raises:
        OutputError: it cannot be written.
    """
    columns = list(row) if not path.exists() else _columns(path)
    try:
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=columns)
            if not file.tell():
                writer.writeheader()
            writer.writerow({name: row.get(name, "") for name in columns})
    except OSError as error:
        raise cannot_save(path, error) from error


def read_rows(path: Path) -> list[Row]:
    """The rows of the table without their empty cells; none if there is no such file.

    Raises:
        DataError: the file holds something else.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        found = [{name: float(value) for name, value in row.items() if value} for row in rows]
        if not all("step" in row for row in found):
            raise ValueError("no steps")
    except (ValueError, TypeError, csv.Error) as error:
        raise DataError(f"{path} holds no learning curve.", "Remove it.") from error
    return found


def drop_rows_after(path: Path, step: int) -> None:
    """Removes the rows of later steps; where none is left, the file, too.

    Raises:
        DataError: the file holds something else.
        OutputError: it cannot be written. It is as it was then.
    """
    rows = read_rows(path)
    kept = [row for row in rows if row["step"] <= step]
    if not kept:  # a new run may have other columns
        path.unlink(missing_ok=True)
    elif len(kept) < len(rows):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, fieldnames=_columns(path))
        writer.writeheader()
        writer.writerows(kept)
        write_all({path: text.getvalue().encode()})


def draw_curve(rows: Sequence[Row]) -> bytes:
    """A PNG file with every figure over the steps."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(name for row in rows for name in row if name != "step"):
        points = [(row["step"], row[name]) for row in rows if name in row]
        axes.plot(*zip(*points, strict=True), label=name)
    axes.set_xlabel("step")
    if rows:
        axes.legend()
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _columns(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file).fieldnames or [])
