import json
import shutil
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.captioned import Captioned
from stereopsis.imagine.judge.backbone import BackboneConfig
from stereopsis.imagine.judge.claims import Claim
from stereopsis.imagine.judge.fit import JudgeConfig, TrainingSet, fit_judge
from stereopsis.imagine.judge.judge import ReportingJudge
from stereopsis.imagine.judge.memory import memorised_share
from stereopsis.imagine.judge.pictures import stacked
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.models.diffusion import NoiseConfig
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.models.pixel import PixelConfig
from stereopsis.imagine.sources import without_concepts
from stereopsis.imagine.study.materials import Materials, choose, read_picked
from stereopsis.imagine.study.report import study_files
from stereopsis.imagine.study.run import (
    BASE,
    Setting,
    _drawn,
    memories_of,
    run_study,
    share_of,
    tune_once,
)
from stereopsis.imagine.study.treatments import (
    COUNTS,
    TOO_LONG,
    Question,
    Treatment,
    treatments,
)
from stereopsis.imagine.tune.command import read_tuning
from stereopsis.imagine.tune.config import MOST_STEPS, TuneConfig
from stereopsis.imagine.tune.run import Telling, finish
from stereopsis.imagine.tune.work import Work, read_pick
from tests.imagine.curate.haystack import write_parquet
from tests.imagine.judge.worlds import FACTS, disc, discs, file_hashes, labelled, png
from tests.imagine.models.tiny import WordReader, tiny_pixel
from tests.imagine.tune.world import LOOSE, matcher, watch

QUICK = TuneConfig(steps=4, batch=4, rate=1e-3, warmup=1, every=2, precision="fp32", stop=LOOSE)
SIDE = tiny_pixel().side


@lru_cache(maxsize=1)
def reporting_judge() -> ReportingJudge:
    """On another backbone than the selection judge's, as a study demands."""
    config = JudgeConfig(BackboneConfig("lite0", 48), copies=1)
    return fit_judge(ReportingJudge, TrainingSet(labelled(range(1000, 1040))), config, FACTS)


def set_of(first: int, count: int, shaded: bool, word: str = "disc") -> Captioned:
    pictures = stacked(list(discs(range(first, first + count), shaded)), SIDE)
    captions = tuple(f"{word} {k}" for k in range(count))
    return Captioned(pictures, captions, hashes=file_hashes(pictures))


def materials(seeds: tuple[int, ...] = (5, 6)) -> Materials:
    mixed = [set_of(5000, 20, False), set_of(6000, 5, True)]
    pool = Captioned(
        np.concatenate([each.pictures for each in mixed]),
        mixed[0].captions + mixed[1].captions,
        hashes=mixed[0].hashes + mixed[1].hashes,
    )
    claims = (Claim("picked", BASE, 0.85, 0.75), Claim("picked", "random"))
    registered = Registration(
        "A tiny study", ("a black plum", "a white egg"), seeds, claims, steps=2
    )
    picked = set_of(7000, 16, True)
    corrupted = replace(picked, captions=tuple("wrong" for _ in picked.captions))
    unasked = set_of(8000, 9, False).pictures
    learned = replace(pool, pictures=np.concatenate([pool.pictures, unasked]))
    return Materials(
        learned, pool, picked, corrupted, watch(), registered, reporting_judge(), matcher()
    )


def opened(tuned: Path | None) -> Generator:
    return tiny_pixel() if tuned is None else open_generator(tuned, WordReader())


def test_what_others_are_as_long_as_comes_first() -> None:
    for question in get_args(Question):
        planned = treatments(question, 12, QUICK)
        names = [each.name for each in planned]
        assert len(set(names)) == len(names) >= 1
        for place, each in enumerate(planned):
            assert not each.as_long_as or each.as_long_as in names[:place]
    assert [each.count for each in treatments("count", 12, QUICK)] == [*COUNTS, None]


def test_a_control_lasts_as_long_and_does_not_stop() -> None:
    over = treatments("overtraining", 12, TuneConfig())[1]
    assert over.lasting(30).steps == 30 * TOO_LONG
    assert replace(over, config=QUICK).lasting(30).steps == 30 * TOO_LONG > QUICK.steps
    assert over.lasting(10**6).steps == MOST_STEPS
    random = treatments("picking", 12, QUICK)[1].lasting(3)
    assert (random.steps, random.every) == (3, 3) and random.stop.patience > 1000


def test_smaller_sets_are_parts_of_larger_ones_and_seeds_change_them() -> None:
    found = materials()

    def rows(kind: str, count: int | None, seed: int = 0) -> set[bytes]:
        chosen = choose(Treatment("it", kind, count), found, seed)  # type: ignore[arg-type]
        return {picture.tobytes() for picture in chosen.pictures}

    assert rows("picked", 4) < rows("picked", 9) < rows("picked", None)
    assert rows("random", 4) != rows("random", 4, seed=1)
    assert rows("top", 5) == {picture.tobytes() for picture in found.pool.pictures[20:]}
    with pytest.raises(DataError, match="needs 26 pictures, and there are 25"):
        choose(Treatment("it", "random", 26), found, 0)
    wrong = choose(Treatment("it", "corrupted", 4), found, 0)
    assert wrong.captions == ("wrong",) * 4


def test_a_study_reports_on_all_treatments_and_does_nothing_twice(tmp_path: Path) -> None:
    planned = treatments("picking", 12, QUICK)[:2]
    heard: list[str] = []

    def telling(name: str) -> Telling:
        heard.append(name)
        return Telling()

    setting = Setting(2, opened, telling)
    study = run_study(planned, materials(), setting, tmp_path)
    assert study is not None and list(study.arms) == [BASE, "picked", "random"]
    assert study.steps["random"] == tuple(max(1, step) for step in study.steps["picked"])
    assert len(heard) == 4 and heard[0] == "picked, tuning 1 of 2"
    files = study_files(study, tmp_path)
    text = files[tmp_path / "report.md"].decode()
    assert "0 human votes" in text and "spread of tunings" not in text
    assert set(study.arms["random"].groups) == {0, 1}
    told = json.loads(files[tmp_path / "report.json"])
    assert set(told["tunings"]) == {"picked", "random"}
    for name in ("arms.png", "before-after.png", "claims.png"):
        assert files[tmp_path / name].startswith(b"\x89PNG")
    drawn = {path: path.stat().st_mtime_ns for path in (tmp_path / "arms").iterdir()}
    assert len(drawn) == 2 + 4  # the pre-trained model twice, and each tuning
    again = run_study(planned, materials(), setting, tmp_path)
    assert again is not None and again.by_tuning == study.by_tuning
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in drawn.items())
    shutil.rmtree(tmp_path / "tunings")
    other = treatments("picking", 12, replace(QUICK, rate=1e-2))[:2]
    fresh = run_study(other, materials(), setting, tmp_path)
    assert fresh is not None
    assert (fresh.arms[BASE].pictures == study.arms[BASE].pictures).all()
    assert (fresh.arms["random"].pictures != study.arms["random"].pictures).any()


def test_a_study_takes_no_step_that_a_person_picked(tmp_path: Path) -> None:
    treatment, setting = treatments("picking", 12, QUICK)[0], Setting(2, opened)
    work = Work(tmp_path)
    best = tune_once(treatment, materials(), setting, work, (0, None))
    other = 4 if best != 4 else 2
    finish(opened(None), replace(read_tuning(work), step=other, picked=True), work)
    assert read_pick(work) == other
    assert tune_once(treatment, materials(), setting, work, (0, None)) == best
    assert read_pick(work) is None


def test_what_was_drawn_with_other_noise_is_drawn_again(tmp_path: Path) -> None:
    registered = materials().registration
    noises = [PixelConfig().noise, NoiseConfig(), PixelConfig().noise]
    settings = [Setting(2, lambda tuned, noise=each: tiny_pixel(noise)) for each in noises]
    drawn = [_drawn(each, None, registered, tmp_path / BASE).pictures for each in settings]
    assert (drawn[0] != drawn[1]).any() and (drawn[0] == drawn[2]).all()
    assert len(list(tmp_path.iterdir())) == 2


def test_an_arm_remembers_what_it_was_tuned_on() -> None:
    found, planned = materials(), treatments("picking", 6, QUICK)
    memories = memories_of(planned, found, Setting(2, opened))
    assert list(memories) == [BASE, "picked", "random", "top", "more"]
    base = memories[BASE]
    assert memorised_share(found.learned.pictures, base) == 1
    assert len(memories["more"].averages) < len(base.averages)  # of which it may not see all
    for treatment in planned:
        for seed in range(2):
            seen = choose(treatment, found, seed).pictures
            assert memorised_share(seen, memories[treatment.name]) == 1
            others = [memories[name] for name in ("picked", "top") if name != treatment.name]
            assert all(memorised_share(seen, each) < 1 for each in others)


def test_each_tuning_draws_its_share_of_the_seeds() -> None:
    registered = materials((5, 6, 7, 8)).registration
    shares = [share_of(registered, turn, 2).seeds for turn in range(2)]
    assert shares == [(5, 7), (6, 8)]


def test_the_spread_of_a_single_tuning_is_unknown_and_its_seeds_are_drawn_again(
    tmp_path: Path,
) -> None:
    study = run_study(
        treatments("picking", 12, QUICK)[:2], materials(), Setting(1, opened), tmp_path
    )
    assert study is not None
    assert study.arms["picked"].groups == study.arms[BASE].groups == (5, 6, 5, 6)
    text = study_files(study, tmp_path)[tmp_path / "report.md"].decode()
    assert "the spread of tunings is unknown" in text


def test_bad_plans_are_refused(tmp_path: Path) -> None:
    planned = treatments("picking", 12, QUICK)
    with pytest.raises(OptionError, match="3 seeds cannot be shared by 2 tunings"):
        run_study(planned, materials((1, 2, 3)), Setting(2, opened), tmp_path)
    found = materials()
    with pytest.raises(DataError, match="prompts are watched"):
        replace(found, registration=replace(found.registration, prompts=("A red Apple",)))
    with pytest.raises(DataError, match="would be tuned on: A black plum"):
        replace(found, picked=replace(found.picked, captions=("A black plum",) * 16))
    asked = replace(found.registration, concepts=("plum", "egg"))
    for caption in ("A black plum, fruit", "Plum", "egg, food"):
        for name in ("picked", "pool"):
            told: Captioned = getattr(found, name)
            with pytest.raises(DataError, match=f"would be tuned on: {caption}"):
                shown = replace(told, captions=(caption, *told.captions[1:]))
                replace(found, registration=asked, **{name: shown})  # type: ignore[arg-type]
    with pytest.raises(DataError, match="1 of the report's prompts are watched"):
        replace(found, registration=replace(asked, concepts=("A red Apple", "egg")))
    with pytest.raises(DataError, match="Not the same pictures"):
        replace(found, corrupted=set_of(7001, 16, True))
    with pytest.raises(DataError, match="fitted on"):
        seen = set_of(0, 12, True)
        replace(found, picked=replace(seen, hashes=file_hashes(discs(range(12), True))))


def test_picked_pictures_of_the_reports_concepts_are_left_out(tmp_path: Path) -> None:
    captions = ["red disc", "Plum, fruit", "blue disc", "green disc"]
    concepts = ["disc", "disc", "Egg", "disc"]
    cells = [
        {"image": png(disc(k, True)), "caption": told, "concept": concept, "noisy": f"plum, {k}"}
        for k, (told, concept) in enumerate(zip(captions, concepts, strict=True))
    ]
    shard = write_parquet(tmp_path / "picked.parquet", cells)
    asked = Registration("It", ("a black plum", "a white egg"), (1,), concepts=("plum", "egg"))
    picked, corrupted = read_picked([shard], SIDE, without_concepts(asked.names), "noisy")
    assert picked.captions == ("red disc", "green disc")
    assert corrupted is not None and corrupted.captions == ("plum, 0", "plum, 3")
    assert corrupted.hashes == picked.hashes
    assert read_picked([shard], SIDE, lambda row: True)[1] is None


def test_minutes_that_run_out_are_told(tmp_path: Path) -> None:
    setting = Setting(2, opened, lambda name: Telling(minutes=0))
    assert run_study(treatments("captions", 12, QUICK), materials(), setting, tmp_path) is None
