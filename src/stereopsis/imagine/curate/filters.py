"""Filters that look at the row or at the picture's header only, and what every filter is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from jaxtyping import Float64

from stereopsis.errors import OptionError
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.sample import Need, Sample

Numbers = Float64[np.ndarray, " n"]
Scorer = Callable[[Sequence[Sample]], Numbers]


class Filter(Protocol):
    """A stage of the funnel that judges each picture by itself.

    `name` is the stage's; `needs`, what it looks at.
    """

    name: ClassVar[str]
    needs: ClassVar[Need]

    def rule(self) -> str:
        """What a picture must have to be kept, for people."""
        ...

    def margin(self, scores: Numbers) -> Numbers:
        """How far each score is on the right side: kept where 0 or more; NaN is not kept."""
        ...

    def open(self, columns: Columns) -> Scorer:
        """What scores samples, with its networks loaded; NaN where there is nothing to score."""
        ...


@dataclass(frozen=True)
class CaptionFilter:
    """Keeps pictures whose caption has so many words."""

    min_words: int = 1

    name: ClassVar[str] = "caption"
    needs: ClassVar[Need] = "row"

    def __post_init__(self) -> None:
        check(self.min_words >= 1, f"min_words of the caption is {self.min_words}", "1 or more")

    def rule(self) -> str:
        """What is kept."""
        return f"a caption of {self.min_words} words or more"

    def margin(self, scores: Numbers) -> Numbers:
        """In words."""
        return scores - self.min_words

    def open(self, columns: Columns) -> Scorer:
        """Counts words."""
        return lambda samples: np.array([len(each.row.caption.split()) for each in samples], float)


@dataclass(frozen=True)
class PopularityFilter:
    """Keeps pictures that people liked: a number that the shards carry along."""

    at_least: float

    name: ClassVar[str] = "popularity"
    needs: ClassVar[Need] = "row"

    def __post_init__(self) -> None:
        check(np.isfinite(self.at_least), f"at_least of popularity is {self.at_least}", "a number")

    def rule(self) -> str:
        """What is kept."""
        return f"a popularity of {self.at_least:g} or more"

    def margin(self, scores: Numbers) -> Numbers:
        """In the column's own unit."""
        return scores - self.at_least

    def open(self, columns: Columns) -> Scorer:
        """Reads the column."""
        name = columns.popularity
        return lambda samples: np.array([each.row.number_in(name) for each in samples], float)


@dataclass(frozen=True)
class SizeFilter:
    """Keeps pictures that are large enough on their shorter side."""

    min_side: int = 512

    name: ClassVar[str] = "size"
    needs: ClassVar[Need] = "header"

    def __post_init__(self) -> None:
        check(self.min_side >= 1, f"min_side of the size is {self.min_side} px", "1 or more")

    def rule(self) -> str:
        """What is kept."""
        return f"{self.min_side} px or more on the shorter side"

    def margin(self, scores: Numbers) -> Numbers:
        """In pixels."""
        return scores - self.min_side

    def open(self, columns: Columns) -> Scorer:
        """Measures the shorter side."""
        return lambda samples: np.array([min(each.size) for each in samples], float)


@dataclass(frozen=True)
class AspectFilter:
    """Keeps pictures that are not too long for their height, or too high for their width."""

    at_most: float = 2.0

    name: ClassVar[str] = "aspect"
    needs: ClassVar[Need] = "header"

    def __post_init__(self) -> None:
        check(self.at_most >= 1, f"at_most of the aspect is {self.at_most}", "1 or more")

    def rule(self) -> str:
        """What is kept."""
        return f"the longer side at most {self.at_most:g} times the shorter"

    def margin(self, scores: Numbers) -> Numbers:
        """In times the shorter side."""
        return self.at_most - scores

    def open(self, columns: Columns) -> Scorer:
        """Divides the longer side by the shorter."""
        return lambda samples: np.array([max(s.size) / min(s.size) for s in samples], float)


def check(makes_sense: bool | np.bool_, problem: str, mend: str) -> None:
    """Nothing, if the setting makes sense.

    Raises:
        OptionError: it does not.
    """
    if not makes_sense:
        raise OptionError(f"The {problem}.", f"Use {mend}.")
