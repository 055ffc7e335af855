"""Records of trials that are done, made up."""

from collections.abc import Mapping, Sequence
from typing import Any

from stereopsis.search.trials.store import Record
from stereopsis.search.trials.trial import Outcome, make_trial


def done(
    settings: Mapping[str, Any],
    score: float,
    costs: Mapping[str, float],
    curve: Sequence[float] = (),
) -> Record:
    outcome = Outcome(score, costs, tuple(curve), 1.5, "host:1")
    return Record(make_trial(settings), "done", outcome.curve, outcome)


def failed(settings: Mapping[str, Any]) -> Record:
    outcome = Outcome(None, {}, (), 1.5, "host:1", "It broke. Mend it.")
    return Record(make_trial(settings), "failed", (), outcome)
