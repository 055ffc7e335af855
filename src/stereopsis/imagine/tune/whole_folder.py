"""A folder of results, written whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A temporary place beside `path`, which takes its name when the block ends well.

    What was there before stays until then, and is there still if the block fails.
    """
    part, before = (path.with_name(f"{path.name}.{ending}") for ending in ("part", "before"))
    _tidy(path, part, before)  # after a run that was killed
    part.mkdir(parents=True)
    try:
        yield part
        if path.exists():
            path.rename(before)  # a folder cannot replace another that is not empty
        part.rename(path)
    finally:
        _tidy(path, part, before)


def _tidy(path: Path, part: Path, before: Path) -> None:
    """Removes what is of no use any more; if there is nothing at `path`, `before` returns."""
    shutil.rmtree(part, ignore_errors=True)
    if before.exists() and not path.exists():
        before.rename(path)
    shutil.rmtree(before, ignore_errors=True)
