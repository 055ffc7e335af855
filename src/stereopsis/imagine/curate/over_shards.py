"""Doing the same to every shard: here, in processes, or on Ray; the workers are those of trials."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stereopsis.errors import DataError
from stereopsis.search.trials.attempt import Attempt
from stereopsis.search.trials.trial import Curve, Objective, make_trial
from stereopsis.search.trials.workers import Crew, Workers

RETRIES = 2  # of a shard whose worker was killed
WAIT_S = 0.5

_MEND = "What is finished is kept: mend this and run the same command again."

# How many shards are done, and how many rows the shards in work have seen.
Progress = Callable[[int, int], None]


def over_shards(
    task: Objective, jobs: Sequence[Mapping[str, Any]], workers: Workers, progress: Progress
) -> None:
    """Runs the task on each job; it writes its own result and returns {"score": rows}.

    Raises:
        DataError: a job failed, with what it said; those that were finished before stay so.
    """
    rows: dict[str, int] = {}
    done = 0

    def answer(attempt: Attempt, curve: Curve) -> bool:
        rows[attempt.trial.key] = int(curve[-1])
        progress(done, sum(rows.values()))
        return False

    queue = deque(Attempt(make_trial(job), 1, 0) for job in jobs)
    running = 0
    with workers.open(task, answer) as crew:
        while queue or running:
            running += _start(queue, crew)
            for attempt, outcome in crew.wait(WAIT_S):
                running -= 1
                if outcome is None:
                    queue.append(_again(attempt))
                    continue
                if outcome.error is not None:
                    raise DataError(outcome.error, _MEND)
                done += 1
                rows[attempt.trial.key] = int(outcome.score or 0)
                progress(done, sum(rows.values()))


def _start(queue: deque[Attempt], crew: Crew) -> int:
    """How many were started: as many as the crew has room for."""
    started = 0
    while queue and crew.free() > 0:
        crew.start(queue.popleft())
        started += 1
    return started


def _again(attempt: Attempt) -> Attempt:
    """The next attempt at a job whose worker was lost.

    Raises:
        DataError: it was lost too often.
    """
    if attempt.losses >= RETRIES:
        raise DataError(
            f"The worker of the shard {attempt.trial.settings['path']} was killed "
            f"{attempt.losses + 1} times.",
            "See whether it runs out of memory, or use fewer workers; then run it again.",
        )
    return Attempt(attempt.trial, attempt.number + 1, attempt.losses + 1)
