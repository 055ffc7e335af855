"""The study of the funnel runs on a small pool, and its figures agree with each other."""

from dataclasses import replace
from pathlib import Path

import pytest

from stereopsis.errors import DataError
from stereopsis.imagine.haystack.fields import bake
from stereopsis.imagine.haystack.funnel import study
from stereopsis.imagine.haystack.funnel_fit import StudyConfig
from stereopsis.imagine.haystack.funnel_table import table
from stereopsis.imagine.haystack.scenes import SceneConfig, SceneRow, clean, pool
from stereopsis.imagine.haystack.shards import read_shards, write_shards
from stereopsis.imagine.haystack.solids import SOLIDS


def silent(what: str, done: int, total: int, rows: int) -> None:
    pass


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    config, fields = SceneConfig(count=150, picked=4, side=32, labelled=110), bake(SOLIDS)
    rows = [*pool(config, fields), *clean(config, fields, "tune", "needle", 20)]
    write_shards(rows, SceneRow, folder, "pool")
    return folder


def test_the_figures_agree(scenes: Path, tmp_path: Path) -> None:
    figures = study(scenes, tmp_path, StudyConfig(labelled=110, eye="grid"), silent)
    assert figures["unseen"] == 60 and figures["wanted"] >= 20
    last, kept = figures["stages"][-1], figures["kept"]
    assert last["recall_so_far"] == pytest.approx(kept["funnel"]["recall"]["value"])
    counts = [kept[name]["kept"] for name in kept]
    assert counts == sorted(counts, reverse=True)
    chance = figures["at_recall"]["chance"]["enrichment"]
    assert chance["low"] <= 1.2 and chance["high"] >= 0.8
    assert set(figures["faults_left"]) >= {"none", "caption"}
    text = "\n".join(table(figures))
    assert "simulated specialists" in text and "aesthetic" in text


def test_a_needle_of_which_a_copy_is_kept_is_not_lost(scenes: Path, tmp_path: Path) -> None:
    rows = list(read_shards(scenes, SceneRow, "pool"))
    copies = [replace(row, wanted=False, fault="duplicate") for row in rows if row.wanted]
    write_shards([*rows[:110], *copies, *rows[110:]], SceneRow, tmp_path, "pool")
    figures = study(tmp_path, tmp_path / "out", StudyConfig(labelled=110, eye="grid"), silent)
    last = figures["stages"][-1]
    assert last["stage"] == "duplicates" and figures["kept_as_a_copy"] >= 5
    assert last["recall"] == 1  # of equals the first is kept: the copy
    assert last["recall_so_far"] == pytest.approx(figures["kept"]["funnel"]["recall"]["value"])


def test_a_pool_that_is_all_labelled_is_told(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none is wanted"):
        study(scenes, tmp_path, StudyConfig(labelled=1000, eye="grid"), silent)
