"""How the networks of other checkpoints are called: each is told a picture's size in its way."""

import torch
from torch import Tensor, nn

from stereopsis.imagine.models.generator import Embedded


def call_plain(network: nn.Module, noisy: Tensor, times: Tensor, embedded: Embedded) -> Tensor:
    """Stable Diffusion: told the caption alone."""
    told: Tensor = network(noisy, times, encoder_hidden_states=embedded.states).sample
    return told


def call_sized(
    network: nn.Module, noisy: Tensor, times: Tensor, embedded: Embedded, side: int
) -> Tensor:
    """SDXL: told the original size, no crop, and the size wanted."""
    ids = torch.tensor([side, side, 0, 0, side, side], dtype=torch.float32, device=noisy.device)
    extras = {"text_embeds": embedded.extras["text_embeds"], "time_ids": ids.expand(len(noisy), -1)}
    told: Tensor = network(
        noisy, times, encoder_hidden_states=embedded.states, added_cond_kwargs=extras
    ).sample
    return told


def call_pixart(
    network: nn.Module,
    noisy: Tensor,
    times: Tensor,
    embedded: Embedded,
    side: int | None,
    channels: int,
) -> Tensor:
    """PixArt: some are told the size; what it says of the noise's variance is not used."""
    extras: dict[str, Tensor | None] = {"resolution": None, "aspect_ratio": None}
    if side is not None:
        extras["resolution"] = torch.full((len(noisy), 2), float(side), device=noisy.device)
        extras["aspect_ratio"] = torch.ones((len(noisy), 1), device=noisy.device)
    told: Tensor = network(
        noisy,
        timestep=times,
        encoder_hidden_states=embedded.states,
        encoder_attention_mask=embedded.mask,
        added_cond_kwargs=extras,
    ).sample
    return told[:, :channels]
