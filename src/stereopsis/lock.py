"""A lock between processes that ends with the one that holds it, however that ends."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stereopsis.errors import OutputError
from stereopsis.outputs import prepare_folder


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


@contextmanager
def the_only(work: str, folder: Path) -> Iterator[None]:
    """A block that is the only "training", say, in the folder, which is made if it is missing.

    Raises:
        OutputError: another one is at work there, or the folder cannot be written.
    """
    prepare_folder(folder)
    with lock(folder / f"{work}.lock") as is_ours:
        if not is_ours:
            raise OutputError(
                f"Another {work} is at work in {folder}.",
                "Wait until it has ended, or choose another folder with -o.",
            )
        yield


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
        held.execute("PRAGMA journal_mode = MEMORY")  # else it begins a file, on a full disk too
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            return False
        raise not_written(path, str(error)) from error
    return True
