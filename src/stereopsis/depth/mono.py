"""Depth from one photo: a network's guess, the embedded one's unless another is given."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from stereopsis.depth.detail import transfer_detail
from stereopsis.depth.model import open_depth_model
from stereopsis.depth.predict import Maps, predict
from stereopsis.errors import DepthError, PhotoError
from stereopsis.runtime.formats import LONGEST_INPUT
from stereopsis.runtime.manifest import Manifest
from stereopsis.runtime.network import Network, open_network
from stereopsis.runtime.picture import picture_sides
from stereopsis.runtime.weights import find_weights
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo

SHORTEST_SIDE = 32  # px; a smaller picture shows the network nothing to go by
FAINTEST = 3.0  # grey levels by which a photo must vary, noise averaged away, to show anything
UNSURE = 0.25  # median uncertainty of relative depth from which people are told; 0.1 is usual

SmallerMap = Float32[np.ndarray, "rows columns"]  # than the photo


def estimate_depth(
    photo: Photo,
    network: Network | str | Path | None = None,
    mirror: bool | None = None,
    detail: bool = True,
) -> DepthMap:
    """Inverse depth of every pixel of the photo (h, w), as the network guesses it.

    The network is by default the embedded one; a name or a path is opened for this call, as
    open_depth_model() does, which is better called once for many photos. It sees the photo at the
    size that suits it, about 384 x 288 pixels for the embedded one. With `mirror` it sees the
    mirror image too: the mean of both answers is better than either; without a word its manifest
    decides. With `detail` it sees the photo a second time, larger, if its manifest says that this
    shows it the edges (see transfer_detail). The depth is relative, unless the network gives
    metres. `uncertainty` is there if the network can tell.

    Raises:
        PhotoError: the photo is too small to be judged.
        DepthError: the network finds everything equally far.
        OptionError: there is no network of this name.
        WeightsError: the network is missing or damaged, or its answer is no depth.
    """
    guess = guess_depth(photo, network, mirror, detail)
    size = (photo.camera.width, photo.camera.height)
    uncertainty = None if guess.uncertainty is None else _enlarge(guess.uncertainty, size)
    return replace(
        guess,
        inverse_depth=_enlarge(guess.inverse_depth, size),
        valid=np.ones(size[::-1], np.bool_),
        uncertainty=uncertainty,
    )


def guess_depth(
    photo: Photo,
    network: Network | str | Path | None = None,
    mirror: bool | None = None,
    detail: bool = True,
) -> DepthMap:
    """As `estimate_depth`, but at the network's own size."""
    height, width = photo.pixels.shape[:2]
    if min(height, width) < SHORTEST_SIDE:
        raise PhotoError(
            f"The photo is {width} x {height} px; depth needs {SHORTEST_SIDE} px on the short "
            "side.",
            "Use a larger picture.",
        )
    network = _opened(network)
    mirror = network.manifest.depth.mirror if mirror is None else mirror
    inverse_depth, uncertainty = _look(photo.pixels, network, mirror)
    if detail and network.manifest.depth.detail_pixels is not None:
        inverse_depth = transfer_detail(inverse_depth, _look_closer(photo.pixels, network))
        if uncertainty is not None:
            uncertainty = _enlarge(uncertainty, inverse_depth.shape[::-1])
    return _depth_map(inverse_depth, uncertainty, network)


def doubt_about(depth: DepthMap, photo: Photo) -> str | None:
    """A sentence for people if a network's guess of the photo is hardly one, else None."""
    if depth.source != "mono":
        return None
    if resample(photo.pixels, (32, 32)).std(axis=(0, 1)).max() < FAINTEST:
        return "The photo is nearly the same all over; its depth is made up."
    if depth.scale != "relative" or depth.uncertainty is None:
        return None
    if np.median(depth.uncertainty) <= UNSURE:
        return None
    return "The network is unsure how far things are in this photo; look before you rely on it."


def input_size(
    width: int, height: int, manifest: Manifest, pixels: int | None = None
) -> tuple[int, int]:
    """The (width, height) that the network sees of a photo.

    The photo's aspect, at about this area or that at which the network is best, except for sides
    that the network fixes.
    """
    scale = ((pixels or manifest.picture.pixels) / (width * height)) ** 0.5
    multiple = manifest.multiple
    least = -(-2 * SHORTEST_SIDE // multiple) * multiple
    fixed_height, fixed_width = picture_sides(manifest.inputs[0])

    def fit(side: int, fixed: int | str) -> int:
        if isinstance(fixed, int):
            return fixed
        most = LONGEST_INPUT // multiple * multiple
        return int(np.clip(round(side * scale / multiple) * multiple, least, most))

    return fit(width, fixed_width), fit(height, fixed_height)


def resample(image: ColorImage, size: tuple[int, int]) -> UInt8[np.ndarray, "rows columns 3"]:
    """The picture at this (width, height): averaged over areas, or interpolated to enlarge it."""
    shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def combine_errors(inverse_depth: Maps, error: Maps) -> InverseDepth:
    """The error (h, w) to be expected of the mean of a picture's pass and its mirror's.

    The mean of both passes' errors, and half of what the passes differ by, added as independent
    errors are: the root of the sum of their squares. One pass keeps its error.
    """
    expected = _mean_of_passes(error)
    if len(inverse_depth) == 1:
        return expected
    difference = (inverse_depth[0] - inverse_depth[1][:, ::-1]) / 2
    return np.asarray(np.hypot(expected, difference), np.float32)


def _look(
    pixels: ColorImage, network: Network, mirror: bool
) -> tuple[SmallerMap, SmallerMap | None]:
    """Inverse depth and its uncertainty at the size that suits the network."""
    image = resample(pixels, input_size(pixels.shape[1], pixels.shape[0], network.manifest))
    images = np.stack([image, image[:, ::-1]]) if mirror else image[None]
    seen = predict(network, images)
    inverse_depth = _mean_of_passes(seen.inverse_depth)
    if seen.error is None:
        return inverse_depth, None
    return inverse_depth, combine_errors(seen.inverse_depth, seen.error)


def _look_closer(pixels: ColorImage, network: Network) -> SmallerMap:
    """Inverse depth at the size at which the network sees edges."""
    manifest = network.manifest
    size = input_size(pixels.shape[1], pixels.shape[0], manifest, manifest.depth.detail_pixels)
    return np.asarray(predict(network, resample(pixels, size)[None]).inverse_depth[0])


def _mean_of_passes(maps: Maps) -> InverseDepth:
    """The only map, or the mean of the first and the second, turned back from its mirror image."""
    if len(maps) == 1:
        return np.asarray(maps[0])
    return np.asarray((maps[0] + maps[1][:, ::-1]) / 2, np.float32)


def _depth_map(
    inverse_depth: InverseDepth, uncertainty: InverseDepth | None, network: Network
) -> DepthMap:
    manifest = network.manifest
    known = np.ones(inverse_depth.shape, np.bool_)
    called = f"{manifest.name} {manifest.edition}".strip()
    reason = f"Guessed from one picture by the network {called} ({manifest.licence})."
    try:
        depth = DepthMap.relative(inverse_depth, known, "mono", reason, uncertainty)
    except DepthError as error:
        problem = f"The network {network.file} finds everything in the photo equally far."
        raise DepthError(problem, "Use another network, or give a depth map.") from error
    if manifest.depth.quantity == "metric_depth":
        inverse_depth = np.maximum(inverse_depth, 0)  # sharpened edges may overshoot infinity
        return DepthMap(inverse_depth, known, "metric", "mono", reason, uncertainty)
    return depth


def _enlarge(values: InverseDepth, size: tuple[int, int]) -> Float32[np.ndarray, "rows columns"]:
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _opened(network: Network | str | Path | None) -> Network:
    if network is None:
        return _embedded_network()
    return network if isinstance(network, Network) else open_depth_model(network)


@lru_cache(maxsize=1)
def _embedded_network() -> Network:
    return open_network(find_weights("mono"))
