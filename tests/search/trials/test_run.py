import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from stereopsis.errors import OptionError
from stereopsis.search.trials.driver import birth_of, this_driver
from stereopsis.search.trials.run import RunConfig, Standing, run_trials
from stereopsis.search.trials.store import TrialStore
from stereopsis.search.trials.trial import Curve, Report, make_trial
from tests.search.trials.objectives import Diary, misbehave, square

ROOT = Path(__file__).parents[3]
XS = [{"x": x} for x in range(6)]


def test_outcomes_come_in_the_order_given(store: TrialStore) -> None:
    run_trials(square, XS[::2], store)
    outcomes = run_trials(square, [*XS, XS[1]], store)
    assert [outcome.score for outcome in outcomes] == [-9, -4, -1, 0, -1, -4, -4]
    assert outcomes[5].costs == {"madds": 15}


def test_nothing_to_do_is_done(store: TrialStore) -> None:
    assert run_trials(square, [], store) == []


def test_what_is_finished_is_not_run_again(store: TrialStore, diary: Diary) -> None:
    run_trials(diary, XS[:3], store)
    first = run_trials(diary, [*XS, *XS], store)
    assert run_trials(diary, [*XS, *XS], store) == first
    assert diary.count("began") == dict.fromkeys(range(6), 1)


def test_failures_disturb_nobody_and_stay(store: TrialStore) -> None:
    ways = [{"how": how} for how in ("raise", "fine", "nan", "text", "nothing", "report nan")]
    outcomes = run_trials(misbehave, ways, store)
    assert [outcome.score for outcome in outcomes] == [None, 1, None, None, None, None]
    assert run_trials(square, ways, store) == outcomes
    assert store.forget_failures() == 5


def test_tells_how_far_it_is(store: TrialStore) -> None:
    run_trials(square, XS[:2], store)
    told: list[Standing] = []
    run_trials(square, XS, store, progress=told.append)
    assert [(each.finished, each.total) for each in told] == [(n, 6) for n in range(2, 7)]
    latest = told[-1].latest
    assert told[0].latest is None and latest is not None
    assert (latest[0].settings, latest[1].score) == ({"x": 5}, -4)


def test_ends_hopeless_trials_early(store: TrialStore) -> None:
    seen: list[tuple[Curve, list[Curve]]] = []

    def behind(curve: Curve, others: Sequence[Curve]) -> bool:
        seen.append((curve, list(others)))
        return any(curve[-1] < max(other) / len(other) * len(curve) for other in others)

    def climb(settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        for epoch in range(1, 4):
            if report(settings["rate"] * epoch):
                break
        return {"score": settings["rate"] * epoch}

    config = RunConfig(should_stop=behind)
    outcomes = run_trials(climb, [{"rate": 2}, {"rate": 1}, {"rate": 3}], store, config=config)
    assert [outcome.curve for outcome in outcomes] == [(2, 4, 6), (1,), (3, 6, 9)]
    assert seen[0] == ((2,), [])
    assert seen[3] == ((1,), [(2, 4, 6)])


def test_an_interruption_leaves_all_trials_to_be_run(store: TrialStore, diary: Diary) -> None:
    def interrupted(settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        report(0.5)
        if settings["x"] == 2:
            raise KeyboardInterrupt
        return diary(settings, report)

    with pytest.raises(KeyboardInterrupt):
        run_trials(interrupted, XS, store)
    states = [record.state for record in store.records()]
    assert states == ["done", "done", "waiting", "waiting", "waiting", "waiting"]
    run_trials(diary, XS, store)
    assert diary.count("began") == dict.fromkeys(range(6), 1)


def test_an_error_in_the_progress_frees_the_trials(store: TrialStore) -> None:
    def angry(standing: Standing) -> None:
        if standing.finished == 3:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run_trials(square, XS, store, progress=angry)
    assert len(store.finished_keys()) == 3
    assert {record.state for record in store.records()} == {"done", "waiting"}


def test_an_error_while_a_curve_is_noted_is_no_failure_of_the_trial(store: TrialStore) -> None:
    def broken(curve: Curve, others: Sequence[Curve]) -> bool:
        raise OSError("disk full")

    def reporting(settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        report(0.5)
        return {"score": 1.0}

    with pytest.raises(OSError, match="disk full"):
        run_trials(reporting, XS, store, config=RunConfig(should_stop=broken))
    assert {record.state for record in store.records()} == {"waiting"}
    assert run_trials(reporting, XS[:1], store)[0].score == 1


def test_waits_for_what_another_driver_runs(store: TrialStore, diary: Diary) -> None:
    other, trial = this_driver(), make_trial(XS[0])
    store.add([trial])
    store.enter(other)
    assert store.claim(trial, other)

    def other_ends(standing: Standing) -> None:
        if standing.finished == 5:
            store.leave(other)

    outcomes = run_trials(diary, XS, store, progress=other_ends)
    assert [outcome.score for outcome in outcomes] == [0, 1, 2, 3, 4, 5]


def test_an_attempt_that_another_took_over_does_not_count(store: TrialStore) -> None:
    trial, thief = make_trial({"x": 0}), this_driver()

    def stolen(settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        if not store.finished_keys() and not stops:
            with store._change() as file:
                file.execute("UPDATE trials SET driver = ?", (thief.name,))
            stops.append(report(9.0))
            store.leave(thief)
            return {"score": 9.0}
        return {"score": 1.0}

    stops: list[bool] = []
    (outcome,) = run_trials(stolen, [trial.settings], store)
    assert stops == [True]
    assert (outcome.score, outcome.curve) == (1.0, ())


def test_says_that_it_lives_while_a_trial_runs(store: TrialStore, tmp_path: Path) -> None:
    def heard_at(settings: Mapping[str, Any], report: Report) -> Mapping[str, float]:
        query = "SELECT heard_at FROM drivers"
        first = store._file.execute(query).fetchone()
        deadline = time.monotonic() + 10
        while store._file.execute(query).fetchone() == first:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return {"score": 1.0}

    (outcome,) = run_trials(heard_at, [{}], store, config=RunConfig(lease_s=0.3))
    assert outcome.error is None
    assert store._file.execute("SELECT count(*) FROM drivers").fetchone() == (0,)


@pytest.mark.parametrize("bad", [{"retries": -1}, {"lease_s": 0.0}])
def test_refuses_settings_without_sense(bad: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="are no use"):
        RunConfig(**bad)


def drive(store: TrialStore, diary: Diary, count: int, seconds: float) -> subprocess.Popen[bytes]:
    arguments = [str(store.path), str(diary.folder), str(count), str(seconds)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.search.trials.drive", *arguments], cwd=ROOT
    )


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_driver_that_is_stopped_loses_nothing_and_repeats_nothing(
    store: TrialStore, diary: Diary, end: signal.Signals
) -> None:
    driver = drive(store, diary, 12, 0.2)
    wait_until(lambda: len(store.finished_keys()) >= 4, "no trial ends")
    driver.send_signal(end)
    assert driver.wait() != 0
    pids = {int(path.name.split()[2]) for path in diary.folder.iterdir()}
    wait_until(lambda: all(birth_of(pid) is None for pid in pids), "workers outlive their driver")
    done = [record.trial.settings["x"] for record in store.records() if record.state == "done"]
    assert 4 <= len(done) < 12
    waiting = sum(record.state == "waiting" for record in store.records())
    assert (waiting == 12 - len(done)) == (end == signal.SIGINT)  # the killed one holds claims

    assert drive(store, diary, 12, 0.0).wait() == 0
    began = diary.count("began")
    assert [record.state for record in store.records()] == ["done"] * 12
    assert all(began[x] == 1 for x in done)
    assert set(began) == set(range(12)) and max(began.values()) <= 2


def test_two_drivers_at_once_run_no_trial_twice(store: TrialStore, diary: Diary) -> None:
    drivers = [drive(store, diary, 30, 0.05) for _ in range(2)]
    assert [driver.wait() for driver in drivers] == [0, 0]
    assert diary.count("began") == diary.count("ended") == dict.fromkeys(range(30), 1)
    workers = {record.outcome.worker for record in store.records() if record.outcome}
    assert len(workers) > 2, "one of the drivers had nothing to do"


def test_a_driver_takes_over_from_one_that_is_killed_beside_it(
    store: TrialStore, diary: Diary
) -> None:
    victim = drive(store, diary, 4, 600)
    wait_until(lambda: sum(r.state == "running" for r in store.records()) == 2, "nothing runs")
    heir = drive(store, diary, 4, 0.0)
    wait_until(lambda: len(store.finished_keys()) == 2, "the heir does not begin")
    os.kill(victim.pid, signal.SIGKILL)
    assert heir.wait() == 0
    victim.wait()
    assert diary.count("ended") == dict.fromkeys(range(4), 1)
