"""The Fourier lifting of pictures before an autoencoder reads them."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def lift(pictures: Float[Tensor, "n 3 h w"], frequencies: int) -> Float[Tensor, "n c h w"]:
    """The pictures, in -1..1, with sines and cosines of 2^k pi x behind: 3 + 6 k channels.

    Source: Dai et al., Emu (2023), section 3.1, which names a fixed Fourier feature transform and
    gives no frequencies; these are ours.
    """
    waves = [math.pi * 2**k * pictures for k in range(frequencies)]
    return torch.cat([pictures, *(each for x in waves for each in (x.sin(), x.cos()))], 1)


def frequencies_of(channels: int) -> int:
    """The number of frequencies behind so many channels."""
    assert channels >= 3 and (channels - 3) % 6 == 0, f"{channels} channels are no lifted picture"
    return (channels - 3) // 6
