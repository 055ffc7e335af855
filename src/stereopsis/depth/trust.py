"""Trust: how likely it is, by all that was seen, that stereo depth beats a guess from one eye."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from stereopsis.depth.dense_evidence import DenseEvidence
from stereopsis.depth.evidence import Evidence

THRESHOLD = 0.5  # stereo is used from here on
SIDES_COUNT = 3.0  # what the sides of hidden parts say, against what the mono network says
SWAPPED = -0.15  # what both say of swapped pairs, at most

# Fitted to which was nearer the truth, pair by pair: runs/decision.sh prints such lines. They were
# kept when near pairs were mended: on trials made since they err no more than those fitted anew,
# which were judged on scenes that they did not know.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "constant": -14.91,
        "density": 4.35,
        "coverage": 6.80,
        "sure": 8.64,
        "mono": 1.07,
        "sides": 19.39,
    }
)


def trust(evidence: Evidence, dense: DenseEvidence) -> float:
    """The probability that stereo is nearer the truth than mono, 0..1.

    A logistic regression over measures of which each stays within bounds, so that no single one
    decides alone.
    """
    found = measures(evidence, dense)
    score = WEIGHTS["constant"] + sum(WEIGHTS[name] * value for name, value in found.items())
    return float(1 / (1 + np.exp(-score)))


def measures(evidence: Evidence, dense: DenseEvidence) -> dict[str, float]:
    """What the regression looks at.

    The rows' residual is not among them: wherever enough matched, it was small.
    """
    return {
        "density": evidence.density,
        "coverage": evidence.coverage,
        "sure": dense.sure,
        "mono": dense.mono,
        "sides": float(np.clip(dense.sides, -0.2, 0.2)),
    }


def looks_swapped(dense: DenseEvidence) -> bool:
    """Whether the left picture seems to be the right eye's: near things then move the wrong way.

    The mono network alone cannot say it: it is wrong about pictures that are upside down. In all of
    runs/decision.sh's swapped pairs the sides say so too, or there are too few to tell.
    """
    agreed = dense.mono < 0 and dense.sides <= 0
    return agreed and dense.mono + SIDES_COUNT * dense.sides < SWAPPED
