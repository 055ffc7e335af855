"""One search at a time in each folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stereopsis.errors import OutputError
from stereopsis.lock import lock
from stereopsis.outputs import prepare_folder

LOCK = "search.lock"


@contextmanager
def alone_in(folder: Path | None) -> Iterator[None]:
    """A block in which no other search may work in the folder, which is made if it is missing.

    Without a folder there is nothing to share.

    Raises:
        OutputError: another one does, or the folder cannot be written.
    """
    if folder is None:
        yield
        return
    prepare_folder(folder)
    with lock(folder / LOCK) as is_ours:
        if not is_ours:
            raise OutputError(
                f"Another search is at work in {folder}.",
                "Wait until it has ended, or choose another folder with -o.",
            )
        yield
