"""The aesthetic filter: a linear head on an eye's features, fitted to labelled examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Float64

from stereopsis.errors import DataError
from stereopsis.imagine.curate.eye import EyeName
from stereopsis.imagine.curate.filters import Numbers, Scorer, check
from stereopsis.imagine.curate.fitted_file import read_fitted, to_fitted
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.sample import Need, Sample
from stereopsis.imagine.logistic import Logistic, fit_logistic

KIND = "aesthetic head"


@dataclass(frozen=True)
class Head:
    """The probability that a picture is a good one: logistic in the eye's features."""

    eye: EyeName
    mean: Float64[np.ndarray, " d"]
    weight: Float64[np.ndarray, " d"]
    bias: float

    def score(self, features: Float[np.ndarray, "n d"]) -> Numbers:
        """From 0 to 1."""
        return Logistic(self.mean, self.weight, self.bias).score(features)

    def to_bytes(self) -> bytes:
        """A file that read_head reads back."""
        return to_fitted(
            KIND, self.eye, {"mean": self.mean, "weight": self.weight, "bias": np.array(self.bias)}
        )


@dataclass(frozen=True)
class AestheticFilter:
    """Keeps pictures that the head in a file takes for good ones."""

    head: str
    at_least: float = 0.5

    name: ClassVar[str] = "aesthetic"
    needs: ClassVar[Need] = "features"

    def __post_init__(self) -> None:
        check(0 <= self.at_least <= 1, f"at_least of aesthetic is {self.at_least}", "0 to 1")

    def rule(self) -> str:
        """What is kept."""
        return f"an aesthetic score of {self.at_least:g} or more"

    def margin(self, scores: Numbers) -> Numbers:
        """In probability."""
        return scores - self.at_least

    def open(self, columns: Columns) -> Scorer:
        """The head.

        Raises:
            DataError: the file is missing, damaged or of another kind.
        """
        head = read_head(Path(self.head))
        return lambda samples: head.score(stacked(samples))


def fit_head(
    features: Float[np.ndarray, "n d"], good: Bool[np.ndarray, " n"], eye: EyeName, ridge: float
) -> Head:
    """The head that fits the labels best, by logistic regression with the penalty `ridge`.

    Both labels weigh the same in all, however few there are of one.

    Raises:
        DataError: all labels are alike.
    """
    if good.all() or not good.any():
        raise DataError(
            f"All {len(good)} examples are {'good' if good.all() else 'bad'}.",
            "Give examples of both kinds.",
        )
    fitted = fit_logistic(features, good, ridge)
    return Head(eye, fitted.mean, fitted.weight, fitted.bias)


def read_head(path: Path) -> Head:
    """The head in a file.

    Raises:
        DataError: the file is missing, damaged or of another kind.
    """
    eye, arrays = read_fitted(path, KIND, ("mean", "weight", "bias"))
    return Head(eye, arrays["mean"], arrays["weight"], float(arrays["bias"]))


def stacked(samples: Sequence[Sample]) -> Float[np.ndarray, "n d"]:
    """The features of samples that have been looked at."""
    features = [sample.features for sample in samples]
    return np.array(features, np.float64)
