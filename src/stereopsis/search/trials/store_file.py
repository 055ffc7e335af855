"""The file of a store of trials: its tables, and how it is opened and changed."""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from stereopsis.database import FileKind, open_database
from stereopsis.database import transaction as transaction_of

APPLICATION = 0x53545249  # "STRI", in the file's header
SCHEMA = 1

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
)
KIND = FileKind("store of trials", APPLICATION, SCHEMA, TABLES)


def open_file(path: Path) -> sqlite3.Connection:
    """The open file, made if there is none; raises as open_database does."""
    return open_database(path, KIND)


def transaction(
    file: sqlite3.Connection, path: Path, write: bool = True
) -> AbstractContextManager[sqlite3.Connection]:
    """A block whose changes are all kept, or none if it raises or is interrupted."""
    return transaction_of(file, path, KIND, write)
