"""Packages are fetched once, whole or not at all."""

import os
import tarfile
from pathlib import Path

import pytest

from stereopsis.errors import DataError, MissingExtraError
from stereopsis.imagine.haystack.packages import Package, fetch_packages

PACKAGE = Package("@some/icons", "1.2.3", "icons", "MIT")


def fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, works: bool) -> None:
    """An npm that copies a prepared archive, or says no."""
    folder.mkdir(parents=True, exist_ok=True)
    content = folder / "package"
    content.mkdir(exist_ok=True)
    (content / "a.txt").write_text("here")
    with tarfile.open(folder / "made.tgz", "w:gz") as archive:
        archive.add(content, "package")
    npm = folder / "npm"
    copy = f'cp "{folder}/made.tgz" some-icons-1.2.3.tgz'
    npm.write_text(f"#!/bin/sh\n{copy if works else 'echo no such thing >&2; exit 1'}\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_package_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, works=True)
    told: list[str] = []
    for _ in range(2):
        fetch_packages(tmp_path / "cache", [PACKAGE], told.append)
    assert told == ["fetching @some/icons 1.2.3"]
    assert (tmp_path / "cache" / "some-icons" / "a.txt").read_text() == "here"
    assert [each.name for each in (tmp_path / "cache").iterdir()] == ["some-icons"]


def test_what_npm_cannot_get_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, works=False)
    with pytest.raises(DataError, match="no such thing"):
        fetch_packages(tmp_path / "cache", [PACKAGE])
    assert not list((tmp_path / "cache").iterdir())


def test_without_npm_the_mend_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match="Install npm"):
        fetch_packages(tmp_path / "cache", [PACKAGE])
