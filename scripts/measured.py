"""What runs have measured: the JSON files of runs/results, and tables of them."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "runs" / "results"


def results(name: str) -> Any:
    """What a run has measured."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{name}.json is missing from runs/results. Run its runs/*.sh.")
    return json.loads(path.read_text())


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a table that a run has kept."""
    path = RESULTS / f"{name}.csv"
    if not path.exists():
        raise SystemExit(f"{name}.csv is missing from runs/results. Run its runs/*.sh.")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
