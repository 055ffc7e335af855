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
    seeds: Sequence[int],
    against: float = 0.5,
    resample_seed: int = 0,
) -> WinRate:
    """The rate over all pairs, with the interval of a bootstrap over prompts and seeds.

    Prompts are drawn again with all their pairs; where the prompts share two seeds or more, the
    seeds are drawn again too, independently, and a pair weighs what its prompt's and its seed's
    draws come to. That widens the interval rather too much than too little. Where all pairs end
    alike it is Wilson's, of as many prompts. With one prompt nothing is known of others, and the
    interval is everything.

    Source: Owen, The Pigeonhole Bootstrap (2007), section 3.
    """
    assert len(outcomes) == len(prompts) == len(seeds) > 0
    tally = tally_of([float(each) for each in outcomes])
    names = len(set(prompts))
    if len(set(outcomes.tolist())) == 1 and names > 1:
        return _all_alike(tally, names, against)
    rates = _resampled(outcomes, prompts, seeds, resample_seed)
    if names == 1 or not len(rates):
        return WinRate(tally, tally.win_rate, Interval(0.0, 1.0), against, 1.0, names)
    low, high = np.percentile(rates, [2.5, 97.5])
    below, above = (rates <= against).mean(), (rates >= against).mean()
    p = min(1.0, 2 * max(float(min(below, above)), 1 / len(rates)))
    interval = Interval(float(low), float(high))
    return WinRate(tally, tally.win_rate, interval, against, p, names)


def _all_alike(tally: Tally, prompts: int, against: float) -> WinRate:
    """Where every pair ended alike, resamples know no doubt: the prompts are counted instead."""
    rate = tally.win_rate
    chance = {1.0: against, 0.0: 1 - against}.get(rate, 1.0)
    p = min(1.0, 2 * chance**prompts)
    return WinRate(tally, rate, wilson(rate, prompts), against, p, prompts)


def _resampled(
    outcomes: Outcomes, prompts: Sequence[str], seeds: Sequence[int], resample_seed: int
) -> Float[np.ndarray, " r"]:
    """The rate in each resample that any pair is left in."""
    random = np.random.default_rng(resample_seed)
    rows, columns = _index(prompts), _index(seeds)
    sums, counts = np.zeros((2, rows.max() + 1, columns.max() + 1))
    np.add.at(sums, (rows, columns), outcomes)
    np.add.at(counts, (rows, columns), 1)
    of_prompt = _draws(len(sums), random)
    of_seed = np.ones((1, sums.shape[1]))
    if _are_crossed(prompts, seeds):
        of_seed = _draws(sums.shape[1], random)
    won, total = (((of_prompt @ table) * of_seed).sum(1) for table in (sums, counts))
    return np.asarray(won[total > 0] / total[total > 0])


def _index(names: Sequence[str] | Sequence[int]) -> Int[np.ndarray, " n"]:
    return np.asarray(np.unique(np.asarray(names), return_inverse=True)[1])


def _draws(clusters: int, random: np.random.Generator) -> Float[np.ndarray, "r k"]:
    """How often each cluster is drawn, in each resample."""
    return random.multinomial(clusters, np.full(clusters, 1 / clusters), RESAMPLES).astype(float)


def _are_crossed(prompts: Sequence[str], seeds: Sequence[int]) -> bool:
    """Whether several prompts share several seeds."""
    per_seed: dict[int, set[str]] = {}
    for prompt, seed in zip(prompts, seeds, strict=True):
        per_seed.setdefault(seed, set()).add(prompt)
    return sum(len(found) > 1 for found in per_seed.values()) > 1
