"""Two guesses of one picture: their mean, and where they disagree.

Maps are inverse depth of unknown scale and shift.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from stereopsis.scene.arrays import InverseDepth

TRIMMED = 0.8  # share of the pixels, those that agree best, by which two maps are aligned


def normalise(guess: Float[np.ndarray, "h w"]) -> InverseDepth:
    """The map with median 0 and mean absolute deviation 1; a flat one becomes 0 everywhere.

    Source: Ranftl et al., MiDaS (2020), equation 5.
    """
    centred = np.asarray(guess - np.median(guess), np.float32)
    deviation = float(np.abs(centred).mean())
    return centred / np.float32(deviation) if deviation > 1e-6 else np.zeros_like(centred)


def consensus(guesses: Sequence[InverseDepth]) -> InverseDepth:
    """The mean (h, w) of maps of one size, all normalised first."""
    return np.asarray(np.mean([normalise(guess) for guess in guesses], axis=0), np.float32)


def align_to(guess: InverseDepth, reference: InverseDepth) -> InverseDepth:
    """The guess, scaled and shifted to fit the normalised reference, outliers left aside.

    Least squares three times, from the second on over the TRIMMED share that fits best. The scale
    is never negative: a guess that contradicts the reference everywhere becomes flat.
    """
    x, y = normalise(guess).ravel(), normalise(reference).ravel()
    followed = np.ones(x.shape, np.bool_)
    aligned = x
    for _ in range(3):
        mean_x, mean_y = x[followed].mean(), y[followed].mean()
        spread = x[followed] - mean_x
        scale = max(0.0, float(spread @ (y[followed] - mean_y) / max(spread @ spread, 1e-6)))
        aligned = mean_y + np.float32(scale) * (x - mean_x)
        off = np.abs(aligned - y)
        followed = off <= np.quantile(off, TRIMMED)
    return np.asarray(aligned.reshape(guess.shape), np.float32)


def disagreement(guess: InverseDepth, reference: InverseDepth) -> InverseDepth:
    """How far each pixel of the guess lies from the reference once aligned.

    In units of the reference's mean absolute deviation from its median.
    """
    return np.asarray(np.abs(align_to(guess, reference) - normalise(reference)), np.float32)
