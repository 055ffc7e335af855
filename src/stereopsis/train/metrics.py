"""How well a relative inverse-depth map fits the truth."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from stereopsis.scene.arrays import InverseDepth, Mask

PAIRS = 60_000  # random pixel pairs for the ordinal scores
CLEARLY_NEARER = 1.05  # pairs whose inverse depths differ by a smaller factor are not asked for
BOUNDARY_RATIOS = np.linspace(1.05, 1.25, 10)
SMALL_SIDE = 256


@dataclass(frozen=True)
class Scores:
    """Errors and agreements after the best scale and shift in inverse depth.

    A picture's bottom is mostly near, so a mere vertical ramp does well in all but the last four:
    it gets 50 in `row_ordinal` and 0 in `shape_correlation` and both boundary scores.
    """

    abs_rel: float  # mean of |error| / truth, in inverse depth
    epe_percent: float  # mean |error| as percentage of the truth's 1st to 99th percentile
    ordinal: float  # percentage of random pairs in the right order; guessing gets 50
    correlation: float
    row_ordinal: float  # as `ordinal`, both pixels on the same row
    shape_correlation: float  # correlation after a plane a + b x + c y is taken from both
    boundary_f1: float  # percent, at full size
    boundary_f1_small: float  # percent, at 256 px


def score(
    guess: Float[np.ndarray, "_ _"], truth: InverseDepth, valid: Mask, seed: int = 0
) -> Scores:
    """The scores of a guess of any size, scale and shift against measured inverse depth.

    The guess is resized to the truth, and least squares find its scale and shift. For the two
    relative scores what then lies below half of the truth's 1st percentile is lifted to it.
    """
    size = (truth.shape[1], truth.shape[0])
    guess = np.asarray(guess, np.float64)
    if guess.shape != truth.shape:
        guess = np.asarray(cv2.resize(guess, size, interpolation=cv2.INTER_LINEAR))
    measured = np.where(valid, truth, 1.0).astype(np.float64)
    low, high = np.percentile(measured[valid], [1, 99])
    aligned = np.maximum(align(guess, measured, valid), 0.5 * low)
    error = np.abs(aligned - measured)[valid]
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(valid)
    known = np.stack([guess[valid], measured[valid]])
    any_pairs = rng.integers(0, len(rows), (2, PAIRS))
    row_pairs = _pairs_on_rows(rows, truth.shape[0], rng)
    return Scores(
        abs_rel=float((error / measured[valid]).mean()),
        epe_percent=float(100 * error.mean() / max(high - low, 1e-12)),
        ordinal=_ordinal(known, any_pairs),
        correlation=_correlation(known[0], known[1]),
        row_ordinal=_ordinal(known, row_pairs),
        shape_correlation=_shape_correlation(known, rows / size[1], columns / size[0]),
        boundary_f1=100 * boundary_f1(aligned, measured, valid),
        boundary_f1_small=100 * boundary_f1(*_shrink(aligned, measured, valid)),
    )


def align(
    guess: Float[np.ndarray, "h w"], truth: Float[np.ndarray, "h w"], valid: Mask
) -> Float[np.ndarray, "h w"]:
    """The guess scaled and shifted by least squares over valid pixels; if flat, truth's mean."""
    x, y = guess[valid], truth[valid]
    if x.std() <= 1e-9:
        return np.full(guess.shape, y.mean())
    design = np.stack([x, np.ones_like(x)], 1)
    scale, shift = np.linalg.lstsq(design, y, rcond=None)[0]
    return np.asarray(scale * guess + shift)


def boundary_f1(
    guess: Float[np.ndarray, "h w"], truth: Float[np.ndarray, "h w"], valid: Mask
) -> float:
    """Agreement on occlusion boundaries, 0..1, to the pixel.

    Between two neighbours lies a boundary if one's inverse depth exceeds the other's by a factor;
    precision and recall are means over the four directions in which it may, F1 a weighted mean
    over ten factors. Source: Bochkovskii et al., Depth Pro (2024), section on boundary metrics.
    """
    log_guess, log_truth = (np.log(np.maximum(x, 1e-6)) for x in (guess, truth))
    steps = []
    for axis in (0, 1):
        both = _earlier(valid, axis) & _later(valid, axis)
        down = [(_earlier(x, axis) - _later(x, axis))[both] for x in (log_guess, log_truth)]
        steps += [(down[0], down[1]), (-down[0], -down[1])]
    total = 0.0
    for ratio in BOUNDARY_RATIOS:
        marks = [(x > np.log(ratio), y > np.log(ratio)) for x, y in steps]
        hits = [np.count_nonzero(x & y) for x, y in marks]
        precision = np.mean([n / max(x.sum(), 1) for n, (x, _) in zip(hits, marks, strict=True)])
        recall = np.mean([n / max(y.sum(), 1) for n, (_, y) in zip(hits, marks, strict=True)])
        if precision + recall > 0:
            total += ratio * 2 * precision * recall / (precision + recall)
    return float(total / BOUNDARY_RATIOS.sum())


def _earlier(array: np.ndarray, axis: int) -> np.ndarray:
    return array[:-1] if axis == 0 else array[:, :-1]


def _later(array: np.ndarray, axis: int) -> np.ndarray:
    return array[1:] if axis == 0 else array[:, 1:]


def _shrink(
    guess: np.ndarray, truth: np.ndarray, valid: Mask
) -> tuple[np.ndarray, np.ndarray, Mask]:
    """All three with a long side of 256 px; the truth by nearest pixels, so that edges stay.

    Nearest to the middle of each small pixel (INTER_NEAREST takes its corner), where the guess's
    means lie as well.
    """
    zoom = SMALL_SIDE / max(truth.shape)
    size = (round(truth.shape[1] * zoom), round(truth.shape[0] * zoom))
    small_guess = cv2.resize(guess, size, interpolation=cv2.INTER_AREA)
    nearest = cv2.INTER_NEAREST_EXACT
    small_truth = cv2.resize(truth, size, interpolation=nearest)
    small_valid = cv2.resize(valid.astype(np.uint8), size, interpolation=nearest) > 0
    return small_guess, small_truth, small_valid


def _pairs_on_rows(rows: np.ndarray, height: int, rng: np.random.Generator) -> np.ndarray:
    """Indices (2, PAIRS) of known pixels, the second on the first one's row."""
    row_start = np.searchsorted(rows, np.arange(height + 1))
    first = rng.integers(0, len(rows), PAIRS)
    start, end = row_start[rows[first]], row_start[rows[first] + 1]
    return np.stack([first, start + (rng.random(PAIRS) * (end - start)).astype(np.intp)])


def _ordinal(known: np.ndarray, pairs: np.ndarray) -> float:
    """Percentage of the clearly ordered pairs in the right order; ties count half."""
    guess, truth = known[0][pairs], known[1][pairs]
    asked = truth.max(0) / truth.min(0) > CLEARLY_NEARER
    agreement = ((guess[0] - guess[1]) * np.sign(truth[0] - truth[1]))[asked]
    if len(agreement) == 0:
        return 50.0
    return float(100 * ((agreement > 0).mean() + 0.5 * (agreement == 0).mean()))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if min(a.std(), b.std()) <= 1e-9:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _shape_correlation(known: np.ndarray, y: np.ndarray, x: np.ndarray) -> float:
    """Correlation of what a fitted plane leaves over; 0 if it leaves nothing of the guess."""
    plane = np.stack([np.ones_like(x), x, y], 1)
    rest = [values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0] for values in known]
    if rest[0].std() <= 1e-6 * max(known[0].std(), 1e-9):
        return 0.0
    return _correlation(rest[0], rest[1])
