"""Fills what is unknown of a map with what lies behind."""

import numpy as np
from jaxtyping import Float32

from stereopsis.scene.arrays import Mask


def fill_from_behind(values: Float32[np.ndarray, "h w"], known: Mask) -> Float32[np.ndarray, "h w"]:
    """The map where it is known; elsewhere the farther (lesser) of the row's nearest known ones.

    What one eye alone sees lies behind what hides it. Rows without any take the nearest row's, the
    upper one's of two; a map of which nothing is known is 0.
    """
    rows = np.flatnonzero(known.any(axis=1))
    if len(rows) == 0:
        return np.zeros_like(values)
    columns = np.arange(values.shape[1], dtype=np.int32)
    last = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    first = np.where(known, columns, len(columns))[:, ::-1]
    first = np.minimum.accumulate(first, axis=1)[:, ::-1]
    before = np.take_along_axis(values, np.maximum(last, 0), axis=1)
    after = np.take_along_axis(values, np.minimum(first, len(columns) - 1), axis=1)
    before, after = (
        np.where(last < 0, after, before),
        np.where(first == len(columns), before, after),
    )
    filled = np.where(known, values, np.minimum(before, after))
    return np.asarray(filled[_nearest(rows, len(values))], np.float32)


def _nearest(rows: np.ndarray, count: int) -> np.ndarray:
    """Which of these sorted rows is the nearest to each of 0 to count - 1."""
    every = np.arange(count)
    below = np.searchsorted(rows, every)
    above = rows[np.maximum(below - 1, 0)]
    beneath = rows[np.minimum(below, len(rows) - 1)]
    return np.where(np.abs(every - above) <= np.abs(beneath - every), above, beneath)
