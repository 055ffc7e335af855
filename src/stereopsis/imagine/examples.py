"""Examples: pictures encoded once, with their captions, and which of them a step sees."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from stereopsis.imagine.models.generator import Embedded, Generator, join

REMEMBERED = 50_000  # captions whose states are kept


@dataclass(frozen=True)
class Examples:
    """Encoded pictures, one row each (float16, or code numbers), and their captions."""

    encoded: Tensor
    captions: Sequence[str]

    def __post_init__(self) -> None:
        assert len(self.encoded) == len(self.captions)

    def __len__(self) -> int:
        return len(self.captions)

    def batch(self, rows: Sequence[int]) -> Tensor:
        """Those rows as a network reads them: numbers as float32, codes as int64."""
        chosen = self.encoded[torch.as_tensor(rows)]
        return chosen.float() if chosen.is_floating_point() else chosen.long()


def rows_of_batch(first: int, count: int, examples: int, seed: int) -> list[int]:
    """Which rows stand at places `first` to `first + count` of an endless order.

    Each pass through the examples is a new shuffle of all, which seed and pass determine.
    """
    rows: list[int] = []
    while len(rows) < count:
        turn, place = divmod(first + len(rows), examples)
        rows += shuffled(examples, seed, turn)[place : place + count - len(rows)].tolist()
    return rows


def draws_at(place: int, seed: int) -> torch.Generator:
    """The random numbers of one place in a training, which seed and place determine."""
    state = np.random.SeedSequence((seed, place)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state) >> 1)


def shuffled(examples: int, seed: int, turn: int) -> Int64[np.ndarray, " n"]:
    """All row numbers in the order of pass `turn`."""
    return np.random.default_rng((seed, turn)).permutation(examples)


class CaptionMemory:
    """A generator's captions as embedded, each computed once; kept as float16 on the CPU."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._known: dict[str, Embedded] = {}

    def embed(self, captions: Sequence[str]) -> Embedded:
        """The captions, on the generator's device."""
        new = [each for each in dict.fromkeys(captions) if each not in self._known]
        if len(self._known) + len(new) > REMEMBERED:
            self._known.clear()
            new = list(dict.fromkeys(captions))
        if new:
            embedded = self._generator.embed(new)
            half = Embedded(embedded.states.half().cpu(), embedded.mask.cpu(), _cpu(embedded))
            self._known |= {caption: half.row(i) for i, caption in enumerate(new)}
        return join([self._known[each] for each in captions]).to(self._generator.device)


def _cpu(embedded: Embedded) -> dict[str, Tensor]:
    return {name: value.cpu() for name, value in embedded.extras.items()}
