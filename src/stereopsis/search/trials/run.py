"""Running trials: what is in the store is not run again, what died is, and nothing runs twice."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from stereopsis.errors import DataError, OptionError, OutputError
from stereopsis.search.trials.attempt import Attempt
from stereopsis.search.trials.driver import LEASE_S, Driver, this_driver
from stereopsis.search.trials.store import TrialStore
from stereopsis.search.trials.trial import Curve, Objective, Outcome, StopRule, Trial, make_trial
from stereopsis.search.trials.workers import Crew, Ending, InProcess, Workers

POLL_S = 0.5  # how often to look whether trials of other drivers have ended
BEATS_PER_LEASE = 6

HERE = InProcess()


@dataclass(frozen=True)
class RunConfig:
    """When to run a trial again, and when to end it early.

    `retries` is how often a trial is run again after its worker was killed; `lease_s`, how long a
    driver elsewhere may be silent before its trials are run again.
    """

    retries: int = 2
    should_stop: StopRule | None = None
    lease_s: float = LEASE_S

    def __post_init__(self) -> None:
        if self.retries < 0 or not self.lease_s > 0:
            raise OptionError(
                f"{self.retries} retries and a lease of {self.lease_s} s are no use.",
                "Use 0 retries or more, and a lease of seconds or minutes.",
            )


@dataclass(frozen=True)
class Standing:
    """How far a run is: `finished` of `total` trials, and the one that has just ended here."""

    finished: int
    total: int
    latest: tuple[Trial, Outcome] | None


Progress = Callable[[Standing], None]


def run_trials(
    objective: Objective,
    settings: Sequence[Mapping[str, Any]],
    store: TrialStore,
    workers: Workers = HERE,
    config: RunConfig = RunConfig(),
    progress: Progress = lambda standing: None,
) -> list[Outcome]:
    """The outcome of each trial, in the order given.

    Other drivers may work on the same store: a trial that one of them runs is waited for, and run
    here if that driver dies. A trial that fails does not disturb the others.

    Raises:
        OptionError: a setting cannot be stored, or the objective cannot be sent to the workers.
        OutputError: the store cannot be written.
        DataError: another driver let failed trials wait again meanwhile.
    """
    trials = [make_trial(each) for each in settings]
    unique = list(dict.fromkeys(trials))
    store.add(unique)
    with _signed_in(store, config.lease_s) as driver:
        run = _Run(store, driver, config, unique, progress)
        with workers.open(objective, run.answer) as crew:
            run.finish_all(crew)
    outcomes = {record.trial: record.outcome for record in store.records()}
    found = [outcomes[trial] for trial in trials]
    if None in found:
        raise DataError(
            "Another driver has forgotten the failures of this one's trials.", "Run them again."
        )
    return [outcome for outcome in found if outcome is not None]


class _Run:
    """One driver's work on its list."""

    def __init__(
        self,
        store: TrialStore,
        driver: Driver,
        config: RunConfig,
        trials: Sequence[Trial],
        progress: Progress,
    ) -> None:
        self._store = store
        self._driver = driver
        self._config = config
        self._trials = {trial.key: trial for trial in trials}
        self._progress = progress
        self._in_hand: set[str] = set()

    def finish_all(self, crew: Crew) -> None:
        """Starts, awaits and settles attempts until every trial is finished, here or elsewhere."""
        self._tell(None)
        queue: deque[Trial] = deque()
        while True:
            if not queue:
                self._store.free_claims_of_the_dead(self._config.lease_s)
                queue.extend(self._not_begun_here())
            if not queue and not self._in_hand:
                return
            while queue and crew.free():
                self._start(crew, queue.popleft())
            if not self._in_hand:
                if not queue:  # others run what is left
                    time.sleep(POLL_S)
                continue
            for ending in crew.wait(POLL_S):
                self._settle(ending)

    def answer(self, attempt: Attempt, curve: Curve) -> bool:
        """Notes a curve; says whether its attempt should end."""
        if not self._store.note(attempt, self._driver, curve):
            return True  # another driver has taken it over
        should_stop = self._config.should_stop
        return bool(should_stop and should_stop(curve, self._store.other_curves(attempt.trial)))

    def _not_begun_here(self) -> list[Trial]:
        over = self._store.finished_keys() | self._in_hand
        return [trial for key, trial in self._trials.items() if key not in over]

    def _start(self, crew: Crew, trial: Trial) -> None:
        if attempt := self._store.claim(trial, self._driver):
            self._in_hand.add(trial.key)
            crew.start(attempt)

    def _settle(self, ending: Ending) -> None:
        attempt, outcome = ending
        self._in_hand.discard(attempt.trial.key)
        if outcome is None and attempt.losses < self._config.retries:
            self._store.give_up(attempt, self._driver)
            return
        outcome = outcome or _lost(attempt)
        if self._store.finish(attempt, self._driver, outcome):
            self._tell((attempt.trial, outcome))

    def _tell(self, latest: tuple[Trial, Outcome] | None) -> None:
        finished = len(self._trials.keys() & self._store.finished_keys())
        self._progress(Standing(finished, len(self._trials), latest))


def _lost(attempt: Attempt) -> Outcome:
    times = attempt.losses + 1
    error = (
        f"The worker of this trial was killed, {times} {'time' if times == 1 else 'times'} in all."
        " See whether it runs out of memory, or use fewer workers."
    )
    return Outcome(None, {}, (), 0.0, "", error)


@contextmanager
def _signed_in(store: TrialStore, lease_s: float) -> Iterator[Driver]:
    """A driver that the store knows and, in a thread of its own, hears from; struck out after."""
    driver = this_driver()
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(store, driver, lease_s, over), daemon=True)
    store.enter(driver)
    try:
        beat.start()
        yield driver
    finally:
        over.set()
        beat.join()
        store.leave(driver)


def _beat(store: TrialStore, driver: Driver, lease_s: float, over: threading.Event) -> None:
    while not over.wait(lease_s / BEATS_PER_LEASE):
        with suppress(OutputError, DataError):  # a lease has more beats than one
            with store.again() as own:  # a connection belongs to one thread
                own.enter(driver)
