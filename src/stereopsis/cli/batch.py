"""One photo after another: progress, a line for people, an object for programs, an exit code."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from stereopsis.cli.inputs import find_namesake, name_results, stem_of
from stereopsis.cli.records import Record, Records
from stereopsis.errors import StereopsisError
from stereopsis.outputs import write_all
from stereopsis.pipeline import Report
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import FocalSource

DONE, SOME_FAILED, FAILED = 0, 1, 2


@dataclass
class Work(Report):
    """The report of one photo's whole way, with its results as they come about."""

    photo: Path
    result: Path  # where results go, less the ending
    tick: Callable[[int, int], None]  # hears how many frames of a film are done, of how many
    files: dict[Path, bytes] = field(default_factory=dict)
    depth: DepthMap | None = None
    focal_source: FocalSource | None = None
    said: str | None = None  # a sentence about the result, for people
    facts: Record = field(default_factory=dict)  # more about the input, for programs

    def add(self, ending: str, data: bytes) -> None:
        """Adds a file: the result's name and this ending, such as ".glb"."""
        self.files[self.result.with_name(self.result.name + ending)] = data


def run_all(
    photos: Sequence[Path],
    folder: Path | None,
    make: Callable[[Work], None],
    as_json: bool,
    other_inputs: Sequence[Path] = (),
) -> int:
    """Makes and writes the results of each photo; a photo that fails holds up no other.

    No result replaces a photo or one of the `other_inputs`.

    Returns:
        The exit code.
    """
    console = Console(stderr=True, highlight=False)
    records = Records(as_json)
    failed = 0
    with _progress(console) as progress:
        photos_bar = progress.add_task("", total=len(photos))
        film_bar = progress.add_task("film", visible=False)

        def tick(done: int, total: int) -> None:
            progress.update(film_bar, completed=done, total=total, visible=done < total)
            if done == 1:
                progress.refresh()  # so that the bar of a short film shows too

        for photo, result in zip(photos, name_results(photos, folder), strict=True):
            progress.update(photos_bar, description=photo.name)
            work = Work(photo, result, tick)
            if result.name != stem_of(photo):
                other = find_namesake(photo, photos)
                work.warnings.append(f"{other} has this name too, so results are {result.name}.*")
            try:
                _make_and_write(work, [*photos, *other_inputs], make)
            except StereopsisError as error:
                failed += 1
                record = _failure(work, error, console)
            else:
                record = _success(work, console)
            records.write(record)
            progress.advance(photos_bar)
    if failed == len(photos) or records.lost:
        return FAILED
    return SOME_FAILED if failed else DONE


def _make_and_write(work: Work, inputs: Sequence[Path], make: Callable[[Work], None]) -> None:
    start = time.perf_counter()
    make(work)
    with work.stage("write"):
        write_all(work.files, inputs=inputs)
    work.ms["total"] = 1e3 * (time.perf_counter() - start)


def _progress(console: Console) -> Progress:
    """Bars that vanish when done, and never appear where standard error is not a terminal."""
    name = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), name, BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _failure(work: Work, error: StereopsisError, console: Console) -> Record:
    """Tells people that a photo failed; returns the same for programs."""
    named = work.photo.name in error.problem
    line = str(error) if named else f"{work.photo.name}: {error}"
    console.print(line, style="red", markup=False, soft_wrap=True)
    return {"input": str(work.photo), "error": error.problem, "mend": error.mend}


def _success(work: Work, console: Console) -> Record:
    """Tells people what became of a photo; returns more of it for programs."""
    depth = work.depth  # none where no 3D photo was made
    for warning in work.warnings:
        line = f"{work.photo.name}: {warning}"
        console.print(line, style="yellow", markup=False, soft_wrap=True)
    files = ", ".join(f"{path.name} {_size(len(data))}" for path, data in work.files.items())
    sources = {"file": ", given depth", "photo": ", the photo's own depth"}
    source = "" if depth is None else sources.get(depth.source, "")
    line = f"{work.photo.name}: {files}{source}, {work.ms['total'] / 1e3:.1f} s"
    console.print(line, markup=False, soft_wrap=True)
    if work.said is not None:
        console.print(work.said, markup=False, soft_wrap=True)
    return {
        "input": str(work.photo),
        "files": [{"path": str(path), "bytes": len(data)} for path, data in work.files.items()],
        "ms": {name: round(ms, 1) for name, ms in work.ms.items()},
        "sizes": work.sizes,
        "focal_source": work.focal_source,
        "depth": depth and {"source": depth.source, "scale": depth.scale, "reason": depth.reason},
        "warnings": work.warnings,
        **work.facts,
    }


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} KB"
