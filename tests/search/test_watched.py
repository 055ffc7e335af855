import sys
from pathlib import Path

import pytest

from stereopsis.search.open_task import OpenedTask, open_named
from stereopsis.search.watched import watched_files

TASK = """
from watched_neighbour import width
from tests.search.tasks import tiny_task

def later():
    import watched_package.inner

mine = tiny_task()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A task that imports a neighbour, and a package that imports relatively; and a stranger."""
    (tmp_path / "watched_task.py").write_text(TASK)
    (tmp_path / "watched_neighbour.py").write_text("import json\nwidth = 3\n")
    (tmp_path / "watched_package").mkdir()
    (tmp_path / "watched_package" / "__init__.py").write_text("from watched_spread import far\n")
    (tmp_path / "watched_spread").mkdir()  # a package without a file of its own
    (tmp_path / "watched_spread" / "far.py").write_text("import watched_task\n")
    (tmp_path / "watched_package" / "inner.py").write_text("from . import deep\n")
    (tmp_path / "watched_package" / "deep.py").write_text("x = 1\n")
    (tmp_path / "stranger.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    return tmp_path


WATCHED = {
    "watched_task.py", "watched_neighbour.py", "__init__.py", "inner.py", "deep.py", "far.py",
}  # fmt: skip


@pytest.mark.parametrize("name", ["watched_task.py:mine", "watched_task:mine"])
def test_a_task_is_made_of_its_file_and_of_what_that_imports_from_its_folder(
    folder: Path, name: str
) -> None:
    opened = open_named(name, [])
    assert {path.name for path in watched_files(name)} == WATCHED
    prints = [opened.fingerprint]
    for path in sorted(folder.rglob("*.py")):
        path.write_text(path.read_text() + "# changed\n")
        prints.append(OpenedTask(opened.task, name).fingerprint)
    assert len(set(prints)) == 1 + len(WATCHED)  # all of them but the stranger's


def test_a_module_of_a_package_is_watched_from_its_outermost_folder(folder: Path) -> None:
    (folder / "watched_package" / "task.py").write_text(f"{TASK}\nfrom . import deep\n")
    name = "watched_package.task:mine"
    open_named(name, [])
    assert {path.name for path in watched_files(name)} == WATCHED | {"task.py"}


def test_of_an_installed_module_and_of_our_tasks_little_is_watched() -> None:
    assert [path.name for path in watched_files("numpy.linalg:norm")] == ["__init__.py"]
    assert watched_files("pictures") == []
