"""Win rates of one arm over another: pictures of the same prompt and seed, compared by a judge."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from stereopsis.imagine.votes.resampling import interval_of, resampled_means
from stereopsis.imagine.votes.tally import Interval, Tally, tally_of

TIE = 0.05  # of probability: what differs by less is a tie

Outcomes = Float[np.ndarray, " n"]  # 1 won, 1/2 tied, 0 lost


@dataclass(frozen=True)
class WinRate:
    """Wins, ties and losses, the rate with a tie as half, its interval, and a p-value.

    `interval` has 95 %; `p` is of the hypothesis that the true rate is `against`, two-sided.
    """

    tally: Tally
    rate: float
    interval: Interval
    against: float
    p: float
    prompts: int


def outcomes_of(
    ours: Float[np.ndarray, " n"], theirs: Float[np.ndarray, " n"], tie: float = TIE
) -> Outcomes:
    """Who won each pair, by the judge's scores of both."""
    off = ours - theirs
    return np.where(np.abs(off) < tie, 0.5, (off > 0).astype(float))


def win_rate(
    outcomes: Outcomes,
    prompts: Sequence[str],
    groups: Sequence[int],
    against: float = 0.5,
    resample_seed: int = 0,
) -> WinRate:
    """The rate over all pairs, with its interval, as mean_interval() has it.

    Where all pairs end alike, `p` is of as many prompts, not pairs.
    """
    tally = tally_of([float(each) for each in outcomes])
    names = len(set(prompts))
    rates = resampled_means(outcomes, prompts, groups, resample_seed)
    interval = interval_of(outcomes, rates, names)
    if names == 1 or not len(rates):
        p = 1.0
    elif len(set(outcomes.tolist())) == 1:
        chance = {1.0: against, 0.0: 1 - against}.get(tally.win_rate, 1.0)
        p = min(1.0, 2 * chance**names)
    else:
        below, above = (rates <= against).mean(), (rates >= against).mean()
        p = min(1.0, 2 * max(float(min(below, above)), 1 / len(rates)))
    return WinRate(tally, tally.win_rate, interval, against, p, names)
