"""The table of the trials and its picture: every figure beside those of the baseline's seeds."""

import csv
import io
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from scipy.stats import t as student

Results = dict[str, str]

# Those that a vertical ramp cannot win, and the error in percent of the depth range.
FIGURES = ("row_ordinal", "shape_correlation", "epe_percent", "boundary_f1_small")
BASELINE = "baseline"
FALSE_BOLD = 0.05  # share of figures that are bold although the choice changes nothing


@dataclass(frozen=True)
class Spread:
    """What a figure was with the baseline's seeds, which differ by luck alone."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The middle from which trials are told apart."""
        return statistics.mean(self.values)

    @property
    def reach(self) -> float:
        """How far from the mean one more seed may fall: Student's t interval for a new value.

        One seed does not tell.
        """
        seeds = len(self.values)
        if seeds < 2:
            return math.inf
        quantile = float(student.ppf(1 - FALSE_BOLD / 2, seeds - 1))
        return quantile * statistics.stdev(self.values) * math.sqrt(1 + 1 / seeds)

    def is_luck(self, value: float) -> bool:
        """Whether one more seed of the baseline may well have had this value."""
        return abs(value - self.mean) <= self.reach


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
    """A figure's values over the baseline's seeds."""
    return Spread(tuple(float(row[column]) for row in rows if row["choice"] == BASELINE))


def to_markdown(rows: Sequence[Results]) -> str:
    """One line per trial, some figures in bold, and beneath it what that means."""
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
    return "\n".join(lines) + f"\n\n{_explain_bold(rows)}\n"


def _explain_bold(rows: Sequence[Results]) -> str:
    """What a figure in bold means, and how often luck makes one."""
    columns = len(columns_of(rows))
    seeds = sum(row["choice"] == BASELINE for row in rows)
    figures = columns * (len(rows) - seeds)
    return (
        f"In bold is what lies outside the {1 - FALSE_BOLD:.0%} interval for one more seed of the "
        f"baseline (Student's t; seeds: {seeds}). A choice that changes nothing still has a figure "
        f"in bold with a chance of up to {min(1, columns * FALSE_BOLD):.0%}: of the {figures} "
        f"figures beside the baseline's, luck makes {figures * FALSE_BOLD:.2g} bold on average."
    )


def draw_bars(rows: Sequence[Results]) -> bytes:
    """A PNG file: a panel per figure, a bar per trial, the range of the baseline as a band."""
    columns = columns_of(rows)
    figure = Figure(figsize=(11, 2.6 * ((len(columns) + 1) // 2)), layout="constrained")
    panels = figure.subplots((len(columns) + 1) // 2, 2, squeeze=False)
    names = [f"{row['choice']}: {row['name']}" for row in rows]
    for axes, column in zip(panels.flat, columns, strict=False):
        seeds = spread_of(rows, column).values
        axes.axvspan(min(seeds), max(seeds), color="0.8")
        axes.barh(names, [float(row[column]) for row in rows], height=0.6)
        axes.set_title(column, fontsize="small")
        axes.tick_params(labelsize=6)
        axes.invert_yaxis()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
