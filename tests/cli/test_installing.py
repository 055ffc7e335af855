import shutil
import subprocess
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"


def install(folder: Path, *arguments: str) -> str:
    """What the script asks Python to install."""
    (folder / "asked").write_text("")
    line = 'source ./environment.sh; install_into venv "$@"'
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line, "bash", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return (folder / "asked").read_text()


def test_what_is_installed_is_installed_again_only_after_a_change(tmp_path: Path) -> None:
    shutil.copy(SCRIPTS / "environment.sh", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("old")
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    python = tmp_path / "venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$@" >>asked\n')
    python.chmod(0o755)
    assert install(tmp_path, "-e", ".").endswith("-e .\n")
    assert install(tmp_path, "-e", ".") == ""
    assert install(tmp_path, "-e", ".[dev]") != ""
    assert install(tmp_path, "-e", ".") == ""  # with extras it is there as well
    (tmp_path / "pyproject.toml").write_text("new")
    assert install(tmp_path, "-e", ".") != ""


def test_the_demo_installs_after_every_pull() -> None:
    lines = (SCRIPTS / "demo").read_text().splitlines()
    assert "install_into .venv -e ." in lines  # whatever is there already
