"""Faithfulness: how often a matcher finds the right concept among many for a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from stereopsis.errors import DataError
from stereopsis.imagine.judge.matcher import Matching
from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.judge.registration import CANDIDATES

Hits = Bool[np.ndarray, " n"]


@dataclass(frozen=True)
class Choices:
    """What the matcher chooses from: texts, each of one concept; `among` of them at a time."""

    texts: tuple[str, ...]
    among: int = CANDIDATES
    seed: int = 0

    def __post_init__(self) -> None:
        if len(set(self.texts)) < 2:
            raise DataError(
                f"Of {len(self.texts)} texts to choose from, {len(set(self.texts))} are different.",
                "Give two or more, better fifty.",
            )


def retrieved(
    matcher: Matching, pictures: Pictures, wanted: Sequence[str], choices: Choices
) -> Hits:
    """Whether the text of each picture fits it better than every other one of its candidates.

    The candidates of a text are drawn by chance from the choices, and are the same for all arms.
    Where there are fewer than `among`, all are candidates.
    """
    names = tuple(dict.fromkeys([*choices.texts, *wanted]))
    place = {name: k for k, name in enumerate(names)}
    fits = matcher.match(pictures, names)
    hits = []
    for row, text in zip(fits, wanted, strict=True):
        others = _others(text, choices)
        hits.append(all(row[place[text]] > row[place[other]] for other in others))
    return np.array(hits, bool)


def _others(text: str, choices: Choices) -> list[str]:
    """The texts that this one must beat."""
    rest = [other for other in dict.fromkeys(choices.texts) if other != text]
    key = [choices.seed, *text.encode()]
    chosen = np.random.default_rng(key).permutation(len(rest))[: choices.among - 1]
    return [rest[k] for k in chosen]
