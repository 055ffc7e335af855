"""The best network of a space within a hard budget, by the probabilities of its options."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from stereopsis.errors import OptionError
from stereopsis.search.space import Candidate, Space

Probabilities = Mapping[str, Sequence[float]]  # of each choice, those of its options
SMALLEST_PROBABILITY = 1e-12


def derive_within(
    space: Space,
    probabilities: Probabilities,
    cost: Callable[[Candidate], float],
    limit: float,
) -> Candidate:
    """The candidate of likely options that costs at most `limit`.

    It starts from the likeliest of each choice. While that costs too much, the change is made that
    gives up least probability for what it saves; then whatever is likelier and still fits.

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
                f"The smallest network of the space that was found costs {_said(spent)}, the "
                f"budget is {_said(limit)}.",
                "Raise the budget, or add smaller options to the space.",
            )
        before, at = spent, found
        found, spent = min(
            cheaper,
            key=lambda each: (
                (_likelihood(logs, at) - _likelihood(logs, each[0]))
                / (before - max(each[1], limit))
            ),
        )
    return _fill(space, found, logs, cost, limit)


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


def _changes(space: Space, candidate: Candidate) -> Iterator[Candidate]:
    """All candidates that differ in one choice."""
    for i, size in enumerate(space.sizes):
        for option in range(size):
            if option != candidate[i]:
                yield (*candidate[:i], option, *candidate[i + 1 :])


def _likelihood(logs: Sequence[Sequence[float]], candidate: Candidate) -> float:
    return sum(each[option] for each, option in zip(logs, candidate, strict=True))


def _said(cost: float) -> str:
    return f"{cost:,.0f}" if cost >= 100 else f"{cost:.3g}"
