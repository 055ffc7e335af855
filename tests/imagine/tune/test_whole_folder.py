from pathlib import Path

import pytest

from stereopsis.imagine.tune.whole_folder import whole_folder


def fill(path: Path, text: str) -> None:
    with whole_folder(path) as part:
        (part / "file").write_text(text)


def test_a_folder_takes_its_place_only_when_whole(tmp_path: Path) -> None:
    path = tmp_path / "tuned"
    fill(path, "first")
    fill(path, "second")
    with pytest.raises(OSError, match="full"), whole_folder(path) as part:
        (part / "file").write_text("cut")
        raise OSError("full")
    assert (path / "file").read_text() == "second"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_run_had_moved_away_returns(tmp_path: Path) -> None:
    path = tmp_path / "tuned"
    fill(path, "first")
    path.rename(tmp_path / "tuned.before")
    (tmp_path / "tuned.part").mkdir()
    with pytest.raises(OSError, match="full"), whole_folder(path):
        raise OSError("full")
    assert (path / "file").read_text() == "first" and list(tmp_path.iterdir()) == [path]
