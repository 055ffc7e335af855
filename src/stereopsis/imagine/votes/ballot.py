"""Ballots: which pair a voter sees when, on which sides, and which pairs come again."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stereopsis.imagine.votes.records import Question, Side

REPEATS = 0.1  # share of the pairs that come again
LEAST_GAP = 5  # ballots from a pair to its repeat, at least
WIDEST_GAP = 25


@dataclass(frozen=True)
class Ballot:
    """One showing of a pair to a voter; `token` is all that the browser learns of it."""

    token: str
    voter: str
    question: Question
    pair: str
    showing: str
    left: str
    place: int

    def picture(self, side: Side) -> str:
        """Which picture of the pair, "a" or "b", stands on this side."""
        return self.left if side == "left" else _other(self.left)

    def choice(self, pressed: str) -> str:
        """The choice that pressing "left" or "right" makes; any other is as it is."""
        if pressed == "left" or pressed == "right":
            return self.picture("left" if pressed == "left" else "right")
        return pressed


def deal(
    voter: str,
    question: Question,
    pairs: Sequence[str],
    generator: np.random.Generator,
    repeats: float = REPEATS,
) -> list[Ballot]:
    """Every pair once, in random order and on random sides, and some a second time, turned round.

    A repeat follows its first showing after 5 to 25 other ballots; pairs too near the end for
    that do not come again. Tokens are drawn from the system, so nothing follows from them.
    """
    order = generator.permutation(len(pairs))
    sides = generator.integers(0, 2, len(pairs))
    firsts = [
        Ballot(secrets.token_urlsafe(12), voter, question, pairs[index], "first", "ab"[side], 0)
        for index, side in zip(order, sides, strict=True)
    ]
    room = max(0, len(pairs) - LEAST_GAP)
    again = generator.permutation(room)[: round(repeats * len(pairs))]
    gaps = generator.integers(LEAST_GAP, WIDEST_GAP + 1, len(again))
    placed = [(float(place), ballot) for place, ballot in enumerate(firsts)]
    placed += [
        (min(place + gap, len(pairs) - 1) + 0.5, _again(firsts[place]))
        for place, gap in zip(again, gaps, strict=True)
    ]
    placed.sort(key=lambda each: each[0])
    return [replace(ballot, place=place) for place, (_, ballot) in enumerate(placed)]


def _again(ballot: Ballot) -> Ballot:
    token = secrets.token_urlsafe(12)
    return replace(ballot, token=token, showing="repeat", left=_other(ballot.left))


def _other(picture: str) -> str:
    return "b" if picture == "a" else "a"
