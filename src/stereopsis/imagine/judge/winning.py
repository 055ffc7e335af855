"""Win rates of one arm over another: pictures of the same prompt and seed, compared by a judge."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from stereopsis.imagine.votes.tally import Interval, Tally, tally_of, wilson

RESAMPLES = 4000
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
    rates = _resampled(outcomes, prompts, groups, resample_seed)
    interval = _interval_of(outcomes, rates, names, (0.0, 1.0))
    if names == 1 or not len(rates):
        p = 1.0
    elif len(set(outcomes.tolist())) == 1:
        chance = {1.0: against, 0.0: 1 - against}.get(tally.win_rate, 1.0)
        p = min(1.0, 2 * chance**names)
    else:
        below, above = (rates <= against).mean(), (rates >= against).mean()
        p = min(1.0, 2 * max(float(min(below, above)), 1 / len(rates)))
    return WinRate(tally, tally.win_rate, interval, against, p, names)


def mean_interval(
    values: Float[np.ndarray, " n"],
    prompts: Sequence[str],
    groups: Sequence[int],
    span: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """95 % of the mean of values within the span, by a bootstrap over prompts and groups.

    A group is a seed, or a tuning that drew some seeds. Prompts are drawn again with all their
    values; where the prompts share two groups or more, the groups are drawn again too,
    independently, and a value weighs what its prompt's and its group's draws come to. That widens
    the interval rather too much than too little. One fewer is drawn than there are, or the spread
    of a few groups would come out too small. Where all values are alike the interval is Wilson's,
    of as many prompts. With one prompt nothing is known of others, and it is the whole span.

    Sources: Owen, The Pigeonhole Bootstrap (2007), section 3; Rao and Wu, Resampling Inference with
    Complex Survey Data (1988), for one fewer.
    """
    rates = _resampled(values, prompts, groups, 0)
    return _interval_of(values, rates, len(set(prompts)), span)


def _interval_of(
    values: Float[np.ndarray, " n"],
    rates: Float[np.ndarray, " r"],
    names: int,
    span: tuple[float, float],
) -> Interval:
    low, high = span
    if names == 1 or not len(rates):
        return Interval(low, high)
    if len(set(values.tolist())) == 1:  # resamples know no doubt: the prompts are counted instead
        share = wilson((float(values[0]) - low) / (high - low), names)
        return Interval(low + (high - low) * share.low, low + (high - low) * share.high)
    return Interval(*map(float, np.percentile(rates, [2.5, 97.5])))


def _resampled(
    values: Float[np.ndarray, " n"],
    prompts: Sequence[str],
    groups: Sequence[int],
    resample_seed: int,
) -> Float[np.ndarray, " r"]:
    """The mean in each resample that any value is left in."""
    assert len(values) == len(prompts) == len(groups) > 0
    random = np.random.default_rng(resample_seed)
    rows, columns = _index(prompts), _index(groups)
    sums, counts = np.zeros((2, rows.max() + 1, columns.max() + 1))
    np.add.at(sums, (rows, columns), values)
    np.add.at(counts, (rows, columns), 1)
    of_prompt = _draws(len(sums), random)
    of_group = np.ones((1, sums.shape[1]))
    if _are_crossed(prompts, groups):
        of_group = _draws(sums.shape[1], random)
    total, count = (((of_prompt @ table) * of_group).sum(1) for table in (sums, counts))
    return np.asarray(total[count > 0] / count[count > 0])


def _index(names: Sequence[str] | Sequence[int]) -> Int[np.ndarray, " n"]:
    return np.asarray(np.unique(np.asarray(names), return_inverse=True)[1])


def _draws(clusters: int, random: np.random.Generator) -> Float[np.ndarray, "r k"]:
    """How often each cluster is drawn, in each resample."""
    drawn = max(1, clusters - 1)
    return random.multinomial(drawn, np.full(clusters, 1 / clusters), RESAMPLES).astype(float)


def _are_crossed(prompts: Sequence[str], groups: Sequence[int]) -> bool:
    """Whether several prompts share several groups."""
    per_group: dict[int, set[str]] = {}
    for prompt, group in zip(prompts, groups, strict=True):
        per_group.setdefault(group, set()).add(prompt)
    return sum(len(found) > 1 for found in per_group.values()) > 1
