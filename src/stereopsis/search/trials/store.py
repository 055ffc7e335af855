"""The store: every trial with its state and outcome, in a file that can be read meanwhile.

To claim a trial is one transaction, so two drivers never get the same one; and each later change
names the attempt that it belongs to, so a driver that was taken for dead changes nothing any more.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from stereopsis.database import damaged
from stereopsis.errors import DataError
from stereopsis.search.trials.attempt import Attempt
from stereopsis.search.trials.driver import LEASE_S, Driver, is_dead
from stereopsis.search.trials.store_file import KIND, open_file, transaction
from stereopsis.search.trials.trial import Curve, Outcome, Trial

State = Literal["waiting", "running", "done", "failed"]

SHOWN = "key, settings, state, curve, score, costs, seconds, worker, error"
IN_ORDER = "ORDER BY finished IS NULL, finished, rowid"


@dataclass(frozen=True)
class Record:
    """A trial as the store holds it; its outcome is there once it is done or failed."""

    trial: Trial
    state: State
    curve: Curve
    outcome: Outcome | None


class TrialStore:
    """An open store of trials.

    Every method raises OutputError if the file is locked or cannot be written, and DataError if it
    is damaged. `clock` gives the seconds by which drivers elsewhere are judged.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._file = open_file(path)

    def add(self, trials: Sequence[Trial]) -> None:
        """Sees to it that these trials are in the store; those that are stay as they are."""
        rows = [(trial.key, trial.text) for trial in trials]
        with self._change() as file:
            file.executemany("INSERT OR IGNORE INTO trials (key, settings) VALUES (?, ?)", rows)

    def enter(self, driver: Driver) -> None:
        """Makes the driver known, or says again that it is alive."""
        row = (driver.name, driver.place, driver.pid, driver.born, self._clock())
        with self._change() as file:
            file.execute("INSERT OR REPLACE INTO drivers VALUES (?, ?, ?, ?, ?)", row)

    def leave(self, driver: Driver) -> None:
        """Strikes the driver out; what it has not finished waits again."""
        with self._change() as file:
            _strike_out(file, driver.name)

    def free_claims_of_the_dead(self, lease_s: float = LEASE_S) -> None:
        """Strikes out the drivers that are dead; what they have not finished waits again."""
        with self._change() as file:
            now = self._clock()
            for *row, heard_at in file.execute("SELECT * FROM drivers").fetchall():
                if is_dead(Driver(*row), now - heard_at, lease_s):
                    _strike_out(file, row[0])

    def claim(self, trial: Trial, driver: Driver) -> Attempt | None:
        """An attempt that is this driver's alone; None if the trial does not wait."""
        with self._change() as file:
            found = file.execute(
                "UPDATE trials SET state = 'running', driver = ?, attempts = attempts + 1,"
                " curve = '[]' WHERE key = ? AND state = 'waiting' RETURNING attempts, losses",
                (driver.name, trial.key),
            ).fetchone()
        return Attempt(trial, *found) if found else None

    def note(self, attempt: Attempt, driver: Driver, curve: Curve) -> bool:
        """Keeps the curve of an attempt; False if it is no longer this driver's."""
        return self._set(attempt, driver, {"curve": json.dumps(curve)})

    def finish(self, attempt: Attempt, driver: Driver, outcome: Outcome) -> bool:
        """Keeps the outcome for good; False, and nothing kept, as in note()."""
        columns = {
            "state": "done" if outcome.error is None else "failed",
            "driver": None,
            "score": outcome.score,
            "costs": json.dumps(dict(outcome.costs)),
            "curve": json.dumps(outcome.curve),
            "seconds": outcome.seconds,
            "worker": outcome.worker,
            "error": outcome.error,
        }
        return self._set(attempt, driver, columns)

    def give_up(self, attempt: Attempt, driver: Driver) -> bool:
        """Lets a trial whose worker was lost wait again; False as in note()."""
        columns = {"state": "waiting", "driver": None, "losses": attempt.losses + 1}
        return self._set(attempt, driver, columns)

    def forget_failures(self) -> int:
        """How many trials had failed; they wait again, as if nobody had tried them."""
        with self._change() as file:
            done = file.execute(
                "UPDATE trials SET state = 'waiting', error = NULL, curve = '[]', losses = 0,"
                " finished = NULL WHERE state = 'failed'"
            )
        return done.rowcount

    def finished_keys(self) -> set[str]:
        """The keys of the trials that are done or failed."""
        with self._read() as file:
            rows = file.execute("SELECT key FROM trials WHERE finished IS NOT NULL")
            return {key for (key,) in rows}

    def other_curves(self, trial: Trial) -> list[Curve]:
        """The curves of all other trials that have begun one."""
        with self._read() as file:
            query = "SELECT curve FROM trials WHERE key != ? AND curve != '[]'"
            return [tuple(self._parsed(text)) for (text,) in file.execute(query, (trial.key,))]

    def records(self) -> list[Record]:
        """Every trial: the finished ones in the order in which they finished, then the others."""
        with self._read() as file:
            rows = file.execute(f"SELECT {SHOWN} FROM trials {IN_ORDER}")
            return [self._record(row) for row in rows]

    def again(self) -> "TrialStore":
        """The same store, opened once more: an open one belongs to its thread."""
        return TrialStore(self.path, self._clock)

    def close(self) -> None:
        """Closes the file."""
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

    def _change(self) -> AbstractContextManager[sqlite3.Connection]:
        return transaction(self._file, self.path)

    def _read(self) -> AbstractContextManager[sqlite3.Connection]:
        return transaction(self._file, self.path, write=False)

    def _set(self, attempt: Attempt, driver: Driver, columns: dict[str, Any]) -> bool:
        """Changes these columns of the trial, if the attempt is still this driver's."""
        names = ", ".join(f"{name} = ?" for name in columns)
        if "error" in columns:
            names += ", finished = 1 + (SELECT coalesce(max(finished), 0) FROM trials)"
        with self._change() as file:
            done = file.execute(
                f"UPDATE trials SET {names} WHERE key = ? AND attempts = ? AND driver = ?",
                (*columns.values(), attempt.trial.key, attempt.number, driver.name),
            )
        return done.rowcount == 1

    def _record(self, row: tuple[Any, ...]) -> Record:
        key, text, state, curve_text, score, costs, seconds, worker, error = row
        trial, curve = Trial(text), tuple(self._parsed(curve_text))
        if trial.key != key:
            raise DataError(
                f"{self.path} is damaged: the settings of trial {key} have changed.",
                "Use a copy that was made of it.",
            )
        if state not in ("done", "failed"):
            return Record(trial, state, curve, None)
        outcome = Outcome(score, self._parsed(costs), curve, seconds, worker, error)
        return Record(trial, state, curve, outcome)

    def _parsed(self, text: str) -> Any:
        """What a column that is kept as JSON holds."""
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise damaged(self.path, KIND, str(error)) from error


def _strike_out(file: sqlite3.Connection, name: str) -> None:
    file.execute("UPDATE trials SET state = 'waiting', driver = NULL WHERE driver = ?", (name,))
    file.execute("DELETE FROM drivers WHERE name = ?", (name,))
