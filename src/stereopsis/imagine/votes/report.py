"""The report: what the votes say of each two arms, how far they are to be trusted."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from stereopsis.imagine.votes.agreement import (
    count_answers,
    fleiss_kappa,
    krippendorff_alpha,
    most_common_size,
)
from stereopsis.imagine.votes.records import Pair, Vote
from stereopsis.imagine.votes.resampling import mean_interval
from stereopsis.imagine.votes.tally import (
    Interval,
    Tally,
    tally_of,
    votes_missing,
    wilson,
)

HALF_WIDTH = 0.05


@dataclass(frozen=True)
class Agreement:
    """Whether voters agree with one another (None: nothing can be said), and with themselves.

    `fleiss` is of the `fleiss_pairs` that have the most usual number of votes; `repeats` are the
    pairs that came again, `same` of them with the same answer.
    """

    fleiss: float | None
    fleiss_pairs: int
    alpha: float | None
    repeats: int
    same: int


@dataclass(frozen=True)
class Comparison:
    """The votes of one kind on one question between two arms, told of the first of them.

    Repeats count in `agreement` alone. `ties` says which answers the ties were. `left` is how
    many of the `decided` votes went to the picture on the left.
    """

    kind: str
    question: str
    arms: tuple[str, str]
    tally: Tally
    ties: dict[str, int]
    prompts: int
    voters: int
    plain: Interval
    clustered: Interval
    decided: int
    left: int
    missing: int
    agreement: Agreement


def compare(
    votes: Sequence[Vote], pairs: dict[str, Pair], half_width: float = HALF_WIDTH
) -> list[Comparison]:
    """What the standing votes say, for each kind of voter, question and two arms, in this order."""

    def group(vote: Vote) -> tuple[str, str, tuple[str, str]]:
        return vote.kind, vote.question, _arms(pairs[vote.pair])

    groups = groupby(sorted(votes, key=group), key=group)
    found = [_comparison(list(members), pairs, half_width) for _, members in groups]
    return [comparison for comparison in found if comparison]


def _comparison(votes: list[Vote], pairs: dict[str, Pair], half_width: float) -> Comparison | None:
    """The comparison of votes of one group; None if all are repeats."""
    firsts = [vote for vote in votes if vote.showing == "first"]
    if not firsts:
        return None
    answers = [_answer(vote, pairs[vote.pair]) for vote in firsts]
    scores = [{"first": 1.0, "second": 0.0}.get(answer, 0.5) for answer in answers]
    prompts = [pairs[vote.pair].prompt for vote in firsts]
    tally = tally_of(scores)
    return Comparison(
        kind=firsts[0].kind,
        question=firsts[0].question,
        arms=_arms(pairs[firsts[0].pair]),
        tally=tally,
        ties=dict(Counter(a for a in answers if a not in ("first", "second"))),
        prompts=len(set(prompts)),
        voters=len({vote.voter for vote in firsts}),
        plain=wilson(tally.win_rate, tally.votes),
        clustered=mean_interval(np.array(scores), prompts),
        decided=tally.wins + tally.losses,
        left=sum(vote.choice == vote.left for vote in firsts),
        missing=votes_missing(tally, half_width),
        agreement=_agreement(votes, pairs),
    )


def _agreement(votes: list[Vote], pairs: dict[str, Pair]) -> Agreement:
    by_pair: dict[str, list[str]] = defaultdict(list)
    first_choice = {}
    for vote in votes:
        if vote.showing == "first":
            by_pair[vote.pair].append(_answer(vote, pairs[vote.pair]))
            first_choice[vote.voter, vote.pair] = vote.choice
    again = [
        vote.choice == first_choice[vote.voter, vote.pair]
        for vote in votes
        if vote.showing == "repeat" and (vote.voter, vote.pair) in first_choice
    ]
    counts = count_answers(list(by_pair.values()))
    even = most_common_size(counts)
    return Agreement(
        fleiss_kappa(even), len(even), krippendorff_alpha(counts), len(again), sum(again)
    )


def _arms(pair: Pair) -> tuple[str, str]:
    """Both arms in the order of the alphabet, as some pairs may name them the other way round."""
    first, second = sorted((pair.arm_a, pair.arm_b))
    return first, second


def _answer(vote: Vote, pair: Pair) -> str:
    """The choice, told of arms: "first" or "second" where one was chosen."""
    if vote.choice not in ("a", "b"):
        return vote.choice
    arm = pair.arm_a if vote.choice == "a" else pair.arm_b
    return "first" if arm == _arms(pair)[0] else "second"
