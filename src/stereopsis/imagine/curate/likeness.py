"""Likeness: what of a picture is kept to find its near duplicates, in 40 bytes.

A perceptual hash of 64 bits finds candidates; a sketch of 256 bits of its features confirms them.
"""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from stereopsis.imagine.curate.sample import Features
from stereopsis.scene.arrays import ColorImage

HASH_SIDE = 8
SAMPLED_SIDE = 32
SKETCH_BITS = 256
SEED = 20230915  # of the random directions; sketches compare only if made with the same

Sketch = UInt8[np.ndarray, "32"]
_ONES = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)


def perceptual_hash(pixels: ColorImage) -> int:
    """64 bits that recompression and resizing hardly change: the signs of low frequencies.

    Each says whether a coefficient of the cosine transform of the grey picture, squeezed to
    32 x 32, is above the median of the 64 lowest; the very lowest, brightness, is left out.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SAMPLED_SIDE, SAMPLED_SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:HASH_SIDE, :HASH_SIDE].copy()
    low[0, 0] = np.median(low.ravel()[1:])
    bits = np.packbits(low.ravel() > np.median(low))
    return int.from_bytes(bits.tobytes(), "big")


def sketch_of(features: Features) -> Sketch:
    """256 bits: on which side of so many random planes the features lie.

    The share in which two sketches differ estimates the angle between the features, over pi.

    Source: Charikar, Similarity Estimation Techniques from Rounding Algorithms (2002), section 3.
    """
    return np.packbits(features @ _directions(len(features)) > 0)


def bits_between(one: np.ndarray, many: np.ndarray) -> np.ndarray:
    """In how many bits each row of bytes differs from the one."""
    return np.asarray(_ONES[many ^ one].sum(-1, dtype=np.int64))


@lru_cache(maxsize=4)
def _directions(length: int) -> Float32[np.ndarray, "d 256"]:
    random = np.random.default_rng(SEED)
    return random.standard_normal((length, SKETCH_BITS)).astype(np.float32)
