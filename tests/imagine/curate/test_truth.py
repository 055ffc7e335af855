"""Where the truth is known, each stage is told how good it is."""

from pathlib import Path

import pytest

from stereopsis.imagine.curate.duplicates import DuplicatesFilter
from stereopsis.imagine.curate.report import report_files
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.run import curate
from stereopsis.imagine.curate.tally import StageTally, Tally
from stereopsis.imagine.curate.truth import judge_stages
from tests.imagine.curate.haystack import jpeg, quick, rows, scene, write_parquet


def test_shares_are_what_their_names_say() -> None:
    stages = {"one": StageTally(removed=50, removed_wanted=2), "two": StageTally(30, 0)}
    one, two = judge_stages(Tally(rows=100, wanted=20, stages=stages))
    assert one.recall == one.recall_so_far == pytest.approx(0.9)
    assert one.precision == pytest.approx(18 / 50)
    assert one.removal_precision == pytest.approx(48 / 50)
    assert two.recall == 1 and two.recall_so_far == pytest.approx(0.9)
    assert two.precision == pytest.approx(0.9) and two.enrichment == pytest.approx(4.5)


def test_shares_of_nothing_are_none() -> None:
    (only,) = judge_stages(Tally(rows=0, wanted=0, stages={"one": StageTally()}))
    assert only.recall is only.precision is only.removal_precision is only.enrichment is None
    (emptied,) = judge_stages(Tally(rows=4, wanted=2, stages={"one": StageTally(4, 2)}))
    assert emptied.recall == 0 and emptied.precision is None


def test_a_run_with_a_labelled_column_tells_the_truth(tmp_path: Path) -> None:
    cells = rows(range(10), wanted=True)
    cells += [{**cell, "wanted": False} for cell in rows(range(6))]
    for cell in cells[10:13]:
        cell["image"] = jpeg(scene(40, 60, 40))
    shard = write_parquet(tmp_path / "a.parquet", cells)
    config = quick(columns=Columns(wanted="wanted"), duplicates=DuplicatesFilter())
    funnel = curate([shard], tmp_path / "out", config)
    truth = {each.stage: each for each in judge_stages(funnel.tally)}
    assert truth["size"].recall == 1 and truth["size"].removal_precision == 1
    assert truth["size"].enrichment == pytest.approx((10 / 13) / (10 / 16))
    assert funnel.kept == 10, "three that are wanted have copies that are not"
    page = report_files(funnel, tmp_path)[tmp_path / "report.html"].decode()
    assert "Against the truth" in page
