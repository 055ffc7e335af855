"""Studies of several seeds are laid side by side."""

import json
from pathlib import Path

import pytest

from stereopsis.errors import DataError
from stereopsis.imagine.haystack.funnel_results import gathered
from stereopsis.imagine.haystack.funnel_table import table_over_seeds


def write(folder: Path, seed: int, enrichment: float) -> None:
    told = {name: {"value": enrichment} for name in ("recall", "precision", "enrichment")}
    path = folder / str(seed) / "grid" / "funnel.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"kept": {"funnel": told}, "at_recall": {"chance": told}}))


def test_means_and_extremes_over_seeds(tmp_path: Path) -> None:
    for seed, enrichment in enumerate((2.0, 3.0, 7.0)):
        write(tmp_path, seed, enrichment)
    figures = gathered(tmp_path)
    spread = figures["over_seeds"]["grid"]["kept"]["funnel"]["enrichment"]
    assert spread == {"mean": 4, "least": 2, "most": 7}
    assert any("4.00 (2.00-7.00)" in line for line in table_over_seeds(figures))


def test_no_studies_and_damaged_ones_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no"):
        gathered(tmp_path)
    write(tmp_path, 0, 1.0)
    (tmp_path / "0" / "grid" / "funnel.json").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        gathered(tmp_path)
