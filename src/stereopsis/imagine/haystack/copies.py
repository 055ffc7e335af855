"""Copies among scenes: which rows show the same shot, and which of those counts as the needle."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool


def needles_where_kept(
    wanted: Bool[np.ndarray, " n"], kept: Bool[np.ndarray, " n"], shots: Sequence[str]
) -> Bool[np.ndarray, " n"]:
    """The wanted rows; but where a needle is lost and a copy of it is kept, the copy in its place.

    A needle and its copies are one needle: which of two equals a search for duplicates keeps says
    nothing of how good it is. `shots` are alike for copies.
    """
    of_shot = {shot: row for row, shot in enumerate(shots) if kept[row]}
    found = wanted.copy()
    for row in np.flatnonzero(wanted & ~kept).tolist():
        instead = of_shot.get(shots[row])
        if instead is not None:
            found[row], found[instead] = False, True
    return found
