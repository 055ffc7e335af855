"""Trust: how likely it is, by all that was seen, that stereo depth beats a guess from one eye."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from stereopsis.depth.dense_evidence import DenseEvidence
from stereopsis.depth.evidence import Evidence

THRESHOLD = 0.5  # stereo is used from here on
SIDES_COUNT = 3.0  # what the sides of hidden parts say, against what the mono network says

# Fitted to which was nearer the truth, pair by pair: runs/decision.sh prints these lines.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "constant": 0.0,
        "residual": -1.0,
        "agreement": 1.0,
        "coverage": 1.0,
        "sure": 4.0,
        "kept": 2.0,
        "mono": 2.0,
        "sides": 4.0,
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
    """What the regression looks at."""
    return {
        "residual": float(np.clip(np.log2(evidence.residual_p90_at_720_px + 0.1), -3, 2)),
        "agreement": evidence.agreement,
        "coverage": evidence.coverage,
        "sure": dense.sure,
        "kept": dense.agreement / max(dense.sure, 0.01),
        "mono": dense.mono,
        "sides": float(np.clip(dense.sides, -0.2, 0.2)),
    }


def looks_swapped(dense: DenseEvidence) -> bool:
    """Whether the left picture seems to be the right eye's: near things then move the wrong way."""
    return dense.mono + SIDES_COUNT * dense.sides < 0
