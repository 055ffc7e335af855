"""The best network of a space within a hard budget, by the probabilities of its options."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from stereopsis.errors import OptionError
from stereopsis.search.space import Candidate, Space

Probabilities = Mapping[str, Sequence[float]]  # of each choice, those of its options
SMALLEST_PROBABILITY = 1e-12
LEAST_LIKELY = math.log(2)  # below the likeliest option, of what uses the rest of a budget


def derive_within(
    space: Space,
    probabilities: Probabilities,
    cost: Callable[[Candidate], float],
    limit: float,
    unit: str = "",
) -> Candidate:
    """The candidate of likely options that costs at most `limit`, of a `unit` that errors name.

    It starts from the likeliest of each choice. While that costs too much, the change is made that
    gives up least probability for what it saves; then whatever is likelier and still fits. What is
    left of the budget is spent on the larger options that are least unlikely for what they cost.

    Raises:
        OptionError: no candidate that was found costs so little.
    """
    logs = [
        [math.log(max(p, SMALLEST_PROBABILITY)) for p in probabilities[choice.name]]
        for choice in space.choices
    ]
    found = tuple(max(range(len(each)), key=each.__getitem__) for each in logs)
    spent = cost(found)
    while spent > limit:
        changes = [(change, cost(change)) for change in _changes(space, found)]
        cheaper = [(change, price) for change, price in changes if price < spent]
        if not cheaper:
            raise OptionError(
                f"The smallest network of the space that was found costs {_said(spent, unit)}, the "
                f"budget is {_said(limit, unit)}.",
                "Raise the budget, or add smaller options to the space."
                if unit != "ms"
                else "Raise the budget, or search again while the machine does nothing else.",
            )
        before, at = spent, found
        found, spent = min(
            cheaper,
            key=lambda each: _regret(
                _likelihood(logs, at) - _likelihood(logs, each[0]), before - max(each[1], limit)
            ),
        )
    return _spend(space, _fill(space, found, logs, cost, limit), logs, cost, limit)


def _spend(
    space: Space,
    found: Candidate,
    logs: Sequence[Sequence[float]],
    cost: Callable[[Candidate], float],
    limit: float,
) -> Candidate:
    """The candidate after changes that use more of the budget, until none fits any more.

    Small networks learn sooner, so a short search thinks too well of them. An option less than half
    as likely as the likeliest of its choice is left out all the same.
    """
    likely = [[log >= max(each) - LEAST_LIKELY for log in each] for each in logs]
    while True:
        now, spent = _likelihood(logs, found), cost(found)
        changes = [(change, cost(change)) for change in _changes(space, found, likely)]
        dearer = [(change, price) for change, price in changes if spent < price <= limit]
        if not dearer:
            return found
        found = min(
            dearer,
            key=lambda each: _regret(now - _likelihood(logs, each[0]), each[1] - spent),
        )[0]


def _fill(
    space: Space,
    found: Candidate,
    logs: Sequence[Sequence[float]],
    cost: Callable[[Candidate], float],
    limit: float,
) -> Candidate:
    """The candidate after all changes, likeliest first, that make it likelier and still fit."""
    while True:
        now = _likelihood(logs, found)
        likelier = [change for change in _changes(space, found) if _likelihood(logs, change) > now]
        likelier.sort(key=lambda change: -_likelihood(logs, change))
        fits = next((change for change in likelier if cost(change) <= limit), None)
        if fits is None:
            return found
        found = fits


def _changes(
    space: Space, candidate: Candidate, allowed: Sequence[Sequence[bool]] | None = None
) -> Iterator[Candidate]:
    """All candidates that differ in one choice, there with an option that is allowed."""
    for i, size in enumerate(space.sizes):
        for option in range(size):
            if option != candidate[i] and (allowed is None or allowed[i][option]):
                yield (*candidate[:i], option, *candidate[i + 1 :])


def _regret(lost: float, by: float) -> tuple[float, float]:
    """What is lost for a change of the cost by one; where nothing is, larger changes come first."""
    return max(0.0, round(lost, 9)) / by, -by


def _likelihood(logs: Sequence[Sequence[float]], candidate: Candidate) -> float:
    return sum(each[option] for each, option in zip(logs, candidate, strict=True))


def _said(cost: float, unit: str) -> str:
    number = f"{cost:,.0f}" if cost >= 100 else f"{cost:.3g}"
    return f"{number} {unit}".rstrip()
