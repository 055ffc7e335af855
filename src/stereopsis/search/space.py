"""Space: what a search may choose, as a list of choices among named options."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from stereopsis.errors import OptionError

Option = int | float | str | bool | None
Candidate = tuple[int, ...]  # of each choice, the index of its option


@dataclass(frozen=True)
class Choice:
    """A name, and the options of which one is taken; where there is one only, that is."""

    name: str
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        if len(set(self.options)) != len(self.options) or len(self.options) < 1:
            raise OptionError(
                f"The choice {self.name} repeats an option or has none.", "Name each option once."
            )


@dataclass(frozen=True)
class Space:
    """All ways to take one option of each choice.

    `recipe` names the choices that say how a network is trained; the others say what it is.
    """

    choices: tuple[Choice, ...]
    recipe: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        names = [choice.name for choice in self.choices]
        if not names or len(set(names)) != len(names):
            raise OptionError("A space has no choices, or two of one name.", "Rename one of them.")
        if unknown := self.recipe - set(names):
            raise OptionError(
                f"The space has no choice {min(unknown)} for a recipe.", f"It has {names}."
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many options each choice has."""
        return tuple(len(choice.options) for choice in self.choices)

    def describe(self, candidate: Candidate) -> dict[str, Option]:
        """The options that the candidate takes, by the names of the choices."""
        pairs = zip(self.choices, candidate, strict=True)
        return {choice.name: choice.options[index] for choice, index in pairs}

    def find(self, options: Mapping[str, Option]) -> Candidate:
        """The candidate that takes these options.

        Raises:
            OptionError: a choice is not made, or an option is not one of the choice's.
        """
        found = []
        for choice in self.choices:
            option = options.get(choice.name)
            if option not in choice.options:
                raise OptionError(
                    f"The choice {choice.name} has no option {option!r}.",
                    f"Take one of {list(choice.options)}.",
                )
            found.append(choice.options.index(option))
        return tuple(found)


def draw(space: Space, rng: np.random.Generator) -> Candidate:
    """A candidate, all equally likely."""
    return tuple(int(index) for index in rng.integers(space.sizes))


def spread(space: Space, count: int, seed: int) -> list[Candidate]:
    """`count` candidates spread more evenly than by chance; in small spaces some are equal.

    Source: a Sobol sequence, scrambled after Owen (1998), as in quasi-Monte Carlo methods.
    """
    sequence = qmc.Sobol(len(space.sizes), seed=seed)
    points = sequence.random_base2(max(0, math.ceil(math.log2(max(count, 1)))))[:count]
    indices = np.minimum((points * space.sizes).astype(int), np.asarray(space.sizes) - 1)
    return [tuple(int(index) for index in row) for row in indices]
