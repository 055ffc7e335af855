"""A lock between processes that ends with the one that holds it, however that ends."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stereopsis.errors import OutputError


@contextmanager
def lock(path: Path) -> Iterator[bool]:
    """A block, and whether the lock at this path is this process's in it; nobody waits.

    The lock is SQLite's own, on an empty database that stays, so that it works on every system,
    and the kernel drops it with the process.

    Raises:
        OutputError: the file cannot be written.
    """
    with closing(_open(path)) as held:
        yield _take(held, path)


def not_written(path: Path, reason: str) -> OutputError:
    """What to say of a file that a lock needs."""
    return OutputError(
        f"{path} cannot be written ({reason}).", "See that its folder exists and can be written."
    )


def _open(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(path, timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise not_written(path, str(error)) from error


def _take(held: sqlite3.Connection, path: Path) -> bool:
    """Whether the lock is now ours, until the connection is closed; nothing is ever written."""
    try:
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            return False
        raise not_written(path, str(error)) from error
    return True
