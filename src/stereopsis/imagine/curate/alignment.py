"""The filter for agreement of caption and picture: a CLIP-class model, or a fitted pairing."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from stereopsis.errors import MissingExtraError, WeightsError
from stereopsis.imagine.curate.aesthetic import stacked
from stereopsis.imagine.curate.filters import Numbers, Scorer, check
from stereopsis.imagine.curate.pairing import read_pairing
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.sample import Need, Sample


@dataclass(frozen=True)
class PairingFilter:
    """Keeps pictures that their caption fits, by the pairing in a file."""

    pairing: str
    at_least: float = 0.0

    name: ClassVar[str] = "pairing"
    needs: ClassVar[Need] = "features"

    def __post_init__(self) -> None:
        check(-1 <= self.at_least <= 1, f"at_least of pairing is {self.at_least}", "-1 to 1")

    def rule(self) -> str:
        """What is kept."""
        return f"a caption that fits by {self.at_least:g} or more"

    def margin(self, scores: Numbers) -> Numbers:
        """In cosine."""
        return scores - self.at_least

    def open(self, columns: Columns) -> Scorer:
        """The pairing.

        Raises:
            DataError: the file is missing, damaged or of another kind.
        """
        pairing = read_pairing(Path(self.pairing))
        return lambda samples: pairing.score(stacked(samples), _captions(samples))


@dataclass(frozen=True)
class ClipFilter:
    """Keeps pictures that their caption fits, by a model of CLIP's or SigLIP's kind.

    `model` is a folder, or the ID of one on the Hugging Face hub, which is then downloaded.
    """

    model: str
    at_least: float = 0.25

    name: ClassVar[str] = "clip"
    needs: ClassVar[Need] = "pixels"

    def __post_init__(self) -> None:
        check(-1 <= self.at_least <= 1, f"at_least of clip is {self.at_least}", "-1 to 1")

    def rule(self) -> str:
        """What is kept."""
        return f"a CLIP score of {self.at_least:g} or more"

    def margin(self, scores: Numbers) -> Numbers:
        """In cosine."""
        return scores - self.at_least

    def open(self, columns: Columns) -> Scorer:
        """The model.

        Raises:
            MissingExtraError: transformers is not installed.
            WeightsError: the model cannot be loaded, or is of another kind.
        """
        embed = open_model(self.model).embed

        def score(samples: Sequence[Sample]) -> Numbers:
            seen, told = embed([each.pixels for each in samples], _captions(samples))
            lengths = np.linalg.norm(seen, axis=1) * np.linalg.norm(told, axis=1)
            return np.asarray((seen * told).sum(1) / np.maximum(lengths, 1e-12), np.float64)

        return score


def _captions(samples: Sequence[Sample]) -> list[str]:
    return [sample.row.caption for sample in samples]


@dataclass(frozen=True)
class ClipModel:
    """A model of CLIP's or SigLIP's kind, and what prepares pictures and captions for it."""

    model: Any
    processor: Any

    @cached_property
    def digest(self) -> str:
        """Of its weights."""
        from stereopsis.imagine.digest import digest_of

        return digest_of(self.model)

    def embed(
        self, pictures: list[np.ndarray], captions: list[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The embeddings (n, d) of n pictures, and those of as many captions."""
        import torch

        given = self.processor(
            text=captions, images=pictures, padding="max_length", truncation=True,
            max_length=_longest_text(self.model), return_tensors="pt",
        )  # fmt: skip
        words = {k: given[k] for k in ("input_ids", "attention_mask") if k in given}
        with torch.inference_mode():
            seen = self.model.get_image_features(pixel_values=given["pixel_values"])
            told = self.model.get_text_features(**words)
        return _as_array(seen), _as_array(told)


def open_model(name: str) -> ClipModel:
    """The model in a folder, of which nothing is asked of the hub, or of this ID there.

    Raises:
        MissingExtraError: transformers is not installed.
        WeightsError: the model cannot be loaded, or is of another kind.
    """
    try:
        from transformers import AutoModel, AutoProcessor

        from stereopsis.imagine.models.hub import is_offline
    except ImportError as error:
        raise MissingExtraError(
            "A CLIP score needs transformers, which is not installed.",
            "Run pip install 'stereopsis[imagine]'.",
        ) from error
    try:
        load: Any = AutoProcessor.from_pretrained
        place = Path(name).resolve() if os.path.isdir(name) else name
        local = isinstance(place, Path) or is_offline(name)
        model = AutoModel.from_pretrained(place, local_files_only=local).eval()
        if not (hasattr(model, "get_image_features") and hasattr(model, "get_text_features")):
            raise ValueError(f"it is a {type(model).__name__}")
        return ClipModel(model, load(place, local_files_only=local))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = str(error).strip().partition("\n")[0]
        raise WeightsError(
            f"The model {name} cannot be loaded as one of CLIP's kind ({first}).",
            "Name a folder that holds such a model, or its ID on the Hugging Face hub.",
        ) from error


def _longest_text(model: Any) -> int:
    """How many tokens the model reads: 77 for CLIP, 64 for SigLIP."""
    config = getattr(model.config, "text_config", model.config)
    return int(getattr(config, "max_position_embeddings", 77))


def _as_array(output: Any) -> Any:
    """The embedding; newer versions of transformers wrap it."""
    return getattr(output, "pooler_output", output).numpy()
