"""Region: the part of a space where a search may look, under limits that nothing may pass."""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from jaxtyping import Bool, Int

from stereopsis.errors import OptionError
from stereopsis.search.space import Candidate, Space, draw

DRAWS = 5000  # after which a limit that no draw has kept is called impossible


@dataclass(frozen=True)
class Limit:
    """A cost that can be counted before anything is spent, and the most that it may be.

    It is asked many thousand times, often for the same candidate: give a slow one a memory.
    """

    name: str
    most: float
    cost: Callable[[Candidate], float]


def _itself(candidate: Candidate) -> Candidate:
    return candidate


@dataclass(frozen=True)
class Region:
    """The candidates of a space that keep every limit; with a pool, only those of the pool.

    A pool is for tables, or for networks that are there already. Where limits are so tight that
    draws from all of the space find nothing, others are found around the one that is `inside`.
    Of several candidates that are the same thing at the same cost, `canonical` names one; what is
    drawn or settled on is always that one.
    """

    space: Space
    limits: tuple[Limit, ...] = ()
    pool: tuple[Candidate, ...] | None = None
    inside: Candidate | None = None
    canonical: Callable[[Candidate], Candidate] = _itself

    def feasible(self, candidate: Candidate) -> bool:
        """Whether the candidate may be evaluated."""
        return self._inside(candidate) and not self.passes(candidate)

    def passes(self, candidate: Candidate) -> bool:
        """Whether the candidate passes a limit; what a stranger to the pool costs is not asked."""
        return self._inside(candidate) and any(
            each.cost(candidate) > each.most for each in self.limits
        )

    def within(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Those of the candidates that may be evaluated."""
        return [candidate for candidate in candidates if self.feasible(candidate)]

    def draw(self, rng: np.random.Generator, taken: Set[Candidate] = frozenset()) -> Candidate:
        """A feasible candidate that is not taken.

        All are equally likely as long as draws from all of the space find one; then those near to
        the one that is inside are likelier. One of several names is as likely as all together.

        Raises:
            OptionError: none was found in many draws, or the whole pool is taken.
        """
        if self.pool is not None:
            return self.pool[int(rng.choice(self._free_rows(taken)))]
        drawn = (draw(self.space, rng) for _ in range(DRAWS))
        return self._first(chain(drawn, self._around(rng)), taken)

    def settle(
        self, candidate: Candidate, rng: np.random.Generator, taken: Set[Candidate] = frozenset()
    ) -> Candidate:
        """A feasible candidate that is not taken, near to this one: itself, if it may be.

        With a pool it differs in the fewest choices, ties at random. Without one, more and more of
        the choices are drawn anew.

        Raises:
            OptionError: as in draw().
        """
        if self.feasible(candidate) and (known := self.canonical(candidate)) not in taken:
            return known
        if self.pool is None:
            near = _wander(self.space, candidate, rng)
            return self._first(chain(near, self._around(rng)), taken)
        rows = self._free_rows(taken)
        apart = (self._indices[rows] != np.asarray(candidate)).sum(1)
        return self.pool[int(rng.choice(rows[apart == apart.min()]))]

    def _around(self, rng: np.random.Generator) -> Iterable[Candidate]:
        """The candidate that is inside, and others, ever farther from it."""
        if self.inside is not None:
            yield self.inside
            yield from _wander(self.space, self.inside, rng)

    def _inside(self, candidate: Candidate) -> bool:
        return self.pool is None or candidate in self._places

    def _first(self, drawn: Iterable[Candidate], taken: Set[Candidate]) -> Candidate:
        seen = []
        for candidate in drawn:
            if self.feasible(candidate) and (known := self.canonical(candidate)) not in taken:
                return known
            seen.append(candidate)
        raise self._impossible(taken, seen)

    def _impossible(self, taken: Set[Candidate], seen: Iterable[Candidate] = ()) -> OptionError:
        """Says which limit stands in the way, and what the cheapest candidate found costs."""
        found = [*(self.pool or ()), *seen]
        for limit in self.limits:
            least = min(map(limit.cost, found), default=float("inf"))
            if least > limit.most:
                return OptionError(
                    f"No candidate keeps {limit.name} to {limit.most:g}: the least found is "
                    f"{least:g}.",
                    "Raise the limit, or offer smaller options.",
                )
        if self.limits and not any(map(self.feasible, found)):
            names = " and ".join(limit.name for limit in self.limits)
            return OptionError(
                f"No candidate was found that keeps the limits of {names} together.",
                "Raise one of them, or offer smaller options.",
            )
        return OptionError(
            f"No feasible candidate is left beside the {len(taken)} that were taken.",
            "Search for less long, or in a larger space.",
        )

    @cached_property
    def _places(self) -> dict[Candidate, int]:
        return {candidate: row for row, candidate in enumerate(self.pool or ())}

    @cached_property
    def _indices(self) -> Int[np.ndarray, "n choices"]:
        return np.asarray(self.pool, int)

    @cached_property
    def _keeps(self) -> Bool[np.ndarray, " n"]:
        places = enumerate(self.pool or ())  # a pool may hold a candidate twice: one place counts
        return np.array(
            [self._places[each] == row and self.feasible(each) for row, each in places], bool
        )

    def _free_rows(self, taken: Set[Candidate]) -> Int[np.ndarray, " m"]:
        free = self._keeps.copy()
        free[[self._places[candidate] for candidate in taken if candidate in self._places]] = False
        if not free.any():
            raise self._impossible(taken)
        rows: Int[np.ndarray, " m"] = np.flatnonzero(free)
        return rows


def _wander(space: Space, candidate: Candidate, rng: np.random.Generator) -> Iterable[Candidate]:
    """Ever farther from the candidate, at last anywhere."""
    for step in range(DRAWS):
        anew = rng.random(len(candidate)) < (step + 1) / (DRAWS // 2)
        drawn = draw(space, rng)
        yield tuple(
            new if pick else old for new, old, pick in zip(drawn, candidate, anew, strict=True)
        )
