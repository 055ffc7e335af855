"""Votes between two arms, counted: wins, ties and losses apart, and what they allow to be said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054  # of the normal distribution, 95 % lie within so many deviations


@dataclass(frozen=True)
class Tally:
    """How many votes the first arm won, tied and lost."""

    wins: int
    ties: int
    losses: int

    @property
    def votes(self) -> int:
        """All of them."""
        return self.wins + self.ties + self.losses

    @property
    def win_rate(self) -> float:
        """Share of votes for the first arm, a tie being half a vote for each."""
        assert self.votes, "no votes have no rate"
        return (self.wins + self.ties / 2) / self.votes

    @property
    def turned(self) -> "Tally":
        """The same votes, told of the second arm."""
        return Tally(self.losses, self.ties, self.wins)


@dataclass(frozen=True)
class Interval:
    """From where to where a share lies, with 95 % confidence."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of the distance between its ends."""
        return (self.high - self.low) / 2


def tally_of(scores: Sequence[float]) -> Tally:
    """The tally of votes that are 1 (won), 1/2 (tied) or 0 (lost)."""
    wins, losses = scores.count(1.0), scores.count(0.0)
    return Tally(wins, len(scores) - wins - losses, losses)


def wilson(share: float, votes: int) -> Interval:
    """The interval of a share of independent votes.

    The share may hold halves: a tie varies less than a win and a loss, so the interval is then
    wider than it need be, never narrower.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).
    """
    assert 0 <= share <= 1 and votes > 0
    square = Z95**2
    middle = (share + square / (2 * votes)) / (1 + square / votes)
    spread = share * (1 - share) / votes + square / (4 * votes**2)
    half = Z95 / (1 + square / votes) * math.sqrt(spread)
    return Interval(min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def votes_for(half_width: float, share: float = 0.5) -> int:
    """The fewest votes of this share whose Wilson interval has at most this half-width.

    With m = votes + z^2 and v = share (1 - share), the half-width h of the interval obeys
    h^2 m^2 = z^2 v m + z^4 (1/4 - v); this is its root.
    """
    assert 0 < half_width < 0.5 and 0 <= share <= 1
    square, variance = Z95**2, share * (1 - share)
    root = math.sqrt(variance**2 + half_width**2 * (1 - 4 * variance))
    exact = square * (variance + root) / (2 * half_width**2) - square
    return max(1, math.ceil(exact - 1e-9))


def votes_missing(tally: Tally, half_width: float) -> int:
    """How many more votes, if they fall like those so far, bring the rate within half_width."""
    share = tally.win_rate if tally.votes else 0.5
    return max(0, votes_for(half_width, share) - tally.votes)
