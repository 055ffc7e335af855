import os
from pathlib import Path

import pytest

from stereopsis import compiled


def test_compiled_code_has_a_place_where_nothing_else_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(compiled.PLACE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    compiled.keep_compiled()  # beside the source
    assert not os.environ[compiled.PLACE]
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_relative_to(tmp_path))
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="Set NUMBA_CACHE_DIR"):
        compiled.keep_compiled()
    place = Path(os.environ[compiled.PLACE])
    assert place.is_dir() and place.stat().st_mode & 0o077 == 0
    compiled.keep_compiled()  # the place that is named
    assert os.environ[compiled.PLACE] == str(place)


def test_a_user_without_a_home_has_no_folder_for_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv(compiled.PLACE, "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.warns(UserWarning, match="Set NUMBA_CACHE_DIR"):
        compiled.keep_compiled()
    assert Path(os.environ[compiled.PLACE]).is_dir()


def test_a_folder_for_caches_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled.PLACE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_relative_to(tmp_path))
    compiled.keep_compiled()
    assert not os.environ[compiled.PLACE] and (tmp_path / "cache").is_dir()
