"""Budget: the most that a network may cost, in multiply-adds, parameters or milliseconds."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from stereopsis.errors import OptionError

Unit = Literal["macs", "params", "ms"]

_BUDGET = re.compile(r"(\d+(?:\.\d+)?)(?:([kMG]?)-(macs|params)|ms)", re.ASCII)
_TIMES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


@dataclass(frozen=True)
class Budget:
    """A limit that is never exceeded."""

    limit: float
    unit: Unit

    def __str__(self) -> str:
        """As parse_budget() reads it, to the last digit."""
        if self.unit == "ms":
            return f"{_plain(Decimal(repr(self.limit)))}ms"
        prefix = max(
            (p for p in _TIMES if _TIMES[p] <= self.limit), key=_TIMES.__getitem__, default=""
        )
        number = Decimal(repr(self.limit)) / _TIMES[prefix]
        return f"{_plain(number)}{prefix}-{self.unit}"


def parse_budget(text: str) -> Budget:
    """The budget written as `300M-macs`, `2.5M-params` or `20ms`.

    Raises:
        OptionError: the text does not have this form, or allows nothing.
    """
    match = _BUDGET.fullmatch(text)
    limit = float(Decimal(match[1]) * _TIMES[match[2] or ""]) if match else 0.0
    if match is None or not 0 < limit < math.inf:
        raise OptionError(
            f'"{text}" is not a budget.',
            "Write it like 300M-macs, 2.5M-params or 20ms; a small k, capital M or capital G.",
        )
    return Budget(limit, "macs" if match[3] == "macs" else "params" if match[3] else "ms")


def _plain(number: Decimal) -> str:
    """The number without exponent, and without decimals that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
