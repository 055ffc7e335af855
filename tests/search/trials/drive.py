"""A driver in a process of its own, to be killed: python -m tests.search.trials.drive."""

import sys
from pathlib import Path

from stereopsis.search.trials.processes import LocalProcesses
from stereopsis.search.trials.run import run_trials
from stereopsis.search.trials.store import TrialStore
from tests.search.trials.objectives import Diary


def main(path: str, folder: str, count: str, seconds: str) -> None:
    diary = Diary(Path(folder), float(seconds))
    with TrialStore(Path(path)) as store:
        run_trials(diary, [{"x": x} for x in range(int(count))], store, LocalProcesses(2))


if __name__ == "__main__":
    main(*sys.argv[1:])
