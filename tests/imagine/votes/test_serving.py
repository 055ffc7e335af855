from pathlib import Path

import pytest

from stereopsis.errors import OutputError
from stereopsis.imagine.votes.serving import serving


def test_a_store_is_served_once_at_a_time_and_again_after(tmp_path: Path) -> None:
    store = tmp_path / "votes.db"
    for address in ("http://one", "http://two"):
        with serving(store, address):
            with pytest.raises(OutputError, match=f"served already, by {address}\\."):
                serving(store, "http://three").__enter__()
            with serving(tmp_path / "other.db", "http://other"):
                pass


def test_a_block_that_fails_leaves_no_lock(tmp_path: Path) -> None:
    store = tmp_path / "votes.db"
    with pytest.raises(KeyError), serving(store, "http://one"):
        raise KeyError
    with serving(store, "http://two"):
        pass


def test_a_holder_that_cannot_be_named_is_another_process(tmp_path: Path) -> None:
    store = tmp_path / "votes.db"
    with serving(store, "http://one"):
        (tmp_path / "votes.db-serving").unlink()
        with pytest.raises(OutputError, match="by another process"):
            serving(store, "http://two").__enter__()


def test_files_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"absent/votes\.db-lock cannot be written"):
        serving(tmp_path / "absent" / "votes.db", "http://one").__enter__()
    (tmp_path / "votes.db-serving").mkdir()
    with pytest.raises(OutputError, match=r"votes\.db-serving cannot be written"):
        serving(tmp_path / "votes.db", "http://one").__enter__()
    (tmp_path / "text.db-lock").write_text("no database, and no lock" * 100)
    with pytest.raises(OutputError, match=r"text\.db-lock cannot be written"):
        serving(tmp_path / "text.db", "http://one").__enter__()
