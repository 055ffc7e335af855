from collections.abc import Iterator
from pathlib import Path

import pytest

from stereopsis.imagine.votes.store import VoteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VoteStore]:
    with VoteStore(tmp_path / "votes.db") as store:
        yield store
