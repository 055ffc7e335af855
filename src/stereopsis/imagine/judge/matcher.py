"""Matchers: how well texts fit a picture.

`Matcher` is fitted on captioned pictures: it predicts what a backbone sees from what a text says.
`ClipMatcher` is a model of CLIP's kind, for those who have one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from jaxtyping import Float

from stereopsis.errors import DataError
from stereopsis.imagine.curate.alignment import ClipModel, open_model
from stereopsis.imagine.digest import LENGTH
from stereopsis.imagine.judge.backbone import BackboneConfig, open_backbone
from stereopsis.imagine.judge.pictures import Pictures, in_batches
from stereopsis.imagine.judge.words import TextName, Vectors, read_texts

Fits = Float[np.ndarray, "n k"]


class Matching(Protocol):
    """What tells how well each text fits each picture; only the order for one picture counts."""

    @property
    def digest(self) -> str:
        """What tells it from all others."""
        ...

    def match(self, pictures: Pictures, texts: Sequence[str]) -> Fits:
        """A number for each picture and text, larger where they fit better."""
        ...


@dataclass(frozen=True)
class MatcherConfig:
    """How a matcher is fitted: what looks, what reads, and the penalty on the map between."""

    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    text: TextName = "both"
    ridge: float = 10.0


@dataclass(frozen=True)
class Matcher:
    """A linear map from a text's vector to whitened features; both are centred before."""

    config: MatcherConfig
    text_mean: Float[np.ndarray, " w"]
    seen_mean: Float[np.ndarray, " d"]
    whitening: Float[np.ndarray, "d e"]
    map: Float[np.ndarray, "w e"]

    @property
    def digest(self) -> str:
        """Of its setting and its arrays."""
        digest = hashlib.sha256(str(self.config).encode())
        for array in (self.text_mean, self.seen_mean, self.whitening, self.map):
            digest.update(array.tobytes())
        return digest.hexdigest()[:LENGTH]

    def match(self, pictures: Pictures, texts: Sequence[str]) -> Fits:
        """The cosine between what is seen and what each text lets expect."""
        features = open_backbone(self.config.backbone).look(pictures)
        return self.match_features(features, read_texts(texts, self.config.text))

    def match_features(
        self, features: Float[np.ndarray, "n d"], vectors: Float[np.ndarray, "k w"]
    ) -> Fits:
        """As match(), of features and vectors."""
        seen = _unit((features - self.seen_mean) @ self.whitening)
        told = _unit((vectors - self.text_mean) @ self.map)
        return np.asarray(seen @ told.T)


@dataclass(frozen=True)
class ClipMatcher:
    """A model of CLIP's or SigLIP's kind, opened."""

    model: ClipModel

    @property
    def digest(self) -> str:
        """Of its weights."""
        return self.model.digest

    def match(self, pictures: Pictures, texts: Sequence[str]) -> Fits:
        """The cosine between the embeddings."""
        embed = self.model.embed
        told = _unit(np.concatenate([embed([pictures[0]], [text])[1] for text in texts]))
        seen = [embed(list(batch), [texts[0]] * len(batch))[0] for batch in in_batches(pictures)]
        return np.asarray(_unit(np.concatenate(seen)) @ told.T)


def open_clip(name: str) -> ClipMatcher:
    """The matcher in a folder, or of this ID on the Hugging Face hub, which is then downloaded.

    Raises:
        MissingExtraError: transformers is not installed.
        WeightsError: the model cannot be loaded, or is of another kind.
    """
    return ClipMatcher(open_model(name))


def fit_matcher(
    pictures: Pictures, captions: Sequence[str], config: MatcherConfig = MatcherConfig()
) -> Matcher:
    """The matcher that captioned pictures teach.

    Raises:
        DataError: there are too few pictures.
    """
    features = open_backbone(config.backbone).look(pictures)
    return fit_on_features(features, read_texts(captions, config.text), config)


def fit_on_features(
    features: Float[np.ndarray, "n d"], vectors: Vectors, config: MatcherConfig
) -> Matcher:
    """As fit_matcher(), on what was seen and read.

    Raises:
        DataError: there are too few of them.
    """
    if len(features) < 10:
        raise DataError(
            f"There are {len(features)} captioned pictures to fit a matcher on.",
            "Give 10 or more, better thousands.",
        )
    seen_mean, text_mean = features.mean(0).astype(float), vectors.mean(0).astype(float)
    whitening = _whitening(features - seen_mean)
    told, seen = vectors - text_mean, (features - seen_mean) @ whitening
    scale = np.trace(told.T @ told) / told.shape[1]
    bend = told.T @ told + config.ridge * scale * np.eye(told.shape[1])
    return Matcher(config, text_mean, seen_mean, whitening, np.linalg.solve(bend, told.T @ seen))


def _whitening(centred: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d e"]:
    """What makes all directions of the features vary alike, the faintest ones held down."""
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    floor = 0.01 * values.mean()
    return np.asarray(axes / np.sqrt(np.maximum(values, 0) + floor))


def _unit(rows: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
