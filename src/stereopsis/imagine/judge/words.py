"""What a text says, as a vector: which words it holds, MiniLM's mean state, or both."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float

from stereopsis.imagine.curate.pairing import word_counts

if TYPE_CHECKING:
    from stereopsis.imagine.models.text import StatesReader

AT_ONCE = 64
MEANING = 0.3  # its length beside that of the words, which is 1

TextName = Literal["both", "minilm", "words"]

Vectors = Float[np.ndarray, "n w"]


def read_texts(texts: Sequence[str], name: TextName) -> Vectors:
    """A vector of each text, which does not depend on the others."""
    if name == "words":
        return word_counts(texts)
    meaning = _minilm(texts)
    if name == "minilm":
        return meaning
    lengths = np.linalg.norm(meaning, axis=1, keepdims=True)
    return np.hstack([word_counts(texts), MEANING * meaning / lengths])


@lru_cache(maxsize=1)
def _open_minilm() -> "StatesReader":
    from stereopsis.imagine.models.text import open_minilm  # imports transformers

    return open_minilm()


def _minilm(texts: Sequence[str]) -> Vectors:
    """The mean of the states of each text's tokens, padding left out."""
    found = []
    for first in range(0, len(texts), AT_ONCE):
        embedded = _open_minilm().embed(texts[first : first + AT_ONCE])
        mask = embedded.mask[..., None].float()
        means = (embedded.states.float() * mask).sum(1) / mask.sum(1)
        found.append(means.cpu().numpy())
    return np.concatenate(found)
