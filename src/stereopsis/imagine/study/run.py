"""Runs the treatments of a question, each from several seeds, and reports on them together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stereopsis.errors import OptionError
from stereopsis.imagine.captioned import Captioned
from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.judge.command import second_run
from stereopsis.imagine.judge.draw import draw_arm
from stereopsis.imagine.judge.human import NO_VOTES, HumanVotes
from stereopsis.imagine.judge.memory import Memory, remember
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.judge.report import Grounds, Report, make_report
from stereopsis.imagine.judge.winning import outcomes_of
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.study.materials import Materials, choose
from stereopsis.imagine.study.treatments import Treatment
from stereopsis.imagine.tune.run import Telling, finish, tune
from stereopsis.imagine.tune.work import Work, write_pictures

BASE, AGAIN = "pre-trained", "pre-trained again"

Open = Callable[[Path | None], Generator]  # the pre-trained model, or the tuned one in a folder


@dataclass(frozen=True)
class Setting:
    """How often each treatment is tuned, how models are opened, and who hears of a tuning."""

    tunings: int
    open: Open
    telling: Callable[[str], Telling] = lambda name: Telling()
    votes: HumanVotes = NO_VOTES


@dataclass(frozen=True)
class Study:
    """What came of it: the report, and of each treatment the step and the rate of each tuning.

    `by_tuning` are win rates over the pre-trained model, whose spread is that of tunings.
    """

    report: Report
    arms: dict[str, Arm]
    steps: dict[str, tuple[int, ...]]
    by_tuning: dict[str, tuple[float, ...]]


def run_study(
    treatments: Sequence[Treatment], materials: Materials, setting: Setting, folder: Path
) -> Study | None:
    """The study; None if the minutes of a tuning ran out before its end.

    Each tuning draws its share of the registered seeds, so that an arm holds every prompt with
    every seed and its interval the spread of tunings. What is in the folder is not done again.

    Raises:
        OptionError: the registered seeds cannot be shared out.
        StereopsisError: a tuning cannot be done.
    """
    registration = materials.registration
    if len(registration.seeds) % setting.tunings:
        raise OptionError(
            f"{len(registration.seeds)} seeds cannot be shared by {setting.tunings} tunings.",
            "Register a multiple of them.",
        )
    steps: dict[str, list[int]] = {}
    arms = {BASE: _drawn(setting, None, registration, folder / "arms" / BASE)}
    for treatment in treatments:
        parts: list[Arm] = []
        for seed in range(setting.tunings):
            work = Work(folder / "tunings" / f"{treatment.name}-{seed}")
            before = steps[treatment.as_long_as][seed] if treatment.as_long_as else None
            step = tune_once(treatment, materials, setting, work, (seed, before))
            if step is None:
                return None
            steps.setdefault(treatment.name, []).append(step)
            part = folder / "arms" / f"{treatment.name}-{seed}"
            share = share_of(registration, seed, setting.tunings)
            parts.append(_drawn(setting, work.tuned, share, part))
        arms[treatment.name] = joined(parts, registration)
    again = second_run(registration, True)
    grounds = Grounds(
        materials.judge,
        materials.matcher,
        setting.open(None).as_drawn(materials.picked.pictures),
        BASE,
        _drawn(setting, None, again, folder / "arms" / AGAIN),
        setting.votes,
        memories_of(treatments, materials, setting),
    )
    report = make_report(registration, arms, grounds)
    return Study(
        report,
        arms,
        {name: tuple(each) for name, each in steps.items()},
        rates_by_tuning(arms, materials, setting.tunings),
    )


def tune_once(
    treatment: Treatment,
    materials: Materials,
    setting: Setting,
    work: Work,
    turn: tuple[int, int | None],
) -> int | None:
    """The step whose generator lies in `work.tuned`; None if the minutes ran out before.

    `turn` is the seed, and the step that the treatment is as long as, if it is.
    """
    seed, before = turn
    config = treatment.config if before is None else treatment.lasting(max(1, before))
    config = replace(config, seed=seed)
    generator = setting.open(None)
    pictures = choose(treatment, materials, seed)
    name = f"{treatment.name}, tuning {seed + 1} of {setting.tunings}"
    tuning = tune(generator, pictures, materials.watch, config, work, setting.telling(name))
    if tuning is None:
        return None
    step = tuning.verdict.best if before is None else config.steps
    if tuning.step != step or tuning.picked:  # a study takes no step that a person picked
        tuning = replace(tuning, step=step, picked=False)
        finish(setting.open(None), tuning, work)
    return tuning.step


def memories_of(
    treatments: Sequence[Treatment], materials: Materials, setting: Setting
) -> dict[str, Memory]:
    """Of each arm, the pictures that its models learned, as they could draw them."""
    model = setting.open(None)

    def memory(*sets: Captioned) -> Memory:
        different = np.unique(np.concatenate([each.pictures for each in sets]), axis=0)
        return remember(model.as_drawn(different))

    found = {BASE: memory(materials.learned)}
    for treatment in treatments:
        chosen = [choose(treatment, materials, seed) for seed in range(setting.tunings)]
        found[treatment.name] = memory(*chosen)
    return found


def share_of(registration: Registration, turn: int, turns: int) -> Registration:
    """The registration with the seeds that the tuning of this turn draws."""
    return replace(registration, seeds=registration.seeds[turn::turns])


def joined(parts: Sequence[Arm], registration: Registration) -> Arm:
    """The arm that the tunings' shares make up, in the order of the registration.

    Of one tuning it names none: the pictures of a seed hang together then, as everywhere.
    """
    found = {
        pair: (picture, tuning)
        for tuning, part in enumerate(parts)
        for pair, picture in zip(
            zip(part.prompts, part.seeds, strict=True), part.pictures, strict=True
        )
    }
    prompts, seeds = zip(*registration.pairs, strict=True)
    pictures, tunings = zip(*(found[pair] for pair in registration.pairs), strict=True)
    return Arm(np.stack(pictures), prompts, seeds, tunings if len(parts) > 1 else ())


def rates_by_tuning(
    arms: Mapping[str, Arm], materials: Materials, tunings: int
) -> dict[str, tuple[float, ...]]:
    """Of each arm's tunings, the win rate over the pre-trained model."""
    base = materials.judge.score(arms[BASE].pictures)
    tie = materials.registration.thresholds.tie
    found = {}
    for name, arm in arms.items():
        if name == BASE:
            continue
        outcomes = outcomes_of(materials.judge.score(arm.pictures), base, tie)
        turn = np.array([materials.registration.seeds.index(each) % tunings for each in arm.seeds])
        found[name] = tuple(float(outcomes[turn == k].mean()) for k in range(tunings))
    return found


def _drawn(setting: Setting, model: Path | None, registration: Registration, name: Path) -> Arm:
    """The registered pictures of a model, kept beside `name`; drawn but once by the same one."""
    generator = setting.open(model)
    path = name.with_name(f"{name.name}-{registration.digest}-{generator.digest}.npz")
    if not path.exists():
        write_pictures(path, draw_arm(generator, registration))
    prompts, seeds = zip(*registration.pairs, strict=True)
    with np.load(path) as file:
        return Arm(file["pictures"], prompts, seeds)
