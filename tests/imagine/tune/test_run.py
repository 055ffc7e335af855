import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stereopsis.errors import DataError, OptionError, OutputError
from stereopsis.imagine.judge.judge import SelectionJudge
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.models.diffusion import DiffusionGenerator, NoiseConfig
from stereopsis.imagine.models.generator import Generator, SampleConfig
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.tune import Origin, StopConfig, Tuning, Watch, Work, tune
from stereopsis.imagine.tune.command import read_tuning
from stereopsis.imagine.tune.kept_work import kept_work
from stereopsis.imagine.tune.report import chosen, name_of, to_json
from stereopsis.imagine.tune.run import Telling, finish
from stereopsis.imagine.tune.stopping import Measures, Verdict, decide
from stereopsis.imagine.tune.watch import unsure_of
from stereopsis.imagine.tune.work import read_measures
from stereopsis.train.curve import read_rows
from tests.imagine.judge.worlds import discs, reporting_judge, selection_judge
from tests.imagine.models.tiny import (
    WordReader,
    tiny_latent,
    tiny_masked,
    tiny_pixel,
    write_pixart,
    write_stable_diffusion,
)
from tests.imagine.tune.world import SHORT, captioned, differs, matcher, run, watch


class PowerCut(Exception):
    pass


@pytest.mark.parametrize("build", [tiny_latent, tiny_pixel, tiny_masked])
def test_a_tuning_leaves_a_generator_sheets_and_figures(build: object, tmp_path: Path) -> None:
    generator = build()  # type: ignore[operator]
    tuning = run(generator, tmp_path)
    assert tuning is not None and [each.step for each in tuning.measured] == [0, 2, 4, 6]
    assert {path.name for path in (tmp_path / "sheets").iterdir()} == {
        f"step-{step:06d}.png" for step in (0, 2, 4, 6)
    }
    work = Work(tmp_path)
    finish(build(), replace(tuning, step=6, picked=True), work)  # type: ignore[operator]
    again = open_generator(work.tuned, WordReader())
    assert differs(again, build())  # type: ignore[operator]
    card = (work.tuned / "README.md").read_text()
    assert ("noise offset 0.1" in card) == (build is not tiny_masked) == ("offset" in card)
    assert "| 6 (taken) |" in card and "picked by a person" in card
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["step"] == 6 and told["picked_by_a_person"]
    assert (tmp_path / "curve.png").stat().st_size > 10_000
    assert all("loss" in row for row in read_rows(work.training / "curve.csv"))


@pytest.mark.parametrize("write", [write_stable_diffusion, write_pixart])
def test_other_checkpoints_are_tuned_with_lora_and_merged(write: object, tmp_path: Path) -> None:
    folder = write(tmp_path / "base")  # type: ignore[operator]
    config = replace(SHORT, steps=2, lora=2, rate=0.05, checkpointing=True, accumulate=2)
    first = open_generator(folder)
    tuning = run(first, tmp_path / "work", config)
    assert tuning is not None
    finish(open_generator(folder), replace(tuning, step=2), Work(tmp_path / "work"))
    tuned = open_generator(tmp_path / "work" / "tuned")
    base = open_generator(folder)
    assert [n for n, _ in tuned.network.named_parameters()] == [
        n for n, _ in base.network.named_parameters()
    ]
    assert differs(tuned, base)
    few = SampleConfig(2, 2.0)
    drawn = [each.sample(["a red apple"], [3], few) for each in (tuned, base)]
    assert not torch.equal(*drawn)


@pytest.mark.parametrize("lora", [0, 2])
def test_a_killed_tuning_ends_like_one_that_was_not(lora: int, tmp_path: Path) -> None:
    config = replace(SHORT, lora=lora)
    whole = run(tiny_latent(), tmp_path / "whole", config)

    def cut(measures: Measures, verdict: Verdict) -> None:
        if measures.step == 4:
            raise PowerCut

    with pytest.raises(PowerCut):
        run(tiny_latent(), tmp_path / "cut", config, Telling(measures=cut))
    assert run(tiny_latent(), tmp_path / "cut", config) == whole
    ends = [open_generator(tmp_path / name / "tuned", WordReader()) for name in ("whole", "cut")]
    assert not differs(*ends)
    assert (tmp_path / "cut" / "measured.csv").read_text() == (
        tmp_path / "whole" / "measured.csv"
    ).read_text()


def test_it_stops_early_and_says_why(tmp_path: Path) -> None:
    stop = StopConfig(1.0, 1.0, 0.0, patience=1, gain=1.0)
    tuning = run(tiny_pixel(), tmp_path, replace(SHORT, stop=stop))
    assert tuning is not None and [each.step for each in tuning.measured] == [0, 2, 4]
    assert "gained less" in tuning.verdict.reason
    assert run(tiny_pixel(), tmp_path, replace(SHORT, stop=stop)) == tuning


def test_minutes_that_run_out_are_no_end(tmp_path: Path) -> None:
    assert run(tiny_pixel(), tmp_path, SHORT, Telling(minutes=0)) is None
    assert [each.step for each in read_measures(Work(tmp_path))] == [0]
    telling = Telling(origin=Origin("a model", "discs", "CC0"), minutes=0)
    run(tiny_pixel(), tmp_path, SHORT, telling)
    tuning = read_tuning(Work(tmp_path))  # what --pick takes from it is all there
    assert (tuning.count, tuning.origin, tuning.verdict.best) == (24, telling.origin, 0)
    assert run(tiny_pixel(), tmp_path) is not None


def changed(generator: Generator) -> Generator:
    with torch.no_grad():
        next(generator.network.parameters()).add_(0.1)
    return generator


def test_a_checkpoint_of_ones_choice(tmp_path: Path) -> None:
    run(tiny_pixel(), tmp_path)
    tuning = read_tuning(Work(tmp_path))
    assert tuning.config == SHORT
    with pytest.raises(OptionError, match="Pick one of: 0, 2, 4, 6"):
        finish(tiny_pixel(), replace(tuning, step=3), Work(tmp_path))
    with pytest.raises(DataError, match="of another network"):
        finish(tiny_latent(), replace(tuning, step=2), Work(tmp_path))
    with pytest.raises(DataError, match="holds no"):
        read_tuning(Work(tmp_path / "none"))


def test_a_pick_on_the_way_holds_at_the_end(tmp_path: Path) -> None:
    run(tiny_pixel(), tmp_path, SHORT, Telling(minutes=0))
    finish(tiny_pixel(), replace(read_tuning(Work(tmp_path)), picked=True), Work(tmp_path))
    tuning = run(tiny_pixel(), tmp_path)
    assert tuning is not None and (tuning.step, tuning.picked) == (0, True)
    assert tuning.measured[-1].step == 6
    assert not differs(open_generator(Work(tmp_path).tuned, WordReader()), tiny_pixel())


def test_too_few_watched_pictures_are_those_that_cannot_tell_the_margin() -> None:
    def told(count: int, margin: float) -> str:
        registered = replace(watch().registration, prompts=("a", "b"), seeds=tuple(range(count)))
        return unsure_of(replace(watch(), registration=registered), StopConfig(margin))

    assert told(8, 0.02).startswith("16 watched pictures tell faithfulness to about 24 points, and")
    assert told(48, 0.02) and not told(49, 0.02)
    assert not told(8, 0.05) and told(48, 0.0)


def test_other_settings_need_another_folder(tmp_path: Path) -> None:
    short = replace(SHORT, steps=2)
    run(tiny_pixel(), tmp_path, short, Telling(minutes=0))
    with pytest.raises(
        OptionError, match=r"with other settings \(rate 0.001, not 1.0, seed 0, not"
    ):
        run(tiny_pixel(), tmp_path, replace(short, seed=5, rate=1.0))
    with pytest.raises(OptionError, match=r"with other settings \(another generator\)"):
        run(changed(tiny_pixel()), tmp_path, short)
    with pytest.raises(OptionError, match=r"with other settings \(another generator\)"):
        run(tiny_pixel(NoiseConfig()), tmp_path, short)
    with pytest.raises(OptionError, match=r"\(other pictures\)"):
        tune(tiny_pixel(), captioned(8, 20), watch(), short, Work(tmp_path))
    given, other = captioned(8), replace(matcher(), seen_mean=matcher().seen_mean + 1)
    with pytest.raises(OptionError, match=r"\(another matcher\)"):
        tune(tiny_pixel(), given, replace(watch(), matcher=other), short, Work(tmp_path))


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left"), shutil.Error([("a", "b", "[Errno 28] No space left")])],
)
def test_a_full_disk_leaves_the_generator_that_was_there(
    error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tiny_pixel(), tmp_path, replace(SHORT, steps=2), Telling(minutes=0))
    work = Work(tmp_path)
    before = read_tuning(work)
    finish(tiny_pixel(), before, work)
    card = (work.tuned / "README.md").read_text()

    def fill_up(generator: Generator, folder: Path, half: bool = False) -> None:
        (folder / "unet").mkdir()
        (folder / "unet" / "model.safetensors").write_bytes(b"cut")
        raise error

    monkeypatch.setattr(DiffusionGenerator, "save", fill_up)
    with pytest.raises(OutputError, match=r"No space left\)\. Free some space"):
        finish(tiny_pixel(), replace(before, picked=True), work)
    assert (work.tuned / "README.md").read_text() == card
    assert not differs(open_generator(work.tuned, WordReader()), tiny_pixel())
    assert [path.name for path in tmp_path.glob("tuned*")] == ["tuned"]


@pytest.mark.parametrize(
    ("looks", "step", "picked", "said"),
    [
        ((0.5, 0.4), 0, False, "model itself, as nothing within the limits looked better"),
        ((0.5, 0.6), 2, False, "Step 2 was kept, the best within the limits; tuning ended because"),
        ((0.5, 0.6), 0, True, r"Step 0 was picked by a person \(the measured best: 2\)"),
        ((0.5, 0.6), 0, False, "Step 0 was kept; tuning ended because all steps were taken"),
    ],
)
def test_what_was_chosen_is_said(
    looks: tuple[float, ...], step: int, picked: bool, said: str
) -> None:
    measured = tuple(Measures(2 * i, look, 0.5, 1.0, 0.0) for i, look in enumerate(looks))
    config = replace(SHORT, steps=2)
    verdict = decide(measured, config.stop)
    tuning = Tuning(config, Origin("m", "p"), 24, (), measured, verdict, step, picked)
    assert re.search(said, chosen(tuning)) and "gains" not in chosen(tuning) + to_json(tuning)


def test_a_diversity_that_nobody_knows_is_null() -> None:
    measured = (Measures(0, 0.5, 0.5, float("nan"), 0.0),)
    verdict = decide(measured, SHORT.stop)
    tuning = Tuning(SHORT, Origin("m", "p"), 24, (), measured, verdict, 0)
    assert (
        json.loads(to_json(tuning), parse_constant=pytest.fail)["measured"][0]["diversity"] is None
    )


def test_too_few_pictures_and_pictures_of_the_judge_are_refused(tmp_path: Path) -> None:
    generator = tiny_pixel()
    with pytest.raises(DataError, match="There are 5 captioned pictures"):
        tune(generator, captioned(8, 5), watch(), SHORT, Work(tmp_path))
    known = captioned(8)
    seen = replace(selection_judge(), hashes=frozenset(known.hashes))
    with pytest.raises(DataError, match="was fitted on 24 of these pictures"):
        tune(generator, known, replace(watch(), judge=seen), SHORT, Work(tmp_path))


def test_a_reporting_judge_does_not_select() -> None:
    with pytest.raises(OptionError, match="reports and must not select"):
        Watch(watch().registration, reporting_judge(), matcher())  # type: ignore[arg-type]
    for prompts, concepts in ((("a red apple",), ()), (("apple", "an apple"), ("apple", "apple"))):
        registered = Registration("Apples", prompts, (1, 2), concepts=concepts)
        with pytest.raises(OptionError, match="One concept"):
            Watch(registered, selection_judge(), matcher())
    assert SelectionJudge.role == "selection" and discs(range(1), True).shape[0] == 1


@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), OptionError, "--accumulate 2"),
        (MemoryError(), OptionError, "takes more memory"),
        (
            RuntimeError("DefaultCPUAllocator: 9 GB"),
            OptionError,
            "--checkpointing",
        ),
        (OSError(28, "No space left on device"), OutputError, "Free some space"),
    ],
)
def test_a_machine_that_runs_out_says_what_to_do(
    raised: Exception, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said), kept_work(SHORT):
        raise raised
    with pytest.raises(RuntimeError, match="shapes"), kept_work(SHORT):
        raise RuntimeError("shapes differ")


def test_a_card_names_a_model_not_where_on_a_disk_it_lies(tmp_path: Path) -> None:
    (tmp_path / "sdxl" / "model").mkdir(parents=True)
    assert name_of(str(tmp_path / "sdxl" / "model")) == "sdxl/model"
    assert name_of("someone/sdxl") == "someone/sdxl"
