import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.errors import DataError, OutputError
from stereopsis.search.trials.attempt import Attempt
from stereopsis.search.trials.driver import Driver, this_driver
from stereopsis.search.trials.store import TrialStore
from stereopsis.search.trials.store_file import APPLICATION, SCHEMA
from stereopsis.search.trials.trial import Outcome, make_trial

TRIAL, OTHER = make_trial({"x": 0}), make_trial({"x": 1})
GOOD = Outcome(0.5, {"madds": 3.0}, (0.25, 0.5), 1.5, "host:1")
BAD = replace(GOOD, score=None, costs={}, error="It broke. Mend it.")
DRIVERS = (this_driver(), this_driver())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trials.db"


@pytest.fixture
def store(path: Path) -> Iterator[TrialStore]:
    with TrialStore(path) as store:
        store.add([TRIAL])
        for driver in DRIVERS:
            store.enter(driver)
        yield store


def claimed(store: TrialStore, driver: Driver = DRIVERS[0]) -> Attempt:
    attempt = store.claim(TRIAL, driver)
    assert attempt is not None
    return attempt


@pytest.mark.parametrize(("outcome", "state"), [(GOOD, "done"), (BAD, "failed")])
def test_keeps_outcomes(path: Path, store: TrialStore, outcome: Outcome, state: str) -> None:
    assert store.finish(claimed(store), DRIVERS[0], outcome)
    with TrialStore(path) as again:
        (record,) = again.records()
    assert (record.trial, record.state, record.outcome) == (TRIAL, state, outcome)
    assert store.finished_keys() == {TRIAL.key}
    assert store.claim(TRIAL, DRIVERS[1]) is None


def test_adding_a_trial_again_changes_nothing(store: TrialStore) -> None:
    store.finish(claimed(store), DRIVERS[0], GOOD)
    store.add([OTHER, TRIAL])
    assert [(r.trial, r.state) for r in store.records()] == [(TRIAL, "done"), (OTHER, "waiting")]


def test_is_readable_while_another_writes(path: Path, store: TrialStore) -> None:
    with TrialStore(path) as reader, store._change() as file:
        file.execute("UPDATE trials SET state = 'running'")
        assert [record.state for record in reader.records()] == ["waiting"]


def test_a_change_that_is_interrupted_never_was(store: TrialStore) -> None:
    with pytest.raises(KeyboardInterrupt), store._change() as file:
        file.execute("UPDATE trials SET state = 'done'")
        raise KeyboardInterrupt
    assert claimed(store)


def test_curves_are_there_at_once_and_begin_anew_with_each_attempt(
    path: Path, store: TrialStore
) -> None:
    attempt = claimed(store)
    assert store.note(attempt, DRIVERS[0], (0.1, 0.2))
    with TrialStore(path) as reader:
        assert reader.records()[0].curve == (0.1, 0.2)
        assert reader.other_curves(OTHER) == [(0.1, 0.2)]
        assert reader.other_curves(TRIAL) == []
    store.give_up(attempt, DRIVERS[0])
    again = claimed(store)
    assert (again.number, again.losses) == (2, 1)
    assert store.records()[0].curve == ()


def test_who_was_taken_for_dead_changes_nothing(store: TrialStore) -> None:
    late = claimed(store)
    store.leave(DRIVERS[0])
    now = claimed(store, DRIVERS[1])
    assert not store.note(late, DRIVERS[0], (9.0,))
    assert not store.finish(late, DRIVERS[0], replace(GOOD, score=9.0))
    assert not store.give_up(late, DRIVERS[0])
    assert store.finish(now, DRIVERS[1], GOOD)
    assert store.records()[0].outcome == GOOD


def test_an_attempt_of_ones_own_that_is_over_changes_nothing(store: TrialStore) -> None:
    first = claimed(store)
    store.give_up(first, DRIVERS[0])
    claimed(store)
    assert not store.finish(first, DRIVERS[0], GOOD)


def test_frees_the_trials_of_the_dead_and_only_theirs(store: TrialStore) -> None:
    store.add([OTHER])
    dead = replace(this_driver(), born="1")
    store.enter(dead)
    store.claim(TRIAL, DRIVERS[0])
    store.claim(OTHER, dead)
    store.free_claims_of_the_dead()
    assert {r.trial: r.state for r in store.records()} == {TRIAL: "running", OTHER: "waiting"}


def test_hears_drivers_elsewhere_by_their_beats(path: Path) -> None:
    now = 1000.0
    with TrialStore(path, clock=lambda: now) as store:
        store.add([TRIAL])
        elsewhere = replace(this_driver(), place="another")
        store.enter(elsewhere)
        claimed(store, elsewhere)
        now += 9
        store.enter(elsewhere)
        now += 9
        store.free_claims_of_the_dead(lease_s=10)
        assert store.records()[0].state == "running"
        now += 9
        store.free_claims_of_the_dead(lease_s=10)
        assert store.records()[0].state == "waiting"


def test_forgets_failures_when_asked(store: TrialStore) -> None:
    store.add([OTHER])
    store.finish(claimed(store), DRIVERS[0], BAD)
    other = store.claim(OTHER, DRIVERS[0])
    assert other is not None
    store.finish(other, DRIVERS[0], GOOD)
    assert store.forget_failures() == 1
    assert store.finished_keys() == {OTHER.key}
    assert claimed(store).losses == 0


steps = st.tuples(st.integers(0, 1), st.sampled_from(["claim", "finish", "give up", "leave"]))


@settings(max_examples=60)
@given(st.lists(steps, max_size=25))
def test_at_any_time_at_most_one_attempt_counts(story: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder, TrialStore(Path(folder) / "s.db") as store:
        store.add([TRIAL])
        held: list[tuple[int, Attempt]] = []
        finished = 0
        for who, what in story:
            mine = [attempt for owner, attempt in held if owner == who]
            if what == "claim" and (attempt := store.claim(TRIAL, DRIVERS[who])):
                held.append((who, attempt))
            elif what == "leave":
                store.leave(DRIVERS[who])
            elif what == "finish":
                finished += sum(store.finish(each, DRIVERS[who], GOOD) for each in mine)
            elif what == "give up" and mine:
                store.give_up(mine[0], DRIVERS[who])
            noted = [store.note(each, DRIVERS[owner], (1.0,)) for owner, each in held]
            (record,) = store.records()
            assert sum(noted) == (record.state == "running")
        assert finished == (record.state == "done") if story else finished == 0


def test_many_who_claim_at_once_get_each_trial_once(path: Path) -> None:
    trials = [make_trial({"x": x}) for x in range(40)]

    def claim_all(index: int) -> list[str]:
        with TrialStore(path) as store:  # all make the file at once, too
            store.add(trials)
            driver = this_driver()
            store.enter(driver)
            return [trial.key for trial in trials if store.claim(trial, driver)]

    with ThreadPoolExecutor(6) as pool:
        got = [key for keys in pool.map(claim_all, range(6)) for key in keys]
    assert sorted(got) == sorted(trial.key for trial in trials)


def test_refuses_a_damaged_file(path: Path, store: TrialStore) -> None:
    store.add([make_trial({"x": x}) for x in range(500)])
    store.close()
    data = bytearray(path.read_bytes())
    data[5000:9000] = b"\xff" * 4000
    path.write_bytes(data)
    with pytest.raises(DataError, match="is damaged, or no store of trials"):
        TrialStore(path)


def test_refuses_a_file_cut_short(path: Path, store: TrialStore) -> None:
    store.add([make_trial({"x": x}) for x in range(500)])
    store.close()
    path.write_bytes(path.read_bytes()[:10000])
    with pytest.raises(DataError, match="is damaged, or no store of trials"):
        TrialStore(path)


def test_refuses_a_file_of_another_sort(path: Path) -> None:
    path.write_text("trial,score\n" * 100)
    with pytest.raises(DataError, match="is damaged, or no store of trials"):
        TrialStore(path)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("CREATE TABLE photos (name TEXT)", "a database of another program"),
        (f"PRAGMA user_version = {SCHEMA}", "a database of another program"),
    ],
)
def test_refuses_other_databases(path: Path, statement: str, problem: str) -> None:
    with sqlite3.connect(path) as file:
        file.execute(statement)
    file.close()
    with pytest.raises(DataError, match=problem):
        TrialStore(path)


def test_refuses_another_schema(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute(f"PRAGMA application_id = {APPLICATION}")
        file.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    file.close()
    with pytest.raises(DataError, match=f"schema {SCHEMA + 1}; this version reads {SCHEMA}"):
        TrialStore(path)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE trials SET settings = '{\"x\":7}'", "settings of trial .* have changed"),
        ("UPDATE trials SET curve = '[0.1,'", "is damaged"),
    ],
)
def test_notices_values_that_changed(store: TrialStore, statement: str, problem: str) -> None:
    with store._change() as file:
        file.execute(statement)
    with pytest.raises(DataError, match=problem):
        store.records()


def test_says_so_where_no_file_can_be_made(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        TrialStore(tmp_path / "missing" / "trials.db")


def test_says_so_when_another_holds_the_file(path: Path, store: TrialStore) -> None:
    with TrialStore(path) as other, store._change():
        other._file.execute("PRAGMA busy_timeout = 10")
        with pytest.raises(OutputError, match="locked"):
            other.add([OTHER])


def test_needs_no_pytorch() -> None:
    code = "import sys, stereopsis.search.trials.run; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
