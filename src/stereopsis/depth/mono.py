"""Depth from one photo: the embedded network's guess."""

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import UInt8

from stereopsis.errors import PhotoError
from stereopsis.runtime.network import Network, open_network
from stereopsis.runtime.weights import find_weights
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo

NETWORK_PIXELS = 384 * 288  # sharper than the 256 x 192 it mostly trained on, and no less right
SHORTEST_SIDE = 32  # px; a smaller picture shows the network nothing to go by
LONGEST_INPUT = 1536  # px; more elongated pictures are squeezed


def estimate_depth(photo: Photo, network: Network | None = None) -> DepthMap:
    """Relative inverse depth of every pixel of the photo (h, w), as the network guesses it.

    The network (by default the embedded one) sees the photo at about 384 x 288 pixels, and its
    mirror image too: the mean of both answers is better than either. Edges are as soft as that.

    Raises:
        PhotoError: the photo is too small to be judged.
        WeightsError: the network is missing or damaged.
    """
    guess = guess_depth(photo, network)
    size = (photo.camera.width, photo.camera.height)
    enlarged = cv2.resize(guess.inverse_depth, size, interpolation=cv2.INTER_LINEAR)
    return replace(guess, inverse_depth=enlarged, valid=np.ones(size[::-1], np.bool_))


def guess_depth(photo: Photo, network: Network | None = None) -> DepthMap:
    """As `estimate_depth`, but at the network's own size."""
    height, width = photo.pixels.shape[:2]
    if min(height, width) < SHORTEST_SIDE:
        raise PhotoError(
            f"The photo is {width} x {height} px; depth needs {SHORTEST_SIDE} px on the short "
            "side.",
            "Use a larger picture.",
        )
    network = network or _embedded_network()
    size = input_size(width, height, network.manifest.multiple)
    inverse_depth = _guess_with_mirror(resample(photo.pixels, size), network)
    return DepthMap.relative(
        inverse_depth,
        np.ones(inverse_depth.shape, np.bool_),
        "mono",
        f"Guessed from one picture by the network {network.manifest.name} "
        f"{network.manifest.edition}.",
    )


def input_size(width: int, height: int, multiple: int) -> tuple[int, int]:
    """The (width, height) that the network sees: the photo's aspect, about NETWORK_PIXELS."""
    scale = (NETWORK_PIXELS / (width * height)) ** 0.5
    return tuple(  # type: ignore[return-value]
        int(np.clip(round(side * scale / multiple) * multiple, 2 * multiple, LONGEST_INPUT))
        for side in (width, height)
    )


def resample(image: ColorImage, size: tuple[int, int]) -> UInt8[np.ndarray, "rows columns 3"]:
    """The picture at this (width, height): averaged over areas, or interpolated to enlarge it."""
    shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def _guess_with_mirror(image: ColorImage, network: Network) -> InverseDepth:
    """The mean of the network's answers for the picture and for its mirror image."""
    (answers,) = network.run(np.stack([image, image[:, ::-1]]))
    return np.asarray((answers[0] + answers[1][:, ::-1]) / 2, np.float32)


@lru_cache(maxsize=1)
def _embedded_network() -> Network:
    return open_network(find_weights("mono"))
