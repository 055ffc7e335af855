import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.judge.attack import ATTACKS, attack
from stereopsis.imagine.judge.claims import Claim
from stereopsis.imagine.judge.command import second_run
from stereopsis.imagine.judge.human import NO_VOTES, read_human_votes
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.judge.report import Grounds, make_report
from stereopsis.imagine.judge.report_text import attack_lines, to_json, to_markdown
from stereopsis.imagine.judge.sheet import arms_sheet, claims_chart
from stereopsis.imagine.votes.export import export_all
from stereopsis.imagine.votes.store import VoteStore
from tests.imagine.judge.worlds import (
    arm_of,
    disc,
    discs,
    registered,
    reporting_judge,
    selection_judge,
    with_area,
)
from tests.imagine.votes.world import fill, vote_on

CLAIMS = (Claim("tuned", "base", 0.85, 0.75), Claim("base", "tuned"))


class ByNumber:
    """Knows every disc of an arm by its place: finds the right text for even ones."""

    def match(self, pictures: np.ndarray, texts: object) -> np.ndarray:
        fits = np.zeros((len(pictures), len(list(texts))))  # type: ignore[call-overload]
        for row in range(len(pictures)):
            fits[row, row // 2] = 1.0 if row % 4 < 2 else -1.0
        return fits


class Indifferent:
    """Finds that every text fits every picture."""

    def match(self, pictures: np.ndarray, texts: object) -> np.ndarray:
        return np.zeros((len(pictures), len(list(texts))))  # type: ignore[call-overload]


def world() -> tuple[Registration, Grounds]:
    given = replace(registered(24), claims=CLAIMS)
    again = arm_of(second_run(given, True), False, shift=11)
    targets = discs(range(7000, 7060), True)
    return given, Grounds(reporting_judge(), ByNumber(), targets, "base", again)


def test_a_report_tells_the_tuned_arm_from_the_other() -> None:
    given, grounds = world()
    arms = {"base": arm_of(given, False), "tuned": arm_of(given, True)}
    report = make_report(given, arms, grounds)
    first, second = report.claims
    assert first.holds and first.found.rate > 0.9 and not second.holds
    assert first.found.rate + second.found.rate == pytest.approx(1)
    assert report.arms["tuned"].look.share > 0.8 > 0.2 > report.arms["base"].look.share
    assert report.arms["base"].faithful.share == pytest.approx(0.5)
    assert report.lost[0].share == 0 and report.arms["tuned"].memorised < 0.2
    text = to_markdown(report)
    assert "0 human votes" in text and "target-look" in text.lower()
    assert "visual appeal, nothing can be said" in text and given.digest in text
    told = json.loads(to_json(report))
    assert told["human_votes"] == 0 and told["claims"][0]["holds"]
    assert claims_chart(report.claims)[:4] == arms_sheet(arms)[:4] == b"\x89PNG"


def test_an_arm_of_the_same_pictures_lost_nothing_for_sure() -> None:
    given, grounds = world()
    base = arm_of(given, False)
    other = np.concatenate([arm_of(given, True).pictures[:1], base.pictures[1:]])
    for pictures, is_same in ((base.pictures.copy(), True), (other, False)):
        report = make_report(
            given, {"base": base, "tuned": replace(base, pictures=pictures)}, grounds
        )
        for lost in report.lost:
            assert lost.share == 0 and lost.same_pictures == is_same
            assert (lost.interval.low == lost.interval.high == 0) == is_same
        assert to_markdown(report).count("| none: the same pictures |") == 2 * is_same
        assert (
            json.loads(to_json(report))["claims"][0]["faithfulness_lost"]["same_pictures"]
            == is_same
        )


def test_a_report_counts_concepts_once_and_knows_no_diversity_of_single_seeds() -> None:
    given, grounds = world()
    single = replace(given, seeds=(1,), concepts=("a", "b", "c") * 8)
    arms = {"base": arm_of(single, False), "tuned": arm_of(single, True)}
    again = arm_of(second_run(single, True), False, shift=11)
    report = make_report(single, arms, replace(grounds, matcher=Indifferent(), again=again))
    text = to_markdown(report)
    assert "the right concept is found among 3." in text and "nan" not in text
    attacks = tuple(replace(each, passed=each.name != "white") for each in report.attacks)
    assert "It did not pass: white." in to_markdown(replace(report, attacks=attacks))
    attacks = tuple(replace(each, passed=True) for each in report.attacks)
    assert "did not pass" not in to_markdown(replace(report, attacks=attacks))
    told = json.loads(to_json(report), parse_constant=pytest.fail)
    assert told["arms"]["base"]["diversity"] is None


def test_what_cannot_be_reported_is_refused() -> None:
    given, grounds = world()
    arms = {"base": arm_of(given, False), "tuned": arm_of(given, True)}
    with pytest.raises(OptionError, match="A judge that selects must not report"):
        make_report(given, arms, replace(grounds, judge=selection_judge()))  # type: ignore[arg-type]
    poor = replace(reporting_judge(), area=with_area(reporting_judge(), 0.8))
    with pytest.raises(DataError, match=r"below 0\.9"):
        make_report(given, arms, replace(grounds, judge=poor))
    with pytest.raises(OptionError, match="There is no arm tuned"):
        make_report(given, {"base": arms["base"]}, grounds)
    other = replace(arms["tuned"], seeds=tuple(seed + 1 for seed in arms["tuned"].seeds))
    with pytest.raises(DataError, match="not drawn as registered"):
        make_report(given, {"base": arms["base"], "tuned": other}, grounds)


def test_attacks_are_told_apart_from_the_look() -> None:
    given, grounds = world()
    found = attack(
        grounds.judge, arm_of(given, False), grounds.again, grounds.targets, given.thresholds
    )
    by_name = {each.name: each for each in found}
    assert set(ATTACKS) <= set(by_name) and len(attack_lines(found)) == len(found)
    anchor = by_name["targets (upper anchor)"]
    assert anchor.passed and anchor.won.rate > 0.9
    assert by_name["same model, other seeds"].passed
    assert by_name["white, against targets"].passed and by_name["noise, against targets"].passed


def test_a_judge_of_brightness_falls_for_attacks() -> None:
    given, grounds = world()
    judge = reporting_judge()
    dark = replace(judge.head, weight=np.where(np.arange(len(judge.head.weight)) == 0, -500.0, 0.0))
    found = attack(
        replace(judge, head=dark),
        arm_of(given, False),
        grounds.again,
        grounds.targets,
        given.thresholds,
    )
    failed = {each.name for each in found if not each.passed}
    assert "vignette" in failed and any("against targets" in name for name in failed)


def test_a_second_run_needs_the_same_prompts_and_other_seeds() -> None:
    given, grounds = world()
    own = arm_of(given, False)
    with pytest.raises(OptionError, match="shares seeds"):
        attack(grounds.judge, own, own, grounds.targets, given.thresholds)


def test_attacks_change_a_picture_but_not_its_kind() -> None:
    picture = disc(4, False)
    for change in ATTACKS.values():
        changed = change(picture)
        assert changed.shape == picture.shape and changed.dtype == np.uint8
        assert (changed != picture).any()


def test_votes_of_people_are_counted_from_store_and_export(tmp_path: Path) -> None:
    assert read_human_votes(None) == NO_VOTES and NO_VOTES.counted == "0 human votes"
    with VoteStore(tmp_path / "votes.db") as store:
        pairs = fill(store)
        program = [vote_on(p, "tie", kind="simulated", key=p.seed) for p in pairs]  # of her name
        store.record([vote_on(pairs[0], "a"), *program])
        files = export_all(store)
    (tmp_path / "votes.csv").write_bytes(files["votes.csv"])
    for path in (tmp_path / "votes.db", tmp_path / "votes.csv"):
        found = read_human_votes(path)
        assert found.votes == 1 and found.counted.startswith("1 human vote by 1 person")
        assert len(found.comparisons) == 1
    (tmp_path / "pairs.csv").write_bytes(files["pairs.csv"])
    with pytest.raises(DataError, match="is missing"):
        read_human_votes(tmp_path / "pairs.csv")
    with pytest.raises(DataError, match="There is no file"):
        read_human_votes(tmp_path / "none.db")
    with pytest.raises(DataError, match="There is no file"):
        read_human_votes(tmp_path / ("long" * 2000))
