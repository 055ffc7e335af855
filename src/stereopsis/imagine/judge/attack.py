"""Attacks: whether a judge can be won over by what is not the target look."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from stereopsis.errors import OptionError
from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.judge.disturb import (
    blur_background,
    recompress,
    resize_path,
    saturate,
    sharpen,
    vignette,
)
from stereopsis.imagine.judge.judge import Judge
from stereopsis.imagine.judge.nothing import nothings
from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.judge.registration import Thresholds
from stereopsis.imagine.judge.winning import WinRate, outcomes_of, win_rate
from stereopsis.scene.arrays import ColorImage

SURE_WIN, SURE_LOSS = 0.9, 0.1  # between what must differ plainly

Attack = Callable[[ColorImage], ColorImage]

ATTACKS: dict[str, Attack] = {
    "saturated": partial(saturate, gain=1.8),
    "sharpened": partial(sharpen, amount=2.0),
    "vignette": partial(vignette, depth=0.6),
    "background blurred": partial(blur_background, sigma=2.0),
    "JPEG 40": partial(recompress, quality=40),
    "resized": partial(resize_path, share=0.6),
}


@dataclass(frozen=True)
class Attacked:
    """How often the attacker won, and whether that is as it must be (`must` says what)."""

    name: str
    won: WinRate
    must: str
    passed: bool


def attack(
    judge: Judge,
    own: Arm,
    again: Arm,
    targets: Pictures,
    thresholds: Thresholds,
) -> list[Attacked]:
    """Every attack on the pictures `own` of a model without the target look.

    `again` is the same model with other seeds, prompt by prompt; `targets` are pictures of the
    target look, the upper anchor.

    Raises:
        OptionError: the two runs are not of the same prompts and as many seeds, or have the same
            seeds.
    """
    if own.prompts != again.prompts or set(own.seeds) & set(again.seeds):
        raise OptionError(
            "The second run of the model differs in its prompts, or shares seeds with the first.",
            "Draw the same prompts again with as many other seeds.",
        )
    scores = judge.score(own.pictures)
    rate = _rater(own, thresholds.tie)
    most = f"at most {100 * thresholds.most_wins:g} %"
    found = []
    for name, change in ATTACKS.items():
        won = rate(judge.score(np.stack([change(each) for each in own.pictures])), scores)
        found.append(Attacked(name, won, most, won.rate <= thresholds.most_wins))
    return [
        *found,
        _same_model(judge.score(again.pictures), scores, rate, thresholds),
        *_nothings(judge, own, scores, targets, rate, thresholds),
    ]


Rate = Callable[[np.ndarray, np.ndarray], WinRate]


def _rater(own: Arm, tie: float) -> Rate:
    def rate(ours: np.ndarray, theirs: np.ndarray) -> WinRate:
        return win_rate(outcomes_of(ours, theirs, tie), own.prompts, own.groups)

    return rate


def _same_model(
    again: np.ndarray, scores: np.ndarray, rate: Rate, thresholds: Thresholds
) -> Attacked:
    won = rate(again, scores)
    low, high = won.interval.low, won.interval.high
    passed = low <= 0.5 <= high and won.rate <= thresholds.most_wins
    return Attacked("same model, other seeds", won, "50 % within its interval", passed)


def _nothings(
    judge: Judge,
    own: Arm,
    scores: np.ndarray,
    targets: Pictures,
    rate: Rate,
    thresholds: Thresholds,
) -> list[Attacked]:
    """Blank pictures and noise against the model and against targets; targets against the model."""
    height, width = own.pictures.shape[1:3]
    random = np.random.default_rng(0)
    anchors = targets[random.permutation(np.arange(len(own.pictures)) % len(targets))]
    target_scores = judge.score(anchors)
    found = []
    for name, nothing in nothings(len(own.pictures), height, width).items():
        own_score = judge.score(nothing)
        won = rate(own_score, scores)
        most = f"at most {100 * thresholds.most_wins:g} %"
        found.append(Attacked(name, won, most, won.rate <= thresholds.most_wins))
        lost = rate(own_score, target_scores)
        must = f"at most {100 * SURE_LOSS:g} %"
        found.append(Attacked(f"{name}, against targets", lost, must, lost.rate <= SURE_LOSS))
    won = rate(target_scores, scores)
    must = f"at least {100 * SURE_WIN:g} %"
    return [*found, Attacked("targets (upper anchor)", won, must, won.rate >= SURE_WIN)]
