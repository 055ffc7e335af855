"""The table of the trials and its picture: every figure beside the baseline's spread."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

Results = dict[str, str]

# Those that a vertical ramp cannot win, and the error in percent of the depth range.
FIGURES = ("row_ordinal", "shape_correlation", "epe_percent", "boundary_f1_small")
BASELINE = "baseline"


@dataclass(frozen=True)
class Spread:
    """What a figure was with the baseline's seeds, which differ by luck alone."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        """The middle from which trials are told apart."""
        return (self.low + self.high) / 2

    def is_luck(self, value: float) -> bool:
        """Whether the value is no farther from the mean than the seeds are from each other."""
        return abs(value - self.mean) <= self.high - self.low


def read_results(path: Path) -> list[Results]:
    """The rows of the table; none if there is no such file yet."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def columns_of(rows: Sequence[Results]) -> list[str]:
    """The names of the figures, rendered truth first."""
    return [name for name in rows[0] if name not in ("choice", "name", "mark")]


def spread_of(rows: Sequence[Results], column: str) -> Spread:
    """The range of a figure over the baseline's seeds."""
    values = [float(row[column]) for row in rows if row["choice"] == BASELINE]
    return Spread(min(values), max(values))


def to_markdown(rows: Sequence[Results]) -> str:
    """One line per trial; figures in bold differ from the baseline's by more than luck."""
    columns = columns_of(rows)
    lines = [
        "| choice | trial | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 2) + "|",
    ]
    spreads = {column: spread_of(rows, column) for column in columns}
    for row in rows:
        cells = []
        for column in columns:
            text = f"{float(row[column]):.3g}"
            is_told = row["choice"] == BASELINE or spreads[column].is_luck(float(row[column]))
            cells.append(text if is_told else f"**{text}**")
        lines.append(f"| {row['choice']} | {row['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def draw_bars(rows: Sequence[Results]) -> bytes:
    """A PNG file: a panel per figure, a bar per trial, the baseline's spread as a band."""
    columns = columns_of(rows)
    figure = Figure(figsize=(11, 2.6 * ((len(columns) + 1) // 2)), layout="constrained")
    panels = figure.subplots((len(columns) + 1) // 2, 2, squeeze=False)
    names = [f"{row['choice']}: {row['name']}" for row in rows]
    for axes, column in zip(panels.flat, columns, strict=False):
        spread = spread_of(rows, column)
        width = spread.high - spread.low
        axes.axvspan(spread.mean - width, spread.mean + width, color="0.8")
        axes.barh(names, [float(row[column]) for row in rows], height=0.6)
        axes.set_title(column, fontsize="small")
        axes.tick_params(labelsize=6)
        axes.invert_yaxis()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
