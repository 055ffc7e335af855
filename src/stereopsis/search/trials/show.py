"""Draws a store of trials, also while it runs: python -m stereopsis.search.trials.show --help."""

from pathlib import Path
from typing import Annotated

import typer

from stereopsis.errors import DataError
from stereopsis.outputs import write_all
from stereopsis.search.trials.pareto import draw_pareto, points_of
from stereopsis.search.trials.pareto_page import to_html
from stereopsis.search.trials.store import TrialStore
from stereopsis.train.command import run_command


def main(
    store: Annotated[Path, typer.Argument(help="The store of trials.")],
    cost: Annotated[str, typer.Option(help="The cost to draw the score over.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results.")],
) -> None:
    """Writes pareto.png and pareto.html."""
    if not store.is_file():
        raise DataError(f"There is no store of trials {store}.", "Name the file of a search.")
    with TrialStore(store) as opened:
        records = opened.records()
    page = to_html(records, cost, store.stem)
    picture = draw_pareto(points_of(records, cost), cost)
    files = {output / "pareto.png": picture, output / "pareto.html": page.encode()}
    write_all(files, inputs=[store])


if __name__ == "__main__":
    run_command(main)
