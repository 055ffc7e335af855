"""What the commands of this package share: settings, workers and progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stereopsis.errors import OptionError
from stereopsis.imagine.curate.config import FunnelConfig, parse_config
from stereopsis.imagine.curate.run import Progress as Told
from stereopsis.search.trials.processes import LocalProcesses
from stereopsis.search.trials.ray_workers import RayWorkers
from stereopsis.search.trials.workers import InProcess, Workers


def read_settings(path: Path | None) -> FunnelConfig:
    """The settings in a file; the defaults without one.

    Raises:
        OptionError: it cannot be read, or a value makes no sense.
    """
    if path is None:
        return FunnelConfig()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(
            f"The settings {path} cannot be read.", "Check the name of the file."
        ) from error
    return parse_config(text, path.name)


def choose_workers(count: int, ray: str | None) -> Workers:
    """Who does the work: this process, so many processes, or a Ray cluster ("" is one here)."""
    if ray is not None:
        return RayWorkers(None if ray == "local" else ray, count=count if count > 1 else None)
    return LocalProcesses(count) if count > 1 else InProcess()


@contextmanager
def progress_bar() -> Iterator[Told]:
    """A function that shows how far a run is, on standard error."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("shards"),
        TextColumn("{task.fields[rows]:,} pictures"), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks = {}

        def tell(what: str, done: int, total: int, rows: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, rows=0)
            bar.update(tasks[what], completed=done, rows=rows)

        yield tell
