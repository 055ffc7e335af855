"""On a real Ray, started once on this machine for all tests but the first."""

import builtins
import os
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import ray

from stereopsis.errors import MissingExtraError, OptionError
from stereopsis.search.trials.ray_workers import RayWorkers
from stereopsis.search.trials.run import RunConfig, run_trials
from stereopsis.search.trials.store import TrialStore
from stereopsis.search.trials.trial import Curve
from tests.search.trials.objectives import Diary, Killed, learn, misbehave, square

RATES = [{"rate": rate, "epochs": 4} for rate in (2.0, 0.5, 3.0)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def test_starts_a_ray_here_where_there_is_none_and_ends_it(store: TrialStore) -> None:
    assert not ray.is_initialized(), "this must be the first test"
    (outcome,) = run_trials(square, [{"x": 3}], store, RayWorkers(count=1))
    assert outcome.score == 0
    assert not ray.is_initialized()


@pytest.mark.usefixtures("cluster")
def test_works_on_a_cluster_and_ends_hopeless_trials(store: TrialStore) -> None:
    def is_slow(curve: Curve, others: Sequence[Curve]) -> bool:
        return curve[-1] < len(curve)

    config = RunConfig(should_stop=is_slow)
    outcomes = run_trials(learn, RATES, store, RayWorkers(), config)
    assert [outcome.curve for outcome in outcomes] == [(2, 4, 6, 8), (0.5,), (3, 6, 9, 12)]
    assert {outcome.costs["threads"] for outcome in outcomes} == {1}
    assert os.getpid() not in {outcome.costs["pid"] for outcome in outcomes}


@pytest.mark.usefixtures("cluster")
def test_failures_and_killed_workers_disturb_nobody(store: TrialStore, diary: Diary) -> None:
    ways = [{"how": how} for how in ("raise", "fine", "nan")]
    outcomes = run_trials(misbehave, ways, store, RayWorkers(count=1))
    assert [outcome.score for outcome in outcomes] == [None, 1, None]
    outcomes = run_trials(Killed(diary, 1), [{"x": 0}, {"x": 1}], store, RayWorkers())
    assert [outcome.score for outcome in outcomes] == [0, 1]
    assert diary.count("began") == {0: 1, 1: 2}


@pytest.mark.usefixtures("cluster")
def test_a_trial_that_always_kills_fails_in_the_end(store: TrialStore, diary: Diary) -> None:
    config = RunConfig(retries=0)
    (outcome,) = run_trials(Killed(diary, 9), [{"x": 1}], store, RayWorkers(), config)
    assert outcome.error is not None and "killed, 1 time in all" in outcome.error


@pytest.mark.usefixtures("cluster")
def test_an_interruption_frees_the_cluster(store: TrialStore, diary: Diary) -> None:
    def interrupt(curve: Curve, others: Sequence[Curve]) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        config = RunConfig(should_stop=interrupt)
        run_trials(Diary(diary.folder, 600), [{"x": 1}, {"x": 2}], store, RayWorkers(), config)
    assert {record.state for record in store.records()} == {"waiting"}
    (outcome,) = run_trials(square, [{"x": 3}], store, RayWorkers(cpus_each=2))
    assert outcome.score == 0


def test_says_what_to_install(store: TrialStore, monkeypatch: pytest.MonkeyPatch) -> None:
    find: Any = builtins.__import__

    def without_ray(name: str, *rest: Any) -> Any:
        if name == "ray":
            raise ImportError(name)
        return find(name, *rest)

    monkeypatch.setattr("importlib.import_module", without_ray)
    with pytest.raises(MissingExtraError, match=r"pip install 'stereopsis\[fleet\]'"):
        run_trials(square, [{"x": 1}], store, RayWorkers())


@pytest.mark.parametrize("bad", [{"count": 0}, {"cpus_each": 0}, {"gpus_each": -1}])
def test_refuses_settings_without_sense(bad: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="cannot work"):
        RayWorkers(**bad)


def test_says_so_when_no_cluster_answers(
    store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    with pytest.raises(OptionError, match=f"No Ray cluster answers at 127.0.0.1:{free}"):
        run_trials(square, [{"x": 1}], store, RayWorkers(f"127.0.0.1:{free}"))
