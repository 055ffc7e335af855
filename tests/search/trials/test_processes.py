import os
import sys
import time
from collections.abc import Sequence
from types import ModuleType

import pytest

from stereopsis.errors import OptionError
from stereopsis.search.trials.processes import LocalProcesses
from stereopsis.search.trials.run import RunConfig, Standing, run_trials
from stereopsis.search.trials.store import TrialStore
from stereopsis.search.trials.threads import VARIABLES, limit_loaded_libraries, limit_new_libraries
from stereopsis.search.trials.trial import Curve
from tests.search.trials.objectives import Diary, Killed, Stillborn, learn, misbehave

XS = [{"x": x} for x in range(5)]


def test_works_elsewhere_with_few_threads(store: TrialStore) -> None:
    rates = [{"rate": rate} for rate in (1, 2, 3, 4)]
    outcomes = run_trials(learn, rates, store, LocalProcesses(2, threads_each=3))
    assert [outcome.score for outcome in outcomes] == [3, 6, 9, 12]
    assert outcomes[3].curve == (4, 8, 12)
    assert {outcome.costs["threads"] for outcome in outcomes} == {3}
    assert os.getpid() not in {outcome.costs["pid"] for outcome in outcomes}
    assert os.environ.get("OMP_NUM_THREADS") != "3"


def test_failures_disturb_nobody(store: TrialStore) -> None:
    ways = [{"how": how} for how in ("raise", "fine", "nan", "report nan")]
    outcomes = run_trials(misbehave, ways, store, LocalProcesses(1))
    assert [outcome.score for outcome in outcomes] == [None, 1, None, None]
    assert len({outcome.worker for outcome in outcomes}) == 1


def test_ends_hopeless_trials_early(store: TrialStore) -> None:
    def is_slow(curve: Curve, others: Sequence[Curve]) -> bool:
        return curve[-1] < len(curve)

    rates = [{"rate": rate, "epochs": 4} for rate in (2.0, 0.5)]
    config = RunConfig(should_stop=is_slow)
    fast, slow = run_trials(learn, rates, store, LocalProcesses(2), config)
    assert (fast.curve, slow.curve) == ((2, 4, 6, 8), (0.5,))


def test_a_killed_worker_is_replaced_and_its_trial_run_again(
    store: TrialStore, diary: Diary
) -> None:
    outcomes = run_trials(Killed(diary, 2), XS, store, LocalProcesses(2))
    assert [outcome.score for outcome in outcomes] == [0, 1, 2, 3, 4]
    assert diary.count("began") == {0: 1, 1: 3, 2: 1, 3: 1, 4: 1}


def test_a_trial_that_always_kills_fails_in_the_end(store: TrialStore, diary: Diary) -> None:
    config = RunConfig(retries=1)
    outcomes = run_trials(Killed(diary, 99), XS, store, LocalProcesses(2), config)
    assert [outcome.score for outcome in outcomes] == [0, None, 2, 3, 4]
    assert outcomes[1].error is not None and "killed, 2 times in all" in outcomes[1].error
    assert diary.count("began") == {0: 1, 1: 2, 2: 1, 3: 1, 4: 1}


def test_a_worker_killed_while_idle_costs_nothing(store: TrialStore, diary: Diary) -> None:
    def kill_it(standing: Standing) -> None:
        if standing.latest and standing.finished < 3:
            os.kill(int(standing.latest[1].worker.split(":")[1]), 9)
            time.sleep(0.1)

    outcomes = run_trials(diary, XS[:3], store, LocalProcesses(1), RunConfig(5), kill_it)
    assert [outcome.score for outcome in outcomes] == [0, 1, 2]
    assert len({outcome.worker for outcome in outcomes}) == 3


def test_refuses_what_cannot_be_sent(store: TrialStore) -> None:
    with pytest.raises(OptionError, match="cannot be sent to another process"):
        run_trials(lambda settings, report: {"score": 1.0}, XS, store, LocalProcesses(1))
    assert {record.state for record in store.records()} == {"waiting"}


def test_refuses_what_cannot_be_imported_there(
    store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("only_here")
    exec("def objective(settings, report): return {'score': 1.0}", module.__dict__)
    monkeypatch.setitem(sys.modules, "only_here", module)
    with pytest.raises(OptionError, match="cannot be imported in a worker process"):
        run_trials(module.objective, XS, store, LocalProcesses(1))
    assert {record.state for record in store.records()} == {"waiting"}


class Exits:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (7,)

    def __call__(self, settings: object, report: object) -> dict[str, float]:
        raise AssertionError


def test_says_so_when_workers_cannot_even_begin(store: TrialStore) -> None:
    with pytest.raises(OptionError, match=r"before they could work, 3 .*code 7.* under if __name"):
        run_trials(Exits(), XS, store, LocalProcesses(1))


def test_a_worker_killed_while_it_starts_is_replaced_and_nothing_is_lost(
    store: TrialStore, diary: Diary
) -> None:
    config = RunConfig(retries=0)
    outcomes = run_trials(Stillborn(diary, 2), XS[:2], store, LocalProcesses(1), config)
    assert [outcome.score for outcome in outcomes] == [0, 1]


def test_says_that_memory_may_be_short_when_no_worker_is_left_to_begin(
    store: TrialStore, diary: Diary
) -> None:
    with pytest.raises(OptionError, match=r"exit code -9.* out of memory"):
        run_trials(Stillborn(diary, 99), XS[:2], store, LocalProcesses(1))


@pytest.mark.parametrize("sizes", [(0, 1), (1, 0)])
def test_refuses_no_processes(sizes: tuple[int, int]) -> None:
    with pytest.raises(OptionError, match="cannot work"):
        LocalProcesses(*sizes)


def test_limits_threads_of_what_is_and_what_will_be_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, int]] = []
    for name, setter in (("torch", "set_num_threads"), ("cv2", "setNumThreads")):
        module = ModuleType(name)
        setattr(module, setter, lambda count, name=name: told.append((name, count)))
        monkeypatch.setitem(sys.modules, name, module)
    for name in VARIABLES:
        monkeypatch.setenv(name, "9")
    limit_new_libraries(2)
    limit_loaded_libraries(2)
    assert told == [("torch", 2), ("cv2", 2)]
    assert {os.environ[name] for name in VARIABLES} == {"2"}
