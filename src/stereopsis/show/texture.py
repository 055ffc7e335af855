"""Texture to JPEG or WebP bytes, at a given quality or within a given number of bytes."""

from typing import Literal

import cv2
import numpy as np

from stereopsis.errors import OutputError
from stereopsis.scene.arrays import ColorImage

TextureFormat = Literal["jpeg", "webp"]
LOWEST_QUALITY = 40  # below, blocks show on skies

_HALF_COLOUR = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420


def encode_texture(texture: ColorImage, texture_format: TextureFormat, quality: int) -> bytes:
    """The texture as JPEG (4:2:0, optimised Huffman tables) or lossy WebP; quality is 1 to 100.

    Raises:
        OutputError: the format cannot hold a picture of this size.
    """
    if texture_format == "jpeg":
        settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _HALF_COLOUR]
        limit = 65_500
    else:
        settings = [cv2.IMWRITE_WEBP_QUALITY, quality]
        limit = 16_383
    height, width = texture.shape[:2]
    if max(height, width) > limit:
        raise OutputError(
            f"The texture has {width} x {height} px; {texture_format} holds {limit} px a side.",
            "Use a smaller photo or a lower quality preset.",
        )
    extension = ".jpg" if texture_format == "jpeg" else ".webp"
    written, encoded = cv2.imencode(extension, cv2.cvtColor(texture, cv2.COLOR_RGB2BGR), settings)
    assert written
    return bytes(encoded)


def encode_within(
    texture: ColorImage, texture_format: TextureFormat, quality: int, byte_budget: int
) -> bytes:
    """The texture at this quality, or at the best lower one that fits into `byte_budget` bytes.

    Where not even LOWEST_QUALITY fits, the result is that one, and larger than the budget. One
    encode where this quality fits, else up to seven: 50 to 100 ms for 2 megapixels of JPEG.
    """
    best = encode_texture(texture, texture_format, quality)
    if len(best) <= byte_budget or quality <= LOWEST_QUALITY:
        return best
    best = encode_texture(texture, texture_format, LOWEST_QUALITY)
    if len(best) > byte_budget:
        return best
    low, high = LOWEST_QUALITY + 1, quality - 1
    while low <= high:
        middle = (low + high) // 2
        encoded = encode_texture(texture, texture_format, middle)
        if len(encoded) <= byte_budget:
            best, low = encoded, middle + 1
        else:
            high = middle - 1
    return best


def decode_texture(encoded: bytes) -> ColorImage | None:
    """The picture (h, w, 3) in these JPEG or WebP bytes, or None where they hold none."""
    if not encoded:
        return None
    try:
        decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # the header promises more pixels than OpenCV will hold
        return None
    return None if decoded is None else cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
