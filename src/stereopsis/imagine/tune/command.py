"""What the command does: opens what it is given, tunes, or takes the checkpoint of one's choice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers
import transformers

from stereopsis.errors import DataError
from stereopsis.imagine.captioned import read_captioned
from stereopsis.imagine.judge.command import own_commit
from stereopsis.imagine.judge.judge import SelectionJudge
from stereopsis.imagine.judge.judge_file import read_judge
from stereopsis.imagine.judge.matcher_file import open_matcher
from stereopsis.imagine.judge.registration import read_registration
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.tune.config import StopConfig, TuneConfig
from stereopsis.imagine.tune.kept_work import kept_work
from stereopsis.imagine.tune.report import Origin, Tuning
from stereopsis.imagine.tune.run import Telling, finish, tune
from stereopsis.imagine.tune.stopping import Verdict
from stereopsis.imagine.tune.watch import Watch
from stereopsis.imagine.tune.work import Work, read_measures


@dataclass(frozen=True)
class Given:
    """What a tuning starts from, by name."""

    model: str
    pictures: tuple[Path, ...]
    judge: Path
    matcher: str
    prompts: Path
    device: str = "cpu"


def run(given: Given, config: TuneConfig, folder: Path, telling: Telling) -> dict[str, Any]:
    """What came of the tuning, for people and programs.

    Raises:
        StereopsisError: something given cannot be used, or memory or disk ran out.
    """
    watch = Watch(
        read_registration(given.prompts),
        read_judge(given.judge, SelectionJudge),
        open_matcher(given.matcher),
    )
    with kept_work(config):
        generator = _opened(given)
    pictures = read_captioned(given.pictures, generator.side)
    telling = replace(telling, origin=replace(telling.origin, commit=own_commit()))
    work = Work(folder)
    return _told(tune(generator, pictures, watch, config, work, telling), work)


def take(given: Given, folder: Path, step: int) -> dict[str, Any]:
    """As run(), of a folder that was tuned before and a step that a person chose.

    Raises:
        OptionError: that step has no checkpoint.
        DataError: the folder holds no tuning, or one of another model.
    """
    work = Work(folder)
    before = read_tuning(work)
    tuning = replace(before, step=step, picked=True)
    finish(_opened(given), tuning, work)
    return _told(tuning, work)


def read_tuning(work: Work) -> Tuning:
    """The tuning in a folder, over or on its way.

    Raises:
        DataError: the folder holds none.
    """
    mend = "Name the folder of a tuning, or leave --pick away to start one."
    measured = tuple(read_measures(work))
    try:
        settings = json.loads((work.path / "settings.json").read_text(encoding="utf-8"))
        stop = StopConfig(**settings["config"].pop("stop"))
        config = TuneConfig(**settings["config"], stop=stop)
        report = work.path / "report.json"
        told = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{work.path} holds no tuning.", mend) from error
    if not measured:
        raise DataError(f"{work.path} holds no measurements.", mend)
    origin = Origin(**told["origin"]) if told else Origin("a generator", "pictures")
    best, reason = int(told.get("best", 0)), str(told.get("reason", "it was not over"))
    verdict = Verdict(best, bool(told), reason)
    left_out = tuple(told.get("left_out", ()))
    return Tuning(config, origin, int(told.get("pictures", 0)), left_out, measured, verdict, best)


def _opened(given: Given) -> Generator:
    """The generator; the bars that its libraries would draw beside ours are switched off."""
    switched: Sequence[Any] = (diffusers.utils.logging, transformers.utils.logging)
    for each in switched:
        each.disable_progress_bar()
    return open_generator(given.model, device=given.device)


def _told(tuning: Tuning | None, work: Work) -> dict[str, Any]:
    if tuning is None:
        return {"generator": None, "step": None, "reason": "the minutes are used up"}
    reason = "picked by a person" if tuning.picked else tuning.verdict.reason
    return {
        "generator": str(work.tuned),
        "step": tuning.step,
        "reason": reason,
        "left_out": list(tuning.left_out),
        "sheets": str(work.path / "sheets"),
    }
