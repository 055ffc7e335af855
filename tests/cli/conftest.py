from pathlib import Path

import pytest

from tests.cli.running import save_photo


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests expect the same words on a machine where nothing has run yet."""
    monkeypatch.setattr("stereopsis.cli.first_run.is_compiled", lambda module: True)


@pytest.fixture
def dog(tmp_path: Path) -> Path:
    return save_photo(tmp_path / "dog.jpg")
