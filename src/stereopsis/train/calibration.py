"""Does a network know where it is wrong? Its expected error against its actual error."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from stereopsis.scene.arrays import InverseDepth, Mask
from stereopsis.train.metrics import align

LEFT_OUT = np.linspace(0, 0.95, 20)  # shares of pixels that the curves leave out


@dataclass(frozen=True)
class Calibration:
    """How well uncertainty tells errors apart on one picture.

    A sparsification curve is the mean error of what is left when the shares LEFT_OUT of the most
    uncertain pixels are left out, divided by the mean error of all. Leaving out at random keeps
    it at 1; the oracle leaves out by the errors themselves. Of pixels that are equally uncertain,
    any are left out: they count with their mean error, wherever they lie.

    Source: Ilg et al., Uncertainty Estimates and Multi-Hypotheses Networks for Optical Flow
    (2018), section 4 (AUSE).
    """

    rank_correlation: float  # Spearman's, of expected and actual error
    ause: float  # mean distance of the curve from the oracle's; at random `ause_at_random`
    ause_at_random: float
    expected_over_actual: float  # mean expected error by mean actual error; 1 is honest
    curve: Float[np.ndarray, " shares"]
    oracle: Float[np.ndarray, " shares"]


def calibrate(
    guess: InverseDepth, uncertainty: InverseDepth, truth: InverseDepth, valid: Mask
) -> Calibration:
    """The calibration of one guess; all four maps are (h, w).

    Scale and shift are fitted first. A guess without error counts as perfectly calibrated at
    random: all areas are 0.
    """
    measured = np.where(valid, truth, 1.0).astype(np.float64)
    values = guess.astype(np.float64)
    error = np.abs(align(values, measured, valid) - measured)[valid]
    gain = _gain(values[valid], measured[valid])
    expected = uncertainty[valid].astype(np.float64) * gain
    curve, oracle = _sparsify(error, expected), _sparsify(error, error)
    return Calibration(
        rank_correlation=_rank_correlation(error, expected),
        ause=float((curve - oracle).mean()),
        ause_at_random=float((1 - oracle).mean()),
        expected_over_actual=float(expected.mean() / max(error.mean(), 1e-12)),
        curve=curve,
        oracle=oracle,
    )


def _gain(guess: np.ndarray, truth: np.ndarray) -> float:
    """By what the fit scales the guess, and so its errors."""
    spread = guess.var()
    return 0.0 if spread <= 1e-18 else float(abs(np.cov(guess, truth, bias=True)[0, 1]) / spread)


def _sparsify(error: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Mean error left, relative to that of all, per share left out."""
    mean = max(error.mean(), 1e-12)
    group = np.unique(expected, return_inverse=True)[1]
    mean_of_group = np.bincount(group, error) / np.bincount(group)
    left = np.cumsum(mean_of_group[np.sort(group)])
    counts = np.maximum(1, np.rint((1 - LEFT_OUT) * len(error)).astype(np.intp))
    return np.asarray(left[counts - 1] / counts / mean)


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    ranks = [np.searchsorted(np.sort(x), x, "left") + np.searchsorted(np.sort(x), x, "right")
             for x in (a, b)]  # fmt: skip
    if min(r.std() for r in ranks) == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
