from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.captioned import read_captioned
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.judge.area import check_floor
from stereopsis.imagine.judge.backbone import BackboneConfig, open_backbone
from stereopsis.imagine.judge.fit import JudgeConfig, TrainingSet, fit_judge, part_of
from stereopsis.imagine.judge.judge import (
    ReportingJudge,
    SelectionJudge,
    as_role,
    check_apart,
    check_new,
)
from stereopsis.imagine.judge.judge_file import judge_to_bytes, read_any_judge, read_judge
from stereopsis.imagine.judge.labelled import read_labelled
from stereopsis.imagine.judge.nothing import draw_nothing, nothings
from tests.imagine.judge.worlds import (
    FACTS,
    GRID,
    SIDE,
    discs,
    file_hashes,
    labelled,
    reporting_judge,
    selection_judge,
    with_area,
    write_shard,
)

OTHER = BackboneConfig("lite0", SIDE)


def test_a_judge_tells_the_look_on_discs_that_it_never_saw() -> None:
    judge = selection_judge()
    assert judge.area.area > 0.9 and judge.area.low <= judge.area.area <= judge.area.high
    needles, hay = (judge.score(discs(range(500, 530), shaded)) for shaded in (True, False))
    assert needles.mean() > 0.7 and hay.mean() < 0.3
    assert judge.facts.needles < 100 and judge.facts.copies == 3


def test_a_judge_is_not_won_over_by_nothing() -> None:
    """Nor by stripes, which it was not fitted with."""
    shown = TrainingSet(labelled(range(100)))
    unaware = fit_judge(SelectionJudge, shown, JudgeConfig(GRID, copies=3, nothings=0), FACTS)
    judge = selection_judge()
    assert (unaware.facts.nothings, judge.facts.nothings) == (0, round(0.2 * judge.facts.needles))
    liked = {
        each.facts.nothings: max(each.score(of).mean() for of in nothings(20, SIDE, SIDE).values())
        for each in (unaware, judge)
    }
    assert liked.pop(0) > 0.9 and max(liked.values()) < 0.3


def test_nothing_is_drawn_in_all_its_kinds() -> None:
    random = np.random.default_rng(0)
    drawn = [draw_nothing(20, 30, random) for _ in range(60)]
    assert {each.shape for each in drawn} == {(20, 30, 3)}
    colors = np.array([len(np.unique(each.reshape(-1, 3), axis=0)) for each in drawn])
    assert (colors == 1).any() and (colors > 100).any()
    grey = [np.ptp(each.astype(int), axis=2).max() == 0 for each in drawn]
    assert 0 < np.mean(grey) < 1
    rest = [each for each, count in zip(drawn, colors, strict=True) if count > 1]
    for axis in (0, 1):  # ramps both ways
        assert any(np.ptp(each.astype(int), axis).max() <= 1 for each in rest)
    assert {each.shape for each in nothings(2, 10, 12).values()} == {(2, 10, 12, 3)}


def test_a_judge_is_measured_on_concepts_that_it_was_not_fitted_on() -> None:
    judge, given = selection_judge(), labelled(range(100))
    seen = {name for name, each in zip(given.concepts, given.hashes, strict=True)
            if each in judge.hashes}  # fmt: skip
    assert judge.area.needles == judge.area.hay == 100 - len(seen)


def test_a_score_depends_on_its_picture_alone() -> None:
    judge, pictures = selection_judge(), discs(range(6), True)
    together = judge.score(pictures)
    assert np.allclose(together, [judge.score(each[None])[0] for each in pictures])


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    judge, path = selection_judge(), tmp_path / "judge.npz"
    path.write_bytes(judge_to_bytes(judge))
    again = read_judge(path, SelectionJudge)
    assert (again.hashes, again.facts, again.area) == (judge.hashes, judge.facts, judge.area)
    pictures = discs(range(3), True)
    assert np.array_equal(again.score(pictures), judge.score(pictures))
    assert type(read_any_judge(path)) is SelectionJudge


def test_a_judge_is_not_used_in_the_other_role(tmp_path: Path) -> None:
    for judge, role in ((selection_judge(), ReportingJudge), (reporting_judge(), SelectionJudge)):
        path = tmp_path / f"{judge.role}.npz"
        path.write_bytes(judge_to_bytes(judge))
        with pytest.raises(OptionError, match=f"a {role.role} judge is needed"):
            read_judge(path, role)
        with pytest.raises(OptionError):
            as_role(judge, role)


def test_judges_share_neither_backbone_nor_pictures() -> None:
    one, other = selection_judge(), reporting_judge()
    with pytest.raises(OptionError, match="Both judges stand on the backbone grid"):
        check_apart(one, other)
    with pytest.raises(OptionError, match="Both judges are selection judges"):
        check_apart(one, one)
    apart = replace(other, backbone=OTHER)
    check_apart(one, apart)
    with pytest.raises(DataError, match="was fitted on 1 of these pictures"):
        check_apart(one, replace(apart, hashes=apart.hashes | {next(iter(one.hashes))}))
    new, seen = TrainingSet(labelled(range(200, 240))), TrainingSet(labelled(range(100)))
    with pytest.raises(OptionError, match="stand on the backbone"):
        fit_judge(ReportingJudge, new, JudgeConfig(GRID), FACTS, one)
    with pytest.raises(DataError, match="was fitted on"):
        fit_judge(ReportingJudge, seen, JudgeConfig(OTHER), FACTS, one)


def test_a_picture_is_known_again_by_its_file_at_whatever_size(tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "a.parquet", labelled(range(60, 100)))
    for side in (SIDE, 2 * SIDE):
        with pytest.raises(DataError, match="was fitted on"):
            check_new(read_captioned([shard], side).hashes, selection_judge())
    check_new(file_hashes(discs(range(2000, 2010), True)), selection_judge())


def test_too_few_pictures_and_poor_judges_are_refused() -> None:
    with pytest.raises(DataError, match="needles and"):
        fit_judge(SelectionJudge, TrainingSet(labelled(range(9))), JudgeConfig(GRID), FACTS)
    check_floor(with_area(selection_judge(), 0.95), 0.9)
    with pytest.raises(DataError, match=r"below 0\.9"):
        check_floor(with_area(selection_judge(), 0.85), 0.9)
    with pytest.raises(DataError):
        check_floor(with_area(selection_judge(), float("nan")), 0.9)


def test_labels_come_from_shards_and_damaged_pictures_are_listed(tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "a.parquet", labelled(range(5)))
    found = read_labelled([shard], Columns(wanted="wanted"), SIDE)
    assert np.array_equal(found.pictures, labelled(range(5)).pictures)
    assert found.hashes == read_labelled([shard], Columns(), 2 * SIDE).hashes
    assert found.wanted.sum() == 5 and found.concepts[:2] == ("disc 0", "disc 1")
    assert len(read_labelled([shard], Columns(), SIDE, most=3)) == 3


def test_the_two_networks_see_differently() -> None:
    pictures = discs(range(3), True)
    one, two = (
        open_backbone(BackboneConfig(name, 64)).look(pictures) for name in ("lite0", "lite2")
    )
    assert one.shape == (3, 512) and two.shape[0] == 3 and two.shape[1] != 512
    for features in (one, two):
        assert np.isfinite(features).all()
        assert np.allclose(np.linalg.norm(features, axis=1), np.sqrt(5), atol=1e-3)
    empty = open_backbone(BackboneConfig("lite0", 64)).look(pictures[:0])
    assert empty.shape == (0, 512)


def test_concepts_held_out_and_tried_are_chosen_apart() -> None:
    """Also where all names are equally long, as numbers of concepts are."""
    many = labelled(range(200))
    named = replace(many, concepts=tuple(f"c{i:04}" for i in range(len(many))))
    held, tried = part_of(named, 2, "held out"), part_of(named, 4, "tried")
    assert 0.4 < held.mean() < 0.6 and 0.15 < tried.mean() < 0.35
    assert 0.15 < tried[held].mean() < 0.35 and 0.15 < tried[~held].mean() < 0.35
