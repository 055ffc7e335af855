"""The weightiest rectangle of a grid."""

import numpy as np
from jaxtyping import Float

Rectangle = tuple[int, int, int, int]  # first column and row, last column and row


def weightiest_rectangle(weight: Float[np.ndarray, "h w"], aspect: float) -> Rectangle | None:
    """The rectangle of positive weights with the largest sum; None if no weight is positive.

    Of the rectangles that cannot be extended to any side, one with a side over `aspect` times the
    other is trimmed at both ends before it is weighed.
    """
    candidates = np.array(_maximal_rectangles(weight > 0))
    if len(candidates) == 0:
        return None
    left, top, right, bottom = candidates.T
    wide, high = right - left + 1, bottom - top + 1
    across = np.maximum(0, wide - aspect * high).astype(int) // 2
    along = np.maximum(0, high - aspect * wide).astype(int) // 2
    left, right, top, bottom = left + across, right - across, top + along, bottom - along
    sums = np.pad(weight, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    total = (
        sums[bottom + 1, right + 1]
        - sums[top, right + 1]
        - sums[bottom + 1, left]
        + sums[top, left]
    )
    best = int(np.argmax(total))
    return int(left[best]), int(top[best]), int(right[best]), int(bottom[best])


def _maximal_rectangles(mask: np.ndarray) -> list[Rectangle]:
    """All rectangles of true cells that cannot be extended to any side.

    Source: the largest rectangle under a histogram by a stack of rising bars, row by row.
    """
    found = []
    heights = np.zeros(mask.shape[1], np.int64)
    for bottom, row in enumerate(mask):
        heights = np.where(row, heights + 1, 0)
        rising: list[tuple[int, int]] = []  # (where a bar of this height could start, height)
        for column, height in enumerate([*heights.tolist(), 0]):
            start = column
            while rising and rising[-1][1] > height:
                start, high = rising.pop()
                if bottom == len(mask) - 1 or not mask[bottom + 1, start:column].all():
                    found.append((start, bottom - high + 1, column - 1, bottom))
            if height > (rising[-1][1] if rising else 0):
                rising.append((start, height))
    return found
