"""Which errors of a database are told as the user's, and which are left as bugs of ours."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from stereopsis.database import FileKind, open_database, transaction
from stereopsis.errors import DataError, OutputError

KIND = FileKind("store of shells", 0x5348454C, 1, ("CREATE TABLE shells (name TEXT UNIQUE)",))


def in_transaction(path: Path, work: Callable[[sqlite3.Connection], object]) -> None:
    file = open_database(path, KIND)
    try:
        with transaction(file, path, KIND):
            work(file)
    finally:
        file.close()


@pytest.mark.parametrize(
    ("work", "error"),
    [
        (lambda file: file.execute("SELECT name FROM nowhere"), sqlite3.OperationalError),
        (lambda file: file.execute("SELECT ?"), sqlite3.ProgrammingError),
        (lambda file: file.execute("INSERT INTO shells VALUES ('a'), ('a')"), sqlite3.Error),
        (lambda file: json.loads("{"), json.JSONDecodeError),
    ],
)
def test_our_own_bugs_are_not_blamed_on_the_disk(
    tmp_path: Path, work: Callable[[sqlite3.Connection], object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        in_transaction(tmp_path / "shells.db", work)


def test_a_file_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "shells.db"
    file = open_database(path, KIND)
    file.execute("PRAGMA query_only = 1")
    with pytest.raises(OutputError, match=r"store of shells .*shells\.db cannot be written"):
        with transaction(file, path, KIND):
            file.execute("INSERT INTO shells VALUES ('a')")
    file.execute("PRAGMA query_only = 0")
    file.execute("PRAGMA max_page_count = 1")
    with pytest.raises(OutputError, match="full"):
        with transaction(file, path, KIND):
            file.execute("INSERT INTO shells VALUES (?)", ["a" * 100_000])
    file.close()


def test_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "shells.db"
    in_transaction(path, lambda file: file.execute("INSERT INTO shells VALUES ('a')"))
    os.truncate(path, 6000)
    with pytest.raises(DataError, match="is damaged, or no store of shells"):
        open_database(path, KIND)
