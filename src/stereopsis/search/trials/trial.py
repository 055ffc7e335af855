"""Trials: the settings of a candidate, and what came of training it."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stereopsis.errors import OptionError

KEY_DIGITS = 20  # 80 bits: no two of a search's trials meet by chance

Curve = tuple[float, ...]


class Report(Protocol):
    """What an objective tells of a training that goes on."""

    def __call__(self, score: float) -> bool:
        """Notes the score after another epoch; True says that the trial should end here."""
        ...


# The score of a candidate under "score", larger is better, and its costs under their own names.
Objective = Callable[[Mapping[str, Any], Report], Mapping[str, float]]

# Whether a trial with this curve so far should end, given the curves of the others.
StopRule = Callable[[Curve, Sequence[Curve]], bool]


@dataclass(frozen=True)
class Trial:
    """A candidate; `text` is the JSON of its settings in their one canonical form."""

    text: str

    @property
    def key(self) -> str:
        """A name that the settings alone determine: the same in every process, on every machine."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:KEY_DIGITS]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings, a copy of the caller's own."""
        settings: dict[str, Any] = json.loads(self.text)
        return settings


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: a score and costs, or the sentence that says why there are none.

    `curve` holds the score after each epoch; `worker` is host:process.
    """

    score: float | None
    costs: Mapping[str, float]
    curve: Curve
    seconds: float
    worker: str
    error: str | None = None

    def __post_init__(self) -> None:
        assert (self.score is None) != (self.error is None)


def make_trial(settings: Mapping[str, Any]) -> Trial:
    """The trial with these settings, in whatever order they are named.

    Raises:
        OptionError: a setting cannot be written as JSON and read back as the same.
    """
    plain = _plain(settings, "The settings")
    return Trial(json.dumps(plain, sort_keys=True, separators=(",", ":")))


def _plain(value: Any, place: str) -> Any:
    """The value out of nothing but JSON's own types; tuples become lists."""
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str):
                raise OptionError(f"{place} name {name!r}, no text.", "Name settings by texts.")
        return {name: _plain(each, f"The setting {name}") for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, place) for each in value]
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise OptionError(
        f"{place} cannot be stored: {value!r}.",
        "Use texts, whole or finite numbers, true, false, none, lists and objects of these.",
    )
