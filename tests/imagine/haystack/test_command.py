"""The commands, as people type them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from stereopsis.imagine.haystack.__main__ import app
from tests.imagine.haystack.packages_folder import write_packages


@pytest.mark.parametrize("command", [["scenes"], ["funnel", "x"], ["groceries", "x"]])
def test_a_seed_below_zero_is_refused(command: list[str], tmp_path: Path) -> None:
    told = CliRunner().invoke(app, [*command, "-o", str(tmp_path), "--seed", "-1"])
    assert told.exit_code == 2 and "--seed" in told.output


def test_scenes_and_pictograms_are_written(tmp_path: Path) -> None:
    runner = CliRunner()
    out = tmp_path / "scenes"
    few = ["--count", "2", "--picked", "4", "--side", "16"]
    assert runner.invoke(app, ["scenes", "-o", str(out), *few]).exit_code == 0
    packages, icons = write_packages(tmp_path / "packages"), tmp_path / "icons"
    told = runner.invoke(app, ["pictograms", str(packages), "-o", str(icons), "--side", "16"])
    assert told.exit_code == 0, told.output
    for folder in (out, icons):
        assert {path.name for path in folder.iterdir()} >= {
            "pool-00000.parquet", "pool.png", "picked.parquet", "reference.parquet", "card.json"
        }  # fmt: skip
