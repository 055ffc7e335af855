"""Simulated annotators: what people of two kinds might say of a picture of known quality.

They stand in for people only where the true quality is known, and are to be named as simulated.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Annotator:
    """Sees the quality with so much noise, keeps what seems good enough, and slips at times.

    A slip answers at random. Whoever sees text, a mark or something offensive in a picture drops
    it.
    """

    noise: float
    at_least: float
    slips: float

    def keeps(self, q: float, is_marred: bool, random: np.random.Generator) -> bool:
        """Whether this annotator would keep the picture."""
        seen = q + random.normal(0, self.noise)
        if random.random() < self.slips:
            return bool(random.random() < 0.5)
        return seen >= self.at_least and not is_marred


GENERALIST = Annotator(noise=0.12, at_least=0.70, slips=0.04)  # loses few needles
SPECIALIST = Annotator(noise=0.03, at_least=0.90, slips=0.01)  # keeps little hay


def share_of_keeps(
    annotator: Annotator, q: float, is_marred: bool, people: int, random: np.random.Generator
) -> float:
    """The share of so many simulated annotators of a kind that keep the picture."""
    return sum(annotator.keeps(q, is_marred, random) for _ in range(people)) / people


def likes(q: float, random: np.random.Generator) -> int:
    """How often a picture is liked where it is shown: a noisy sign of its quality."""
    return int(np.exp(random.normal(1 + 3 * q, 1.0)))
