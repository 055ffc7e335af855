"""Budget: the most that a network may cost, in multiply-adds, parameters or milliseconds."""

import math
import re
from dataclasses import dataclass
from typing import Literal

from stereopsis.errors import OptionError

Unit = Literal["macs", "params", "ms"]

_BUDGET = re.compile(r"(\d+(?:\.\d+)?)(?:([kMG]?)-(macs|params)|ms)", re.ASCII)
_TIMES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}


@dataclass(frozen=True)
class Budget:
    """A limit that is never exceeded."""

    limit: float
    unit: Unit

    def __str__(self) -> str:
        if self.unit == "ms":
            return f"{self.limit:g} ms"
        return f"{self.limit / 1e6:g}M {self.unit}"


def parse_budget(text: str) -> Budget:
    """The budget written as `300M-macs`, `2.5M-params` or `20ms`.

    Raises:
        OptionError: the text does not have this form, or allows nothing.
    """
    match = _BUDGET.fullmatch(text)
    limit = float(match[1]) * _TIMES[match[2] or ""] if match else 0.0
    if match is None or not 0 < limit < math.inf:
        raise OptionError(
            f'"{text}" is not a budget.', "Write it like 300M-macs, 2.5M-params or 20ms."
        )
    return Budget(limit, "macs" if match[3] == "macs" else "params" if match[3] else "ms")
