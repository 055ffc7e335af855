"""Intervals of a mean over prompts: what hangs together is drawn again together."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from stereopsis.imagine.votes.tally import Interval, wilson

RESAMPLES = 4000


def mean_interval(
    values: Float[np.ndarray, " n"],
    prompts: Sequence[str],
    groups: Sequence[int] | None = None,
    span: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """95 % of the mean of values within the span, by a bootstrap over prompts and groups.

    A group is a seed, or a tuning that drew some seeds; without groups, only prompts hang together.
    Prompts are drawn again with all their values; where the prompts share two groups or more, the
    groups are drawn again too, independently, and a value weighs what its prompt's and its group's
    draws come to. One fewer is drawn than there are, or the spread of a few groups would come out
    too small. Where all values are alike the interval is Wilson's, of as many prompts. With one
    prompt nothing is known of others, and it is the whole span.

    Where prompts differ much, or groups are many, that widens the interval rather too much than too
    little. With three groups that differ much, and pairs that hardly do, it is too narrow: it
    reaches little further than from the least group to the greatest. Of 120 prompts with 6 seeds, a
    rate of 0.9 and a standard deviation of 0.045 between groups, about nine in ten intervals cover
    the truth; where nothing but the groups differs, three in four.

    Sources: Owen, The Pigeonhole Bootstrap (2007), section 3; Rao and Wu, Resampling Inference with
    Complex Survey Data (1988), for one fewer.
    """
    means = resampled_means(values, prompts, groups)
    return interval_of(values, means, len(set(prompts)), span)


def interval_of(
    values: Float[np.ndarray, " n"],
    means: Float[np.ndarray, " r"],
    prompts: int,
    span: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """The interval that mean_interval() tells, by the means of resamples of so many prompts."""
    low, high = span
    if prompts == 1 or not len(means):
        return Interval(low, high)
    if len(set(values.tolist())) == 1:  # resamples know no doubt: the prompts are counted instead
        share = wilson((float(values[0]) - low) / (high - low), prompts)
        return Interval(low + (high - low) * share.low, low + (high - low) * share.high)
    return Interval(*map(float, np.percentile(means, [2.5, 97.5])))


def resampled_means(
    values: Float[np.ndarray, " n"],
    prompts: Sequence[str],
    groups: Sequence[int] | None = None,
    seed: int = 0,
) -> Float[np.ndarray, " r"]:
    """The mean in each resample that any value is left in."""
    groups = [0] * len(values) if groups is None else groups
    assert len(values) == len(prompts) == len(groups) > 0
    random = np.random.default_rng(seed)
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
