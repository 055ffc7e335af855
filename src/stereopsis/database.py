"""SQLite files: made or checked when they are opened, and changed in whole transactions."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stereopsis.errors import DataError, OutputError

WAIT_S = 60.0  # for another process that writes
RETRY_S = 0.02
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
NOT_WRITTEN = {  # for reasons of the disk, or of others that use the file
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}


@dataclass(frozen=True)
class FileKind:
    """What a file is for: how errors call it, its marks in the header, and its tables.

    With `outlasts_power` every change has reached the disk when its transaction ends; without, a
    killed process loses none, but a power cut may lose the last ones.
    """

    name: str
    application: int
    schema: int
    tables: tuple[str, ...]
    outlasts_power: bool = False


def open_database(path: Path, kind: FileKind, shared: bool = False) -> sqlite3.Connection:
    """The open file, made if there is none.

    It keeps its changes in a log beside it (SQLite's WAL mode), so that others read meanwhile.
    A `shared` one may be used by several threads, one at a time.

    Raises:
        DataError: the file is damaged, of another kind or another version.
        OutputError: it cannot be made or written.
    """
    with _told_apart(path, kind):
        file = sqlite3.connect(
            path, timeout=WAIT_S, isolation_level=None, check_same_thread=not shared
        )
        try:
            with transaction(file, path, kind):
                _make_tables(file, path, kind)
            _log_changes_beside(file)
            file.execute(f"PRAGMA synchronous = {'FULL' if kind.outlasts_power else 'NORMAL'}")
            if (found := file.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise damaged(path, kind, found)
        except BaseException:
            file.close()
            raise
    return file


@contextmanager
def transaction(
    file: sqlite3.Connection, path: Path, kind: FileKind, write: bool = True
) -> Iterator[sqlite3.Connection]:
    """A block whose changes are all kept, or none if it raises or is interrupted.

    Raises:
        DataError: the file is damaged.
        OutputError: it cannot be written.
    """
    with _told_apart(path, kind), file:  # `file` commits at the end, or rolls back
        file.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        yield file


def _log_changes_beside(file: sqlite3.Connection) -> None:
    """Switches to WAL mode. Here alone SQLite does not wait for others that open the file."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            file.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_S)


def _make_tables(file: sqlite3.Connection, path: Path, kind: FileKind) -> None:
    """Makes the tables in an empty file; refuses those of others."""
    application = file.execute("PRAGMA application_id").fetchone()[0]
    version = file.execute("PRAGMA user_version").fetchone()[0]
    if application == kind.application and version == kind.schema:
        return
    if application == kind.application:
        raise DataError(
            f"{path} is a {kind.name} of schema {version}; this version reads {kind.schema}.",
            "Move it away, or use the version of stereopsis that made this one.",
        )
    if version or file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise DataError(f"{path} is a database of another program.", "Move it away.")
    for statement in kind.tables:
        file.execute(statement)
    file.execute(f"PRAGMA application_id = {kind.application}")
    file.execute(f"PRAGMA user_version = {kind.schema}")


@contextmanager
def _told_apart(path: Path, kind: FileKind) -> Iterator[None]:
    """Makes sentences of a damaged file, and of one that cannot be written; the rest are bugs."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of it tells finer
        if code in DAMAGED:
            raise damaged(path, kind, str(error)) from error
        if code not in NOT_WRITTEN:
            raise
        raise OutputError(
            f"The {kind.name} {path} cannot be written ({error}).",
            "See that its folder exists, is not full, and that nothing else holds the file.",
        ) from error


def damaged(path: Path, kind: FileKind, why: str) -> DataError:
    """The error that says so, and what to do."""
    return DataError(
        f"{path} is damaged, or no {kind.name} ({why}).",
        "Move it away, or put a copy that was made of it in its place.",
    )
