"""The final report: what the reporting judge, the matcher and people say of registered arms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.judge.area import check_floor
from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.judge.attack import Attacked, attack
from stereopsis.imagine.judge.backbone import Features
from stereopsis.imagine.judge.claims import Tested, weigh_claims
from stereopsis.imagine.judge.faithfulness import Choices, retrieved
from stereopsis.imagine.judge.human import NO_VOTES, HumanVotes
from stereopsis.imagine.judge.judge import ReportingJudge
from stereopsis.imagine.judge.matcher import Matching
from stereopsis.imagine.judge.memory import Memory, memorised_share, remember
from stereopsis.imagine.judge.photography import Photography, mean_photography
from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.judge.variety import diversity
from stereopsis.imagine.judge.winning import WinRate, outcomes_of, win_rate
from stereopsis.imagine.votes.resampling import mean_interval
from stereopsis.imagine.votes.tally import Interval

Arms = Mapping[str, Arm]


@dataclass(frozen=True)
class Measure:
    """A share over all pictures, and its 95 % interval over prompts and seeds or tunings."""

    share: float
    interval: Interval


@dataclass(frozen=True)
class ArmFacts:
    """What is said of one arm by itself.

    `look` is its target-look rate: the share of pictures that the judge takes for the target look.
    `memorised` is the share of them that repeat a tuning picture.
    """

    look: Measure
    faithful: Measure
    diversity: float
    memorised: float
    photography: Photography


@dataclass(frozen=True)
class Lost:
    """How much less often one arm's pictures show the right concept than another's.

    It is negative where they do oftener. Where both arms are the same pictures, it is known to be
    0: such arms are of one model, whatever the prompts.
    """

    share: float
    interval: Interval
    same_pictures: bool


@dataclass(frozen=True)
class Report:
    """All of it; `lost` is how much faithfulness each claim's first arm lost against its second."""

    registration: Registration
    judge: ReportingJudge
    arms: dict[str, ArmFacts]
    claims: tuple[Tested, ...]
    lost: tuple[Lost, ...]
    attacks: tuple[Attacked, ...]
    votes: HumanVotes


@dataclass(frozen=True)
class Grounds:
    """What a report stands on besides the arms.

    `targets` are the tuning pictures as the model would draw them, whose look and copies are spoken
    of; an arm that has `memories` of its own may have copied others. `again` is the arm named
    `base` with other seeds, for the attacks.
    """

    judge: ReportingJudge
    matcher: Matching
    targets: Pictures
    base: str
    again: Arm
    votes: HumanVotes = NO_VOTES
    memories: Mapping[str, Memory] = field(default_factory=dict)


def make_report(registration: Registration, arms: Arms, grounds: Grounds) -> Report:
    """The report on arms that were drawn as registered.

    Raises:
        OptionError: the judge does not report, or a claim names an arm that is not there.
        DataError: the judge is below its floor, or an arm has other prompts or seeds.
    """
    if not isinstance(grounds.judge, ReportingJudge):
        raise OptionError(
            "A judge that selects must not report.", "Give a reporting judge, fitted apart."
        )
    check_floor(grounds.judge.area, registration.thresholds.area_floor)
    _check_arms(registration, arms, grounds.base)
    scores = {name: grounds.judge.score(arm.pictures) for name, arm in arms.items()}
    hits = {name: _hits(registration, arm, grounds) for name, arm in arms.items()}
    found = [_won(scores, arms, claim.ours, claim.theirs, registration)
             for claim in registration.claims]  # fmt: skip
    lost = [_lost(hits, arms, claim.ours, claim.theirs) for claim in registration.claims]
    base, known = arms[grounds.base], remember(grounds.targets)

    def facts(name: str) -> ArmFacts:
        memory = grounds.memories.get(name, known)
        return _facts(arms[name], scores[name], hits[name], grounds.judge.look, memory)

    return Report(
        registration,
        grounds.judge,
        {name: facts(name) for name in arms},
        tuple(weigh_claims(registration.claims, found)),
        tuple(lost),
        tuple(attack(grounds.judge, base, grounds.again, grounds.targets, registration.thresholds)),
        grounds.votes,
    )


def _check_arms(registration: Registration, arms: Arms, base: str) -> None:
    named = {name for claim in registration.claims for name in (claim.ours, claim.theirs)}
    for name in sorted(named | {base}):
        if name not in arms:
            raise OptionError(f"There is no arm {name}.", f"Give one of: {', '.join(arms)}.")
    for name, arm in arms.items():
        if list(zip(arm.prompts, arm.seeds, strict=True)) != registration.pairs:
            raise DataError(
                f"The arm {name} was not drawn as registered.", "Draw every prompt with every seed."
            )


def _hits(registration: Registration, arm: Arm, grounds: Grounds) -> Float[np.ndarray, " n"]:
    """For each picture, 1 where the right concept was found, else 0."""
    concepts = registration.concepts or registration.prompts
    concept_of = dict(zip(registration.prompts, concepts, strict=True))
    choices = Choices(concepts, registration.thresholds.candidates)
    wanted = [concept_of[prompt] for prompt in arm.prompts]
    return retrieved(grounds.matcher, arm.pictures, wanted, choices).astype(float)


def _facts(
    arm: Arm,
    scores: Float[np.ndarray, " n"],
    hits: Float[np.ndarray, " n"],
    look: Callable[[Pictures], Features],
    known: Memory,
) -> ArmFacts:
    features = look(arm.pictures)
    return ArmFacts(
        look=_measured((scores > 0.5).astype(float), arm),
        faithful=_measured(hits, arm),
        diversity=diversity(features, arm.prompts),
        memorised=memorised_share(arm.pictures, known),
        photography=mean_photography(arm.pictures),
    )


def _won(
    scores: Mapping[str, Float[np.ndarray, " n"]],
    arms: Arms,
    ours: str,
    theirs: str,
    registration: Registration,
) -> WinRate:
    outcomes = outcomes_of(scores[ours], scores[theirs], registration.thresholds.tie)
    return win_rate(outcomes, arms[ours].prompts, arms[ours].groups)


def _lost(hits: Mapping[str, Float[np.ndarray, " n"]], arms: Arms, ours: str, theirs: str) -> Lost:
    if np.array_equal(arms[ours].pictures, arms[theirs].pictures):
        return Lost(0.0, Interval(0.0, 0.0), True)
    values, arm = hits[theirs] - hits[ours], arms[ours]
    interval = mean_interval(values, arm.prompts, arm.groups, (-1.0, 1.0))
    return Lost(float(values.mean()), interval, False)


def _measured(values: Float[np.ndarray, " n"], arm: Arm) -> Measure:
    return Measure(float(values.mean()), mean_interval(values, arm.prompts, arm.groups))
