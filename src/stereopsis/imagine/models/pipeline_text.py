"""Captions as the checkpoints of others read them: CLIP, two CLIPs, or T5."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from stereopsis.imagine.models.generator import Embedded


class ClipReader:
    """The last states of a CLIP text model; padding is read, too, as Stable Diffusion does."""

    def __init__(self, tokenizer: Any, encoder: nn.Module) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder.eval().requires_grad_(False)

    @torch.no_grad()
    def embed(self, captions: Sequence[str]) -> Embedded:
        """As a Reader does."""
        ids = _tokens(self._tokenizer, captions, self._encoder)["input_ids"]
        return _all_read(self._encoder(ids).last_hidden_state)

    def networks(self) -> Sequence[nn.Module]:
        """As a Reader does."""
        return [self._encoder]


class PooledClipReader(ClipReader):
    """States before the last layer, and the projection of the whole caption: aMUSEd's."""

    @torch.no_grad()
    def embed(self, captions: Sequence[str]) -> Embedded:
        """As a Reader does."""
        return _penultimate(self._tokenizer, self._encoder, captions)


class TwoClipsReader:
    """The states of two CLIP text models side by side, and the second's projection: SDXL's."""

    def __init__(
        self,
        tokenizers: tuple[Any, Any],
        encoders: tuple[nn.Module, nn.Module],
        empty_is_zero: bool,
    ) -> None:
        self._tokenizers = tokenizers
        self._encoders = tuple(each.eval().requires_grad_(False) for each in encoders)
        self._empty_is_zero = empty_is_zero

    @torch.no_grad()
    def embed(self, captions: Sequence[str]) -> Embedded:
        """As a Reader does."""
        first, second = (
            _penultimate(tokenizer, encoder, captions)
            for tokenizer, encoder in zip(self._tokenizers, self._encoders, strict=True)
        )
        states = torch.cat([first.states, second.states], 2)
        pooled = second.extras["text_embeds"]
        if self._empty_is_zero:
            told = torch.tensor([caption != "" for caption in captions], device=states.device)
            states = states * told[:, None, None]
            pooled = pooled * told[:, None]
        return Embedded(states, second.mask, {"text_embeds": pooled})

    def networks(self) -> Sequence[nn.Module]:
        """As a Reader does."""
        return list(self._encoders)


class T5Reader:
    """The states of a T5 encoder, padding marked: PixArt's."""

    def __init__(self, tokenizer: Any, encoder: nn.Module, length: int) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder.eval().requires_grad_(False)
        self._length = length

    @torch.no_grad()
    def embed(self, captions: Sequence[str]) -> Embedded:
        """As a Reader does."""
        plain = [caption.lower().strip() for caption in captions]
        tokens = _tokens(self._tokenizer, plain, self._encoder, self._length)
        mask = tokens["attention_mask"]
        states = self._encoder(tokens["input_ids"], attention_mask=mask).last_hidden_state
        return Embedded(states, mask.bool())

    def networks(self) -> Sequence[nn.Module]:
        """As a Reader does."""
        return [self._encoder]


def _penultimate(tokenizer: Any, encoder: nn.Module, captions: Sequence[str]) -> Embedded:
    ids = _tokens(tokenizer, captions, encoder)["input_ids"]
    told = encoder(ids, output_hidden_states=True)
    states: Tensor = told.hidden_states[-2]
    read = _all_read(states)
    pooled = getattr(told, "text_embeds", None)
    return Embedded(states, read.mask, {} if pooled is None else {"text_embeds": pooled})


def _all_read(states: Tensor) -> Embedded:
    return Embedded(states, torch.ones(states.shape[:2], dtype=torch.bool, device=states.device))


def _tokens(
    tokenizer: Any, captions: Sequence[str], encoder: nn.Module, length: int | None = None
) -> dict[str, Tensor]:
    """Numbers of tokens, padded to `length`, else to the tokenizer's own."""
    tokens = tokenizer(
        list(captions), padding="max_length", truncation=True,
        max_length=length or tokenizer.model_max_length, return_tensors="pt",
    )  # fmt: skip
    device = next(encoder.parameters()).device
    return {name: value.to(device) for name, value in tokens.items()}
