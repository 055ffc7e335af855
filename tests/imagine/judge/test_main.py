import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from stereopsis.errors import DataError, OptionError, StereopsisError, WeightsError
from stereopsis.imagine.curate.row import Columns, Row
from stereopsis.imagine.judge import __main__ as commands
from stereopsis.imagine.judge.__main__ import app
from stereopsis.imagine.judge.claims import Claim
from stereopsis.imagine.judge.command import parse_arms, parse_claim, read_prompts, second_run
from stereopsis.imagine.judge.judge import SelectionJudge
from stereopsis.imagine.judge.judge_file import judge_to_bytes, read_judge
from stereopsis.imagine.judge.labelled import read_labelled
from stereopsis.imagine.judge.registration import read_registration
from stereopsis.imagine.judge.through import STRENGTHS, draw_again
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.sources import parse_without, without_concepts
from tests.imagine.judge.worlds import (
    SIDE,
    arm_of,
    discs,
    labelled,
    png,
    reporting_judge,
    write_arm,
    write_shard,
)
from tests.imagine.models.tiny import tiny_pixel, write_stable_diffusion


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, StereopsisError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_from_shards_to_a_report(tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "a.parquet", labelled(range(100)))
    judge = tmp_path / "judge.npz"
    told = json.loads(
        run("fit", shard, "-o", judge, "--role", "selection", "--backbone", "grid", "--copies", 2)
    )
    assert told["role"] == "selection" and told["area"] >= 0.9
    assert read_judge(judge, SelectionJudge).facts.source == "a.parquet"
    matcher = tmp_path / "matcher.npz"
    run("match", shard, "-o", matcher, "--backbone", "grid", "--text", "words")
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("".join(f"a disc {i}\tdisc {i}\n" for i in range(12)))
    final = tmp_path / "final.json"
    claim = ("--claim", "tuned>base:0.85:0.75")
    run("register", prompts, "-o", final, "--title", "Discs", "--seeds", 2, *claim)
    given = read_registration(final)
    other = second_run(given, True)
    write_arm(arm_of(given, True), given, tmp_path / "tuned")
    write_arm(arm_of(given, False), given, tmp_path / "base")
    write_arm(arm_of(other, False, 11), other, tmp_path / "again")
    targets = tmp_path / "targets"
    targets.mkdir()
    for i, picture in enumerate(discs(range(7000, 7020), True)):
        (targets / f"{i}.png").write_bytes(png(picture))
    reporting = tmp_path / "reporting.npz"
    reporting.write_bytes(judge_to_bytes(reporting_judge()))
    common = ("--base", "base", "--again", tmp_path / "again", "--targets", targets)
    arms = (f"tuned={tmp_path / 'tuned'}", f"base={tmp_path / 'base'}")
    report = ("report", final, *arms, "-o", tmp_path / "out", "--matcher", matcher, *common)
    run(*report, "--judge", reporting)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.md", "report.json", "arms.png", "claims.png",
    }  # fmt: skip
    with pytest.raises(OptionError, match="selects, nothing else"):
        run(*report, "--judge", judge)
    folders = ("--base", tmp_path / "base", "--again", tmp_path / "again", "--targets", targets)
    blind = replace(reporting_judge().head, weight=0 * reporting_judge().head.weight)
    judge.write_bytes(judge_to_bytes(replace(reporting_judge(), head=blind)))
    with pytest.raises(OptionError, match=r"The judge fell for: .*upper anchor"):
        run("attack", final, "--judge", judge, *folders)


def test_a_judge_is_fitted_on_what_a_model_draws_again_too(tmp_path: Path) -> None:
    folder = write_stable_diffusion(tmp_path / "model")
    model = open_generator(folder)
    shard = write_shard(tmp_path / "a.parquet", labelled(range(60)))
    given = read_labelled([shard], Columns(), model.side, most=6)
    training = draw_again(given, model)
    assert training.given is given and tuple(training.again) == STRENGTHS
    assert np.array_equal(training.again[0.0].pictures, model.as_drawn(given.pictures))
    assert all(part.concepts == given.concepts for part in training.again.values())
    judge = tmp_path / "judge.npz"
    fitted = ("fit", shard, "-o", judge, "--role", "selection", "--backbone", "grid")
    run(*fitted, "--copies", 1, "--through", folder, "--floor", 0.5)
    found = read_judge(judge, SelectionJudge)
    assert "as a model draws" in found.facts.source
    assert found.facts.needles == found.facts.hay < 60
    assert found.facts.nothings == round(0.1 * 2 * found.facts.needles * (1 + len(STRENGTHS)))
    assert list(found.facts.areas_again) == ["0", "0.2", "0.4"]
    assert all(0 < area <= found.area.area == 1 for area in found.facts.areas_again.values())
    with pytest.raises(WeightsError, match="There is no folder"):
        run(*fitted, "--through", tmp_path / "none")


def test_draws_what_is_registered(tmp_path: Path) -> None:
    model = write_stable_diffusion(tmp_path / "model")
    prompts, final = tmp_path / "prompts.txt", tmp_path / "final.json"
    prompts.write_text("a red apple\nblue pear\n")
    run("register", prompts, "-o", final, "--title", "t", "--seeds", 2, "--steps", 2)
    run("draw", final, model, "-o", tmp_path / "drawn")
    run("draw", final, model, "-o", tmp_path / "again", "--again")
    listed = [json.loads((tmp_path / n / "pictures.json").read_text()) for n in ("drawn", "again")]
    seeds = [{row["seed"] for row in each["pictures"]} for each in listed]
    assert seeds == [{0, 1}, {2, 3}] and len(listed[0]["pictures"]) == 4
    with pytest.raises(OptionError, match="another registration"):
        run("draw", final, model, "-o", tmp_path / "drawn", "--again")
    many = ("register", prompts, "-o", final, "--title", "t", "--steps", 1001)
    assert CliRunner().invoke(app, list(map(str, many))).exit_code == 2


def test_a_registration_is_not_replaced_by_another(tmp_path: Path) -> None:
    prompts, final = tmp_path / "prompts.txt", tmp_path / "final.json"
    prompts.write_text("a red apple\nblue pear\n")
    command = ("register", prompts, "-o", final, "--title", "t")
    run(*command)
    before = final.read_bytes()
    run(*command)
    digest = read_registration(final).digest
    with pytest.raises(OptionError, match=rf"another registration \(its hash is {digest}\)"):
        run(*command, "--seeds", 2)
    assert final.read_bytes() == before
    final.write_text("{}")
    with pytest.raises(OptionError, match=r"holds no registration\. Name another file"):
        run(*command)
    assert final.read_text() == "{}"


@pytest.mark.parametrize("command", ["fit", "match", "prompts"])
def test_help_names_all_kinds_of_sources(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert "Folders, lists or shards of pictures." in result.stdout


def test_models_are_opened_on_the_device_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = ("draw", "r.json", "model", "-o", tmp_path)
    fitting = ("fit", "a.parquet", "-o", tmp_path / "j.npz", "--role", "selection")
    judging = ("--judge", "j", "--base", "b", "--again", "a", "--targets", "t", "--through", "m")
    attacking = ("attack", "r.json", *judging)
    reporting = ("report", "r.json", "b=b", "-o", tmp_path, "--matcher", "m", *judging)
    for command in (drawing, fitting, attacking, reporting):
        with pytest.raises(OptionError, match="There is no device gpu"):
            run(*command, "--device", "gpu")
    named = []

    def opening(name: str, device: str = "cpu") -> Generator:
        named.append(device)
        return tiny_pixel()

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(commands, "open_generator", opening)
    with pytest.raises(StereopsisError, match=r"a\.parquet"):
        run(*fitting, "--through", "model", "--device", "cuda")
    pictures = np.zeros((1, 8, 8, 3), np.uint8)
    assert np.array_equal(commands._as_drawn(pictures, "model", "cuda"), pictures)
    assert commands._as_drawn(pictures, None, "cuda") is pictures
    assert named == ["cuda", "cuda"]


def test_what_people_write_is_read() -> None:
    assert parse_claim("tuned > base:0.85:0.75") == Claim("tuned", "base", 0.85, 0.75)
    assert parse_claim("a>b") == Claim("a", "b")
    assert parse_claim("a>b:1:.5") == Claim("a", "b", 1.0, 0.5)
    assert parse_arms(["a=x/y", "b=z"]) == {"a": Path("x/y"), "b": Path("z")}
    for text in ("a", "a>b:7", ">b", "a>b:0.8.5", "a>b:.:.5"):
        with pytest.raises(OptionError, match="is no claim"):
            parse_claim(text)
    for arms in (["a"], ["a=x", "a=y"]):
        with pytest.raises(OptionError, match="names no new arm"):
            parse_arms(arms)


def test_prompts_name_all_concepts_or_none(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text("one\n\ntwo\n")
    assert read_prompts(path) == (("one", "two"), ())
    path.write_text("one\tx\ntwo\n")
    with pytest.raises(DataError, match="Only 1 of 2 prompts"):
        read_prompts(path)
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(DataError, match="not in UTF-8"):
        read_prompts(path)


def test_prompts_are_concepts_new_to_the_judge(tmp_path: Path) -> None:
    seen, new = range(1000, 1100), range(50)
    parts = [labelled(seen), labelled(new)]
    shards = [write_shard(tmp_path / f"{i}.parquet", part) for i, part in enumerate(parts)]
    judge = tmp_path / "judge.npz"
    judge.write_bytes(judge_to_bytes(reporting_judge()))
    out = tmp_path / "prompts.txt"
    command = ("prompts", *shards, "-o", out, "--unseen-by", judge, "--side", SIDE)
    run(*command, "--count", 30)
    drawn = out.read_text().splitlines()
    assert len(set(drawn)) == 30
    learnt_from = reporting_judge().hashes
    again = labelled(seen)
    known = {
        name for name, each in zip(again.concepts, again.hashes, strict=True) if each in learnt_from
    }
    assert known and not known & set(drawn)
    with pytest.raises(DataError, match="200 are asked for"):
        run(*command, "--count", 200)
    with pytest.raises(OptionError, match="Write it as COLUMN=VALUE"):
        run(*command, "--without", "symbols")


def test_prompts_pass_over_unwanted_rows() -> None:
    keep = parse_without(["group=symbols", "style=flat"])
    rows = [Row(0, None, "", {"group": group, "style": "3d"}) for group in ("symbols", "food")]
    assert [keep(row) for row in rows] == [False, True]
    with pytest.raises(DataError, match="no column style"):
        keep(Row(0, None, "", {"group": "food"}))


def test_rows_of_unwanted_concepts_are_known_by_column_and_caption() -> None:
    keep = without_concepts(["Bomb", "man"])
    captions = ("a bomb", "BOMB", "bomb, weapon", "man: bald", "Man, boy")
    assert [keep(Row(0, None, each)) for each in captions] == [True, False, False, True, False]
    assert not keep(Row(0, None, "explosive", {"concept": "bomb"}))
