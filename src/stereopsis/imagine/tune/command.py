"""What the command does: opens what it is given, tunes, or takes the checkpoint of one's choice."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers
import transformers

from stereopsis.errors import DataError, OutputError
from stereopsis.imagine.captioned import read_captioned
from stereopsis.imagine.judge.command import own_commit
from stereopsis.imagine.judge.judge import SelectionJudge
from stereopsis.imagine.judge.judge_file import read_judge
from stereopsis.imagine.judge.matcher_file import open_matcher
from stereopsis.imagine.judge.registration import read_registration
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.processes import local_device
from stereopsis.imagine.signed import read_settings
from stereopsis.imagine.sources import PICTURES, check_there
from stereopsis.imagine.tune.config import StopConfig, TuneConfig
from stereopsis.imagine.tune.kept_work import kept_work
from stereopsis.imagine.tune.report import Tuning, basis_from_json, chosen
from stereopsis.imagine.tune.run import Telling, finish, other_network, tune
from stereopsis.imagine.tune.stopping import decide
from stereopsis.imagine.tune.watch import Watch
from stereopsis.imagine.tune.work import WHAT, Work, read_measures


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
    _check_places(given, Work(folder))
    _check_pictures(given)
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
        OutputError: it cannot be written, or lies within the model.
    """
    work = Work(folder)
    _check_places(given, work)
    before = read_tuning(work)
    tuning = replace(before, step=step, picked=True)
    with kept_work(before.config):
        generator = _opened(given)
    if generator.digest != read_settings(work.path, WHAT).get("generator"):
        raise other_network(work)
    finish(generator, tuning, work)
    return _told(tuning, work)


def read_tuning(work: Work) -> Tuning:
    """The tuning in a folder, over or on its way.

    Raises:
        DataError: the folder holds none.
    """
    settings = read_settings(work.path, WHAT)["config"]
    measured = tuple(read_measures(work))
    try:
        stop = StopConfig(**settings.pop("stop"))
        config = TuneConfig(**settings, stop=stop)
        origin, count, left_out = basis_from_json(work.basis.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"The tuning in {work.path} is damaged.", "Tune again.") from error
    if not measured:
        raise DataError(f"{work.path} holds no measurements.", "Leave --pick away to go on.")
    verdict = decide(measured, stop)
    return Tuning(config, origin, count, left_out, measured, verdict, verdict.best)


def _check_places(given: Given, work: Work) -> None:
    """Nothing, if no result would lie within the model, or take its place.

    Raises:
        OutputError: one would.
    """
    model, folder = Path(given.model).resolve(), work.path.resolve()
    within = model in (folder, *folder.parents) or work.tuned.resolve() in (model, *model.parents)
    if os.path.isdir(model) and within:
        raise OutputError(
            f"Results in {work.path} would change the model in {given.model}.",
            "Name a folder outside of it with -o.",
        )


def _check_pictures(given: Given) -> None:
    """Nothing, if pictures are given in a way that says what they show.

    Raises:
        DataError: one is given by itself, or what is given is not there.
    """
    for path in given.pictures:
        check_there(path)
        if path.suffix.lower() in PICTURES and not os.path.isdir(path):
            raise DataError(f"{path} is a single picture.", "Name the folder that it lies in.")


def _opened(given: Given) -> Generator:
    """The generator; the bars that its libraries would draw beside ours are switched off."""
    switched: Sequence[Any] = (diffusers.utils.logging, transformers.utils.logging)
    for each in switched:
        each.disable_progress_bar()
    return open_generator(given.model, device=local_device(given.device))


def _told(tuning: Tuning | None, work: Work) -> dict[str, Any]:
    if tuning is None:
        return {"generator": None, "step": None, "reason": "The minutes are used up."}
    return {
        "generator": str(work.tuned),
        "step": tuning.step,
        "reason": chosen(tuning) + _way_back(tuning),
        "left_out": list(tuning.left_out),
        "sheets": str(work.path / "sheets"),
    }


def _way_back(tuning: Tuning) -> str:
    """How to undo a pick, as a sentence; "" if there is nothing to undo."""
    best = tuning.verdict.best
    if not tuning.picked or tuning.step == best:
        return ""
    return f" It stays until another --pick; --pick {best} takes the measured best."
