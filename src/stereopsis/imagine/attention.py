"""Attention that a processor is quick to go back through."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

# More places of an encoded picture, and each layer's attention would be kept in too much memory.
MOST_PLACES = 32 * 32


def quick_attention(encoded: torch.Tensor, precision: str) -> AbstractContextManager[None]:
    """How to attend while training on pictures encoded like these, forward and backward.

    PyTorch's fused attention is slow to go back through in bfloat16 on a processor; written out as
    two products it makes steps of our models 1.3 times as fast.
    """
    places = encoded.shape[-2] * encoded.shape[-1]
    if encoded.device.type == "cpu" and precision == "bf16" and places <= MOST_PLACES:
        return sdpa_kernel(SDPBackend.MATH)
    return nullcontext()
