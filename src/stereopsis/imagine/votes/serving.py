"""One server for each store: a lock that ends with its process, however that ends."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stereopsis.errors import OutputError


@contextmanager
def serving(store: Path, address: str) -> Iterator[None]:
    """A block in which no other server may open the store at this path.

    The lock is SQLite's own, on an empty database beside the store, so that it works on every
    system, and the kernel drops it with the process. Another file beside it says who holds it.

    Raises:
        OutputError: another server serves the store, or the files cannot be written.
    """
    place = store.resolve()
    lock, note = (place.with_name(f"{place.name}-{ending}") for ending in ("lock", "serving"))
    with closing(_open(lock)) as held:
        if not _take(held, lock):
            raise _served_already(store, note)
        try:
            note.write_text(address, encoding="utf-8")
        except OSError as error:
            raise _not_written(note, (error.strerror or str(error)).lower()) from error
        yield


def _open(lock: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(lock, timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise _not_written(lock, str(error)) from error


def _take(held: sqlite3.Connection, lock: Path) -> bool:
    """Whether the lock is now ours, until the connection is closed; nothing is ever written."""
    try:
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            return False
        raise _not_written(lock, str(error)) from error
    return True


def _served_already(store: Path, note: Path) -> OutputError:
    try:
        holder = note.read_text(encoding="utf-8", errors="replace")
    except OSError:
        holder = ""
    return OutputError(
        f"{store} is being served already, by {holder or 'another process'}.",
        "Open that address in as many browsers as you like, or stop that server first.",
    )


def _not_written(path: Path, reason: str) -> OutputError:
    return OutputError(
        f"{path} cannot be written ({reason}).", "See that its folder exists and can be written."
    )
