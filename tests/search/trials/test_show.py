from pathlib import Path

import pytest

from stereopsis.errors import DataError, OptionError
from stereopsis.search.trials.run import run_trials
from stereopsis.search.trials.show import main
from stereopsis.search.trials.store import TrialStore
from tests.search.trials.objectives import square


def test_writes_picture_and_page_while_the_store_is_open(tmp_path: Path) -> None:
    with TrialStore(tmp_path / "nets.db") as store:
        run_trials(square, [{"x": x} for x in range(4)], store)
        main(store.path, "madds", tmp_path / "out")
    assert (tmp_path / "out" / "pareto.png").read_bytes().startswith(b"\x89PNG")
    assert "4 done; 4 on the front" in (tmp_path / "out" / "pareto.html").read_text()


def test_makes_no_store_and_no_files_of_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no store of trials"):
        main(tmp_path / "nets.db", "madds", tmp_path / "out")
    with TrialStore(tmp_path / "nets.db") as store:
        run_trials(square, [{"x": 1}], store)
    with pytest.raises(OptionError, match="No trial has a cost named ms"):
        main(tmp_path / "nets.db", "ms", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["nets.db"]
