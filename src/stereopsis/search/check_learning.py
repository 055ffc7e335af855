"""Whether anything can be learned at given rates, from a given seed."""

import math
from collections.abc import Sequence

from stereopsis.errors import OptionError

MOST_SEED = 2**31 - 1


def check_learning(seed: int, rates: Sequence[float]) -> None:
    """Nothing, if it can.

    Raises:
        OptionError: a rate is not above 0, or not a number; or the seed is out of range.
    """
    if not all(0 < rate < math.inf for rate in rates):
        told = ", ".join(f"{rate:g}" for rate in rates)
        raise OptionError(f"Nothing is learned at rates of {told}.", "Give numbers above 0.")
    if not 0 <= seed <= MOST_SEED:
        raise OptionError(f"There is no seed {seed}.", f"Give one from 0 to {MOST_SEED}.")
