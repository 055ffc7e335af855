from collections.abc import Iterator
from pathlib import Path

import pytest

from stereopsis.search.trials.store import TrialStore
from tests.search.trials.objectives import Diary


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TrialStore]:
    with TrialStore(tmp_path / "trials.db") as store:
        yield store


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    folder = tmp_path / "diary"
    folder.mkdir()
    return Diary(folder)
