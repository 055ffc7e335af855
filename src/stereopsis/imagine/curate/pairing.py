"""Pairing: how well a caption fits a picture, as far as words predict an eye's features.

A stand-in for CLIP that needs no download: fitted on pairs of the haystack itself, most of which
must be right, it knows the words that it has seen and nothing else.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stereopsis.errors import DataError
from stereopsis.imagine.curate.eye import EyeName
from stereopsis.imagine.curate.fitted_file import read_fitted, to_fitted

KIND = "pairing"
SLOTS = 4096  # words are told apart by a hash
MOST_PAIRS = 5000  # beyond, a fit takes minutes
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Pairing:
    """A linear map from a caption's words to features; both are centred before."""

    eye: EyeName
    words_mean: Float[np.ndarray, "4096"]
    features_mean: Float[np.ndarray, " d"]
    features_scale: Float[np.ndarray, " d"]
    map: Float[np.ndarray, "4096 d"]

    def score(
        self, features: Float[np.ndarray, "n d"], captions: Sequence[str]
    ) -> Float[np.ndarray, " n"]:
        """The cosine between a picture's features and those that its caption predicts."""
        told = (word_counts(captions) - self.words_mean) @ self.map
        seen = (features - self.features_mean) / self.features_scale
        lengths = np.linalg.norm(told, axis=1) * np.linalg.norm(seen, axis=1)
        return np.asarray((told * seen).sum(1) / np.maximum(lengths, 1e-12))

    def to_bytes(self) -> bytes:
        """A file that read_pairing reads back."""
        arrays = {
            "words_mean": self.words_mean.astype(np.float32),
            "features_mean": self.features_mean.astype(np.float32),
            "features_scale": self.features_scale.astype(np.float32),
            "map": self.map.astype(np.float32),
        }
        return to_fitted(KIND, self.eye, arrays)


def fit_pairing(
    features: Float[np.ndarray, "n d"], captions: Sequence[str], eye: EyeName, ridge: float
) -> Pairing:
    """The map by ridge regression, solved over pairs rather than words.

    Raises:
        DataError: there are too few pairs, or more than MOST_PAIRS.
    """
    if not 2 <= len(captions) <= MOST_PAIRS:
        raise DataError(
            f"There are {len(captions)} pairs to fit on.", f"Give 2 to {MOST_PAIRS} of them."
        )
    words = word_counts(captions)
    words_mean, features_mean = words.mean(0), features.mean(0)
    scale = features.std(0) + 1e-6
    centred = words - words_mean
    seen = (features - features_mean) / scale
    kernel = centred @ centred.T + ridge * np.eye(len(words))
    fitted = centred.T @ np.linalg.solve(kernel, seen)
    return Pairing(eye, words_mean, features_mean, scale, fitted)


def read_pairing(path: Path) -> Pairing:
    """The pairing in a file.

    Raises:
        DataError: the file is missing, damaged or of another kind.
    """
    names = ("words_mean", "features_mean", "features_scale", "map")
    eye, arrays = read_fitted(path, KIND, names)
    return Pairing(eye, *(arrays[name].astype(np.float64) for name in names))


def word_counts(captions: Sequence[str]) -> Float[np.ndarray, "n 4096"]:
    """Which words each caption holds, by slot, as vectors of unit length."""
    counts = np.zeros((len(captions), SLOTS))
    for row, caption in zip(counts, captions, strict=True):
        for word in _WORD.findall(caption.lower()):
            row[zlib.crc32(word.encode("utf-8", "replace")) % SLOTS] = 1
    return np.asarray(counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1))
