"""Outcome: which rows a funnel kept, set against the truth, with intervals."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A figure with the 95 % interval of a bootstrap over rows; NaN where it means nothing."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Outcome:
    """Shares of the wanted and of the kept, and how many times denser the wanted have become."""

    kept: int
    recall: Interval
    precision: Interval
    enrichment: Interval


def judge(kept: Bool[np.ndarray, " n"], wanted: Bool[np.ndarray, " n"], seed: int = 0) -> Outcome:
    """What was kept of n rows, set against what was wanted; the rows are resampled.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), the percentile interval.
    """
    cells = [(kept & wanted).sum(), (kept & ~wanted).sum(), (~kept & wanted).sum()]
    counts = np.array([*cells, len(kept) - sum(cells)])
    random = np.random.default_rng(seed)
    draws = random.multinomial(len(kept), counts / len(kept), RESAMPLES)
    found = [_figures(table) for table in (counts[None], draws)]
    recall, precision, enrichment = (
        Interval(float(one[0]), *_percentiles(many)) for one, many in zip(*found, strict=True)
    )
    return Outcome(int(kept.sum()), recall, precision, enrichment)


def keep_for_recall(
    scores: Float[np.ndarray, " n"], wanted: Bool[np.ndarray, " n"], recall: float
) -> Bool[np.ndarray, " n"]:
    """The rows of the highest scores, as many as it takes to have that share of the wanted."""
    threshold = np.quantile(scores[wanted], 1 - recall, method="lower")
    return np.asarray(scores >= threshold)


def _figures(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recall, precision and enrichment of tables of four counts."""
    hit, false, missed, _ = table.T.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, precision = hit / (hit + missed), hit / (hit + false)
        return recall, precision, precision * table.sum(1) / (hit + missed)


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    good = values[np.isfinite(values)]
    if not len(good):
        return float("nan"), float("nan")
    low, high = np.percentile(good, [2.5, 97.5])
    return float(low), float(high)
