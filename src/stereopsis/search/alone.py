"""One search at a time in each folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stereopsis.lock import the_only


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
    with the_only("search", folder):
        yield
