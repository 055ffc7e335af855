"""MaskGIT's two algorithms: which places training hides, and how sampling fills them in."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

TEMPERATURE = 2.0  # of the choice of places, falling to 0


def draw_mask(shape: Sequence[int], rng: torch.Generator) -> Bool[Tensor, "n y x"]:
    """Which places are hidden: at least one, a share whose cosine law favours many.

    Source: Chang et al., MaskGIT (2022), section 3.3; as in Muse (2023).
    """
    count, height, width = shape
    places = height * width
    share = torch.cos(math.pi / 2 * torch.rand(count, 1, generator=rng))
    hidden = (share * places).ceil().clamp(min=1)
    order = torch.rand(count, places, generator=rng).argsort(1).argsort(1)
    return (order < hidden).reshape(count, height, width)


def fill_in(
    logits: Float[Tensor, "n l codes"],
    codes: Int64[Tensor, "n l"],
    mask: int,
    done: float,
    draws: Sequence[torch.Generator],
) -> Int64[Tensor, "n l"]:
    """The codes after a round of parallel decoding, at the share `done` of all rounds.

    Every open place draws a code; those that the network is least sure of are opened again.

    Source: Chang et al., MaskGIT (2022), section 3.2.
    """
    hidden = codes == mask
    chance = torch.stack([_gumbel((codes.shape[1], logits.shape[2] + 1), each) for each in draws])
    chance = chance.to(logits.device)
    drawn = (logits + chance[..., :-1]).argmax(-1)
    drawn = torch.where(hidden, drawn, codes)
    sure = logits.log_softmax(-1).gather(2, drawn[..., None])[..., 0]
    sure = sure + TEMPERATURE * (1 - done) * chance[..., -1]
    sure = sure.masked_fill(~hidden, math.inf)
    ranks = sure.argsort(1).argsort(1)
    return torch.where((ranks < _open_after(done, codes)) & hidden, mask, drawn)


def open_again(
    codes: Int64[Tensor, "n l"], mask: int, done: float, draws: Sequence[torch.Generator]
) -> Int64[Tensor, "n l"]:
    """The codes of whole pictures with as many random places open as after the share `done`."""
    order = torch.stack([torch.randperm(codes.shape[1], generator=each) for each in draws])
    return torch.where(order.to(codes.device) < _open_after(done, codes), mask, codes)


def _open_after(done: float, codes: Int64[Tensor, "n l"]) -> int:
    """How many places are open after that share of all rounds."""
    return int(codes.shape[1] * math.cos(math.pi / 2 * done))


def _gumbel(shape: tuple[int, int], rng: torch.Generator) -> Float[Tensor, "l codes"]:
    return -torch.log(-torch.log(torch.rand(shape, generator=rng).clamp(1e-20, 1 - 1e-7)))
