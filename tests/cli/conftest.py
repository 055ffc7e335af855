from pathlib import Path

import pytest

from tests.cli.running import save_photo


@pytest.fixture
def dog(tmp_path: Path) -> Path:
    return save_photo(tmp_path / "dog.jpg")
