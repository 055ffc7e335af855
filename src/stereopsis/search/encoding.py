"""Candidates as rows of numbers, as a predictor reads them; and what any space counts for free."""

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

from stereopsis.search.space import Candidate, Choice, Space

WIDE = 10  # numbers whose largest is so many times the smallest are learnt by their logarithms

Part = Literal["architecture", "recipe"]


def encode_part(
    space: Space, candidates: Sequence[Candidate], part: Part
) -> Float32[np.ndarray, "n width"]:
    """One row for each candidate: a 1 at each option taken, then the options that are numbers.

    The numbers of a choice have mean 0 and variance 1 over its options.
    """
    indices = np.asarray(candidates, int).reshape(len(candidates), len(space.choices))
    columns: list[np.ndarray] = [np.zeros((len(candidates), 0))]
    for i in _places(space, part):
        columns.append(np.eye(space.sizes[i])[indices[:, i]])
    for i in _places(space, part):
        numbers = option_numbers(space.choices[i])
        if numbers is not None:
            columns.append(numbers[indices[:, i], None])
    return np.hstack(columns).astype(np.float32)


def summarise(space: Space, candidates: Sequence[Candidate]) -> Float[np.ndarray, "n kinds"]:
    """How much a candidate has of each kind of choice in all its blocks together.

    Choices whose names differ in digits alone (b0_kernel, b1_kernel) are of one kind, which is told
    by the mean of its numbers or, where options are no numbers, by the share of each option.
    """
    indices = np.asarray(candidates, int).reshape(len(candidates), len(space.choices))
    kinds: dict[str, list[int]] = {}
    for i in _places(space, "architecture"):
        kinds.setdefault(re.sub(r"\d+", "", space.choices[i].name), []).append(i)
    columns: list[np.ndarray] = [np.zeros((len(candidates), 0))]
    for places in kinds.values():
        if len(places) > 1:
            columns.append(_kind(space, indices, places))
    return np.hstack(columns)


def option_numbers(choice: Choice) -> Float[np.ndarray, " options"] | None:
    """The options on a common scale, mean 0 and variance 1; None if they are not all numbers."""
    if len(choice.options) < 2 or not all(isinstance(x, int | float) for x in choice.options):
        return None
    numbers = np.array(choice.options, float)
    if numbers.min() > 0 and numbers.max() >= WIDE * numbers.min():
        numbers = np.log(numbers)
    scaled: Float[np.ndarray, " options"] = (numbers - numbers.mean()) / numbers.std()
    return scaled


def _kind(
    space: Space, indices: np.ndarray, places: Sequence[int]
) -> Float[np.ndarray, "n columns"]:
    """Means of numbers, or shares of options, over the choices at these places."""
    rows = [option_numbers(space.choices[i]) for i in places]
    numbers = [row[indices[:, i]] for i, row in zip(places, rows, strict=True) if row is not None]
    if len(numbers) == len(places):
        mean: Float[np.ndarray, "n columns"] = np.mean(numbers, axis=0)[:, None]
        return mean
    options = sorted({option for i in places for option in space.choices[i].options}, key=str)
    shares = np.zeros((len(indices), len(options)))
    for i in places:
        at = np.array([options.index(option) for option in space.choices[i].options])
        shares[np.arange(len(indices)), at[indices[:, i]]] += 1 / len(places)
    return shares


def _places(space: Space, part: Part) -> list[int]:
    wanted = part == "recipe"
    return [i for i, choice in enumerate(space.choices) if (choice.name in space.recipe) == wanted]
