"""A table of claims: each win rate against its target, all of them tested together."""

from collections.abc import Sequence
from dataclasses import dataclass

from stereopsis.imagine.judge.winning import WinRate

LEVEL = 0.05


@dataclass(frozen=True)
class Claim:
    """That one arm beats another: the rate that is wished for, and above what its interval lies."""

    ours: str
    theirs: str
    target: float = 0.5
    above: float = 0.5


@dataclass(frozen=True)
class Tested:
    """A claim with what was found; `p` is corrected for all claims of its table."""

    claim: Claim
    found: WinRate
    p: float

    @property
    def holds(self) -> bool:
        """Whether rate, interval and corrected p-value all bear it out."""
        is_reached = self.found.rate >= self.claim.target
        is_sure = self.found.interval.low > self.claim.above
        return is_reached and is_sure and self.found.rate > 0.5 and self.p < LEVEL


def weigh_claims(claims: Sequence[Claim], found: Sequence[WinRate]) -> list[Tested]:
    """Each claim with its p-value corrected by Holm."""
    corrected = holm([each.p for each in found])
    pairs = zip(claims, found, corrected, strict=True)
    return [Tested(claim, each, p) for claim, each, p in pairs]


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values, corrected so that the chance of any false alarm among them keeps its level.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979).
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected = [0.0] * len(p_values)
    worst = 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = worst
    return corrected
