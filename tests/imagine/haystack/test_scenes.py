"""The haystack of scenes: known quality, and the same again from the same seed."""

import json
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.haystack.card import card
from stereopsis.imagine.haystack.fields import bake
from stereopsis.imagine.haystack.making import UNWATCHED
from stereopsis.imagine.haystack.scenes import SceneConfig, SceneRow, pool
from stereopsis.imagine.haystack.shards import from_file, read_shards
from stereopsis.imagine.haystack.shot import NEEDLE_Q, WEIGHTS
from stereopsis.imagine.haystack.solids import SOLIDS
from stereopsis.imagine.haystack.write_scenes import labelled_in, write_scenes

CONFIG = SceneConfig(count=60, picked=8, side=16, fault_share=0.08, labelled=25)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    write_scenes(folder, CONFIG, UNWATCHED)
    return folder


def rows(made: Path, name: str) -> list[SceneRow]:
    return list(read_shards(made, SceneRow, name))


def test_needles_of_other_splits_are_not_in_the_pool(made: Path) -> None:
    found = rows(made, "pool")
    assert len(found) == CONFIG.count
    for row in found:
        assert row.split == "tune" or row.q < NEEDLE_Q
        assert row.wanted == (row.q >= NEEDLE_Q and not row.fault)
    assert len({row.fault for row in found}) >= 4


def test_the_quality_follows_from_the_factors(made: Path) -> None:
    for row in rows(made, "pool"):
        told = json.loads(row.factors)
        assert np.prod([told[head] ** weight for head, weight in WEIGHTS.items()]) == (
            pytest.approx(row.q, abs=0.01)
        )
        if row.fault != "caption":
            assert row.color in row.caption and row.subject in row.caption


def test_a_copy_is_like_a_clean_earlier_picture_of_its_part(made: Path) -> None:
    found = rows(made, "pool")
    pictures = np.stack([from_file(row.image) for row in found]).astype(float)
    copies = [i for i, row in enumerate(found) if row.fault == "duplicate"]
    assert min(copies) < CONFIG.labelled < max(copies)
    for i in copies:
        part = range(0 if i < CONFIG.labelled else CONFIG.labelled, i)
        same = [k for k in part if found[k].factors == found[i].factors and not found[k].fault]
        assert len(same) == 1
        assert np.abs(pictures[same[0]] - pictures[i]).mean() < 20


def test_most_rows_being_spoiled_a_copy_still_has_an_original() -> None:
    config = SceneConfig(count=40, picked=4, side=16, fault_share=0.24, labelled=20)
    pool_rows = list(pool(config, bake(SOLIDS)))
    assert not pool_rows[0].fault and not pool_rows[20].fault
    clean = [{r.factors for r in part if not r.fault} for part in (pool_rows[:20], pool_rows[20:])]
    copies = [(i, row) for i, row in enumerate(pool_rows) if row.fault == "duplicate"]
    assert len(copies) > 4
    assert all(row.factors in clean[i >= 20] for i, row in copies)


def test_the_other_files_hold_what_they_should(made: Path) -> None:
    assert all(row.wanted and row.split == "tune" for row in rows(made, "picked"))
    for name, split, half in (("selection", "select", 2), ("reference", "held-out", 4)):
        found = rows(made, name)
        assert {row.split for row in found} == {split}
        assert [row.wanted for row in found] == [True] * half + [False] * half


def test_the_same_seed_makes_the_same_files(made: Path, tmp_path: Path) -> None:
    write_scenes(tmp_path, CONFIG, UNWATCHED)
    for path in sorted(made.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_shorter_run_leaves_no_older_shards(tmp_path: Path) -> None:
    (tmp_path / "pool-00001.parquet").write_bytes(b"old")
    write_scenes(tmp_path, SceneConfig(count=3, picked=4, side=16), UNWATCHED)
    assert [path.name for path in tmp_path.glob("pool-*")] == ["pool-00000.parquet"]


def test_how_many_are_labelled_is_read_from_the_card(made: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="25 scenes to be labelled, too few"):
        labelled_in(made)
    with pytest.raises(DataError, match="does not say how many"):
        labelled_in(tmp_path)
    (tmp_path / "card.json").write_bytes(card("scenes", SceneConfig(labelled=700), [], {}))
    assert labelled_in(tmp_path) == 700


def test_no_pictures_are_refused() -> None:
    with pytest.raises(OptionError, match="too few"):
        SceneConfig(count=0)
