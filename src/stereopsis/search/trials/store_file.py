"""The file of a store of trials: its tables, its checks when it is opened, its transactions."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stereopsis.errors import DataError, OutputError, StereopsisError

APPLICATION = 0x53545249  # "STRI", in the file's header
SCHEMA = 1
WAIT_S = 60.0  # for another process that writes
RETRY_S = 0.02

TABLES = (
    """CREATE TABLE trials (
        key TEXT PRIMARY KEY,
        settings TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting',
        driver TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        losses INTEGER NOT NULL DEFAULT 0,
        curve TEXT NOT NULL DEFAULT '[]',
        score REAL,
        costs TEXT NOT NULL DEFAULT '{}',
        seconds REAL,
        worker TEXT,
        error TEXT,
        finished INTEGER
    )""",
    """CREATE TABLE drivers (
        name TEXT PRIMARY KEY,
        place TEXT NOT NULL,
        pid INTEGER NOT NULL,
        born TEXT NOT NULL,
        heard_at REAL NOT NULL
    )""",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {SCHEMA}",
)


def open_file(path: Path) -> sqlite3.Connection:
    """The open file, made if there is none.

    It keeps its changes in a log beside it (SQLite's WAL mode), so that others read meanwhile.

    Raises:
        DataError: the file is damaged, no store of trials, or one of another version.
        OutputError: it cannot be made or written.
    """
    with _told_apart(path):
        file = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
        try:
            with transaction(file, path):
                _make_tables(file, path)
            _log_changes_beside(file)
            file.execute("PRAGMA synchronous = NORMAL")
            if (found := file.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(found)
        except BaseException:
            file.close()
            raise
    return file


@contextmanager
def transaction(
    file: sqlite3.Connection, path: Path, write: bool = True
) -> Iterator[sqlite3.Connection]:
    """A block whose changes are all kept, or none if it raises or is interrupted."""
    with _told_apart(path), file:  # `file` commits at the end, or rolls back
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


def _make_tables(file: sqlite3.Connection, path: Path) -> None:
    """Makes the tables in an empty file; refuses those of others."""
    application = file.execute("PRAGMA application_id").fetchone()[0]
    version = file.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION and version == SCHEMA:
        return
    if application == APPLICATION:
        raise DataError(
            f"{path} is a store of trials of schema {version}; this version reads {SCHEMA}.",
            "Name a new file, or use the version of stereopsis that made this one.",
        )
    if version or file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise DataError(f"{path} is a database of another program.", "Name another file.")
    for statement in TABLES:
        file.execute(statement)


@contextmanager
def _told_apart(path: Path) -> Iterator[None]:
    """Turns what SQLite raises into sentences: a damaged file, or one that cannot be written."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise _damaged(path, str(error)) from error
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if type(error) is sqlite3.DatabaseError or code == sqlite3.SQLITE_CORRUPT:
            raise _damaged(path, str(error)) from error
        raise OutputError(
            f"The store {path} cannot be written ({error}).",
            "See that its folder exists, is not full, and that nothing else holds the file.",
        ) from error


def _damaged(path: Path, why: str) -> StereopsisError:
    return DataError(
        f"{path} is damaged, or no store of trials ({why}).",
        "Name another file, or a copy that was made of it.",
    )
