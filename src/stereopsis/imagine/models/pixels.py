"""Pictures as networks see them: floats with channels first, and back to uint8."""

from jaxtyping import Float, UInt8
from torch import Tensor


def to_signal(pictures: UInt8[Tensor, "n h w 3"]) -> Float[Tensor, "n 3 h w"]:
    """The pictures in -1..1."""
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1


def to_unit(pictures: UInt8[Tensor, "n h w 3"]) -> Float[Tensor, "n 3 h w"]:
    """The pictures in 0..1, as the autoencoders of masked models read them."""
    return pictures.permute(0, 3, 1, 2).float() / 255


def to_pictures(signal: Float[Tensor, "n 3 h w"]) -> UInt8[Tensor, "n h w 3"]:
    """The nearest pictures."""
    levels = (signal.float() + 1) * 127.5
    return levels.round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous()
