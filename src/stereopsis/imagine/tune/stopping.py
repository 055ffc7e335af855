"""The early stop: which checkpoint is best within the limits, and whether to go on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stereopsis.imagine.tune.config import StopConfig


@dataclass(frozen=True)
class Measures:
    """What is measured of a checkpoint on fixed prompts and seeds; step 0 is before tuning.

    `look` is the mean probability of the target look by the selection judge; `faithful`, the share
    of pictures whose concept the matcher finds; `diversity`, the mean feature distance between
    pictures of one prompt, NaN with single seeds; `memorised`, the share that repeats a tuning
    picture.
    """

    step: int
    look: float
    faithful: float
    diversity: float
    memorised: float


@dataclass(frozen=True)
class Verdict:
    """The best step so far, whether tuning ends here, and why it does, for people."""

    best: int
    ends: bool
    reason: str


def decide(measured: Sequence[Measures], config: StopConfig) -> Verdict:
    """The verdict on a tuning so far, whose first measurement is the pre-trained model.

    The best checkpoint has the most target look of all that keep the limits, the earliest of them
    where several have. The pre-trained model is one of them. Loss has no say.
    """
    assert measured and measured[0].step == 0
    base, tuned = measured[0], measured[1:]
    within = [base, *(each for each in tuned if not broken(each, base, config))]
    best = max(within, key=lambda each: (each.look, -each.step)).step
    latest = tuned[-config.breaks :]
    if len(latest) == config.breaks and all(broken(each, base, config) for each in latest):
        what = broken(latest[-1], base, config)
        return Verdict(best, True, f"{what} at {config.breaks} measurements in a row")
    if _has_settled(tuned, base, config):
        reason = f"the look gained less than {config.gain:g} over {config.patience} measurements"
        return Verdict(best, True, reason)
    return Verdict(best, False, "")


def broken(measures: Measures, base: Measures, config: StopConfig) -> str:
    """Which limit a checkpoint breaks, in words; "" if none."""
    if measures.faithful < base.faithful - config.faithfulness_margin:
        return f"faithfulness fell below {base.faithful - config.faithfulness_margin:.3f}"
    if measures.memorised > config.most_memorised:
        return f"more than {config.most_memorised:.3f} of the pictures repeat tuning pictures"
    if measures.diversity < config.least_diversity * base.diversity:  # never where it is NaN
        return f"diversity fell below {config.least_diversity * base.diversity:.3f}"
    return ""


def _has_settled(tuned: Sequence[Measures], base: Measures, config: StopConfig) -> bool:
    """Whether the last few brought no more look within the limits than those before them had."""
    before, latest = (
        max((each.look for each in part if not broken(each, base, config)), default=-math.inf)
        for part in (tuned[: -config.patience], tuned[-config.patience :])
    )
    return before > -math.inf and latest < before + config.gain
