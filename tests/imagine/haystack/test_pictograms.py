"""The haystack of pictograms: who is where, and the same again from the same seed."""

import json
from pathlib import Path

import pytest

from stereopsis.errors import DataError
from stereopsis.imagine.curate.config import FunnelConfig
from stereopsis.imagine.curate.filters import SizeFilter
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.run import curate
from stereopsis.imagine.haystack.clipart import read_clips
from stereopsis.imagine.haystack.making import UNWATCHED
from stereopsis.imagine.haystack.pictograms import PictogramConfig, PictogramRow
from stereopsis.imagine.haystack.shards import from_file, read_shards
from stereopsis.imagine.haystack.write_pictograms import write_pictograms
from tests.imagine.haystack.packages_folder import LABELS, write_clips, write_packages

CONFIG = PictogramConfig(side=32, needle_share=0.3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictograms")
    packages, clips = write_packages(folder / "packages"), write_clips(folder / "clips")
    write_pictograms(packages, folder / "out", clips, CONFIG, UNWATCHED)
    return folder


def rows(made: Path, name: str) -> list[PictogramRow]:
    return list(read_shards(made / "out", PictogramRow, name))


def test_needles_of_other_splits_are_in_the_reference_only(made: Path) -> None:
    for row in (*rows(made, "pool"), *rows(made, "picked")):
        assert row.style != "fluent-3d" or row.split == "tune"
    assert {row.concept for row in rows(made, "picked")} == {
        row.concept for row in rows(made, "pool") if row.split == "tune"
    }
    for name, split in (("selection", "select"), ("reference", "held-out")):
        found = rows(made, name)
        assert {row.split for row in found} == {split}
        assert {row.style for row in found} >= {"fluent-3d", "noto", "twemoji", "openmoji"}


def test_every_concept_is_in_the_pool_in_other_styles(made: Path) -> None:
    found = {row.concept for row in rows(made, "pool") if row.style == "noto"}
    assert found == set(LABELS)


def test_wanted_are_clean_needles(made: Path) -> None:
    pool = rows(made, "pool")
    for row in pool:
        assert row.wanted == (row.style == "fluent-3d" and not row.fault)
        assert row.caption == (row.noisy_caption if row.fault == "caption" else row.clean_caption)
        assert from_file(row.image).shape == (32, 32, 3)
    assert sum(row.in_pool for row in rows(made, "picked")) == 3
    assert any(row.style == "clipart" and row.concept == "melon" for row in pool)


def test_the_same_seed_makes_the_same_files(made: Path, tmp_path: Path) -> None:
    write_pictograms(made / "packages", tmp_path, made / "clips", CONFIG, UNWATCHED)
    for path in sorted((made / "out").iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_card_counts_and_names_licences(made: Path) -> None:
    card = json.loads((made / "out" / "card.json").read_text())
    assert card["counts"]["pool"]["rows"] == len(rows(made, "pool"))
    assert {source["licence"] for source in card["sources"]} >= {"CC-BY-SA-4.0", "public domain"}


def test_curation_reads_the_pool(made: Path, tmp_path: Path) -> None:
    config = FunnelConfig(
        offensive=None, ocr=None, duplicates=None, size=SizeFilter(16), eye="grid",
        columns=Columns(wanted="wanted"),
    )  # fmt: skip
    funnel = curate([made / "out" / "pool-00000.parquet"], tmp_path, config)
    assert funnel.tally.rows == len(rows(made, "pool"))
    assert funnel.tally.wanted == sum(row.wanted for row in rows(made, "pool"))


def test_an_empty_folder_of_a_package_is_told(tmp_path: Path) -> None:
    packages = write_packages(tmp_path / "packages")
    for path in (packages / "openmoji" / "color" / "svg").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="openmoji"):
        write_pictograms(packages, tmp_path / "out", None, CONFIG, UNWATCHED)


def test_clips_without_titles_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no titled drawings"):
        read_clips(tmp_path)
