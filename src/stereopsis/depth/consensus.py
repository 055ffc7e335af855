"""A linear model that most of the data agrees with, however wrong the rest is."""

import numpy as np
from jaxtyping import Float

DRAWS = 500  # three good ones of three are drawn with certainty if 30 % of the data is good


def find_consensus(
    design: Float[np.ndarray, "n k"],
    target: Float[np.ndarray, " n"],
    tolerance: float,
    limits: Float[np.ndarray, " k"],
    seed: int = 0,
) -> Float[np.ndarray, " k"] | None:
    """The k coefficients, each within its limit, that leave the least error of `target`.

    The error of one datum counts up to the tolerance. None if no draw of k data gives coefficients
    within the limits. The same seed draws the same data.

    Source: Torr and Zisserman, MLESAC (2000), section 2.2, the truncated error (MSAC).
    """
    count, size = design.shape
    if count < size:
        return None
    drawn = np.random.default_rng(seed).integers(0, count, (DRAWS, size))
    systems = design[drawn]
    sound = np.linalg.cond(systems) < 1e6
    found = np.linalg.solve(systems[sound], target[drawn[sound]][..., None])[..., 0]
    found = found[(np.abs(found) <= limits).all(1)]
    if len(found) == 0:
        return None
    errors = np.abs(target - found @ design.T)
    best: Float[np.ndarray, " k"] = found[np.minimum(errors, tolerance).sum(1).argmin()]
    return best
