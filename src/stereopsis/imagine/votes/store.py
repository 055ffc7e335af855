"""The store: pictures, pairs and every answer that was given, in one file beside the pictures.

Answers are only ever added. One that comes twice under its key counts once, and of several that a
voter gave to the same subject the latest stands, so that a mistake can be mended.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from stereopsis.database import open_database, transaction
from stereopsis.errors import DataError
from stereopsis.imagine.votes.records import Candidate, Keep, Pair, Review, Said, Vote
from stereopsis.imagine.votes.store_file import KIND

TABLE_OF: dict[type, str] = {Vote: "votes", Keep: "keeps", Review: "reviews"}
IN_TIME = "ORDER BY at, rowid"

SaidT = TypeVar("SaidT", Vote, Keep, Review)


@dataclass(frozen=True)
class StoredImage:
    """A picture that may be shown: its name for browsers, its path in the folder, its contents."""

    token: str
    path: str
    sha256: str
    width: int
    height: int


class VoteStore:
    """An open store of votes; several threads may use it.

    Every method raises OutputError if the file is locked or cannot be written, and DataError if it
    is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._file = open_database(self.path, KIND, shared=True)
        self._one_at_a_time = threading.RLock()

    @property
    def folder(self) -> Path:
        """Where all pictures are, in it or in folders of it."""
        return self.path.parent

    def add(
        self,
        images: Sequence[StoredImage],
        candidates: Sequence[Candidate] = (),
        pairs: Sequence[Pair] = (),
    ) -> int:
        """How many candidates and pairs are new; those that the store has stay as they are.

        Raises:
            DataError: a picture has other contents than when it was imported before.
        """
        with self.change() as file:
            for image in images:
                _add_image(file, image)
            before = file.total_changes
            rows = [astuple(candidate) for candidate in candidates]
            file.executemany("INSERT OR IGNORE INTO candidates VALUES (?, ?)", rows)
            rows = [(pair.key, *astuple(pair)) for pair in pairs]
            file.executemany("INSERT OR IGNORE INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            return file.total_changes - before

    def record(self, said: Sequence[Said]) -> int:
        """How many of these answers are new; all are on the disk when this returns.

        Raises:
            DataError: one is about a pair or a picture that the store lacks; then none is kept.
        """
        with self.change() as file:
            before = file.total_changes
            for each in said:
                _check_subject(file, each)
                marks = ", ".join("?" * len(fields(each)))
                row = astuple(each)
                file.execute(f"INSERT OR IGNORE INTO {TABLE_OF[type(each)]} VALUES ({marks})", row)
            return file.total_changes - before

    def history(self, kind: type[SaidT]) -> list[SaidT]:
        """All answers of a kind, those that others replaced too, in the order of time."""
        return [kind(*row) for row in self.rows(f"SELECT * FROM {TABLE_OF[kind]} {IN_TIME}")]

    def standing(self, kind: type[SaidT]) -> list[SaidT]:
        """The answers of a kind that stand: the latest to each subject."""
        return list({each.subject: each for each in self.history(kind)}.values())

    def standing_of(self, kind: type[SaidT], voter: str) -> list[SaidT]:
        """As standing(), of a person and a program of this name."""
        query = f"SELECT * FROM {TABLE_OF[kind]} WHERE voter = ? {IN_TIME}"
        said = [kind(*row) for row in self.rows(query, voter)]
        return list({each.subject: each for each in said}.values())

    def pairs(self) -> dict[str, Pair]:
        """Every pair by its key, in the order of the import."""
        return {row[0]: Pair(*row[1:]) for row in self.rows("SELECT * FROM pairs ORDER BY rowid")}

    def candidates(self) -> dict[str, Candidate]:
        """Every picture to pick from by its path, in the order of the import."""
        rows = self.rows("SELECT * FROM candidates ORDER BY rowid")
        return {path: Candidate(path, caption) for path, caption in rows}

    def candidate_images(self) -> list[StoredImage]:
        """The pictures to pick from, in the order of the import."""
        query = "SELECT images.* FROM candidates JOIN images USING (path) ORDER BY candidates.rowid"
        return [StoredImage(*row) for row in self.rows(query)]

    def image(self, token: str) -> StoredImage | None:
        """The picture to pick from of this name, if there is one."""
        query = "SELECT images.* FROM images JOIN candidates USING (path) WHERE token = ?"
        return next((StoredImage(*row) for row in self.rows(query, token)), None)

    def image_of_pair(self, pair: str, picture: str) -> StoredImage:
        """The picture "a" or "b" of the pair of this key, which must be in the store."""
        assert picture in ("a", "b")
        query = f"SELECT images.* FROM pairs JOIN images ON path = image_{picture} WHERE key = ?"
        (row,) = self.rows(query, pair)
        return StoredImage(*row)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the query finds."""
        with self._one_at_a_time, transaction(self._file, self.path, KIND, write=False) as file:
            return file.execute(query, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A block whose changes are all on the disk at its end, or none if it raises."""
        with self._one_at_a_time, transaction(self._file, self.path, KIND) as file:
            yield file

    def close(self) -> None:
        """Closes the file."""
        with self._one_at_a_time:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _add_image(file: sqlite3.Connection, image: StoredImage) -> None:
    row = astuple(image)
    if file.execute("INSERT OR IGNORE INTO images VALUES (?, ?, ?, ?, ?)", row).rowcount:
        return
    query = "SELECT sha256 FROM images WHERE path = ?"
    if file.execute(query, (image.path,)).fetchone() != (image.sha256,):
        raise DataError(
            f"{image.path} was imported before with other contents.",
            "Give the new picture a name of its own, so that votes stay with what was seen.",
        )


def _check_subject(file: sqlite3.Connection, said: Said) -> None:
    if isinstance(said, Vote):
        if not file.execute("SELECT 1 FROM pairs WHERE key = ?", (said.pair,)).fetchone():
            problem = f"A vote is about the pair {said.pair}, which is not there."
            raise DataError(problem, "Import the list of its pairs first.")
    elif not file.execute("SELECT 1 FROM candidates WHERE path = ?", (said.image,)).fetchone():
        problem = f"A verdict is about the picture {said.image}, which is not there."
        raise DataError(problem, "Import the list of its pictures first.")
