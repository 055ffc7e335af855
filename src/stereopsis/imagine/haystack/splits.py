"""Splits: which concepts are tuned on, which steer the tuning, and which are held out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

Split = Literal["tune", "select", "held-out"]

SHARES: dict[Split, float] = {"tune": 0.60, "select": 0.15, "held-out": 0.25}


def deal_out(families: Sequence[str], shares: Mapping[Split, float], seed: int) -> list[Split]:
    """The split of each concept, given the family that each belongs to; no family is parted.

    Families are dealt out at random until each split has its share of the concepts.
    """
    sizes = Counter(families)
    names = sorted(sizes)
    np.random.default_rng(seed).shuffle(names)
    ends = np.cumsum(list(shares.values())) * len(families)
    splits: dict[str, Split] = {}
    dealt = 0
    for name in names:
        place = int(np.searchsorted(ends, dealt + sizes[name] / 2))
        splits[name] = list(shares)[min(place, len(shares) - 1)]
        dealt += sizes[name]
    return [splits[family] for family in families]
