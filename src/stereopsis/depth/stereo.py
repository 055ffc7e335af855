"""Dense disparity of a rectified pair, by a classical matcher's guess and the stereo network."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from stereopsis.depth.fill import fill_from_behind
from stereopsis.depth.match import find_matches
from stereopsis.depth.semiglobal import Disparity, SemiglobalConfig, match_semiglobally
from stereopsis.errors import PhotoError, WeightsError
from stereopsis.runtime.formats import StereoFormat
from stereopsis.runtime.network import Network, open_network
from stereopsis.runtime.weights import find_weights
from stereopsis.scene.arrays import ColorImage, Mask
from stereopsis.scene.photo import MIN_SIDE

RANGE_WIDTH = 180  # px of the glance by which the range of disparities is found
RANGE = (-0.12, 0.42)  # of the picture's width, that it covers
RANGE_SHARES = (1.0, 99.7)  # percentiles of what it finds
RANGE_SLACK = 2.0  # px of the glance
FEWEST_SURE = 50  # pixels of the glance; with less nothing is known of the range
DOUBTFUL = 0.75  # share of sure pixels in the glance, below which sparse matches are asked
ENOUGH_MATCHES = 30
MATCHES_SLACK = 0.15  # of their range, beside RANGE_SLACK
SPECKLE = 30  # pixels of the glance
KNOWN_PX = 2.0  # error to be expected of a pixel that is known well
UNKNOWN_RANGE = (-0.05, 0.25)  # of the width

Other = UInt8[np.ndarray, "rows columns 3"]  # a picture that may be of another size
Range = tuple[float, float]

# A rectified pair, the least and the largest disparity (px) -> disparity of the left, where sure.
Matcher = Callable[[ColorImage, ColorImage, int, int], tuple[Disparity, Mask]]


@dataclass(frozen=True)
class DenseMatch:
    """Disparity (px) of every pixel of one eye of a rectified pair.

    What the left eye sees at x the right eye sees at x - disparity. `error_px` is the error to be
    expected, and `sure` marks where the classical matcher found the same from both eyes.
    """

    disparity: Disparity
    error_px: Disparity
    sure: Mask


def estimate_disparity(
    left: ColorImage, right: Other, network: Network | str | Path | None = None
) -> Disparity:
    """Disparity (px) of every pixel of the left picture of a rectified pair (h, w, 3).

    What the left eye sees at x the right eye sees at x - disparity, at the same row; it is negative
    beyond infinity, as where the eyes are turned apart. The range is found in the pictures. Where
    the right eye sees nothing of a surface, its disparity is guessed from what lies around. Whether
    both show one scene is not asked: estimate_stereo_depth() does that.

    The network is the embedded one, another's .onnx, or one that is open already.

    Raises:
        PhotoError: the pictures are no uint8 colour pictures, differ in size, or are smaller than
            32 px.
        WeightsError: the network is missing or damaged, or none for two eyes.
    """
    for name, image in (("left", left), ("right", right)):
        if not isinstance(image, np.ndarray):
            problem = f"The {name} picture is no array of pixels but {type(image).__name__}."
            raise PhotoError(problem, "Give read_photo(path).pixels.")
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            problem = f"The {name} picture is {image.dtype} of {image.shape}, not uint8 (h, w, 3)."
            raise PhotoError(problem, "Give sRGB pictures with levels from 0 to 255.")
    return match_densely(left, right, open_stereo_network(network)).disparity


def match_densely(
    left: ColorImage, right: Other, network: Network, guess: Matcher = match_semiglobally
) -> DenseMatch:
    """Disparity of the left picture of a rectified pair: see estimate_disparity().

    `guess` is the matcher that goes first.
    """
    height, width = left.shape[:2]
    if left.shape != right.shape:
        problem = f"The left picture is {width} x {height} px and the right one another size."
        raise PhotoError(problem, "Use two pictures of one size.")
    if min(height, width) < MIN_SIDE:
        problem = f"The pictures are {width} x {height} px; a side needs {MIN_SIDE}."
        raise PhotoError(problem, "Use larger pictures.")
    form = stereo_format(network)
    found = find_range(left, right)
    scale = min(1.0, (form.pixels / (height * width)) ** 0.5, _widest(form) / (found[1] - found[0]))
    if scale == 1.0:
        return _match(left, right, found, network, guess)
    size = max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale))
    small_left, small_right = (
        np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        for image in (left, right)
    )
    factor = size[0] / width
    found = found[0] * factor, found[1] * factor
    match = _match(small_left, small_right, found, network, guess)
    return _enlarged(match, (width, height), 1 / factor)


def match_right(left: ColorImage, right: ColorImage, network: Network) -> DenseMatch:
    """The same for the right picture: what it sees at x the left eye sees at x + disparity."""
    match = match_densely(_mirrored(right), _mirrored(left), network)
    return replace(
        match,
        disparity=np.ascontiguousarray(match.disparity[:, ::-1]),
        error_px=np.ascontiguousarray(match.error_px[:, ::-1]),
        sure=np.ascontiguousarray(match.sure[:, ::-1]),
    )


def find_range(left: ColorImage, right: ColorImage) -> Range:
    """The least and the largest disparity (px) that a glance at the pair finds, and some more.

    Where the eyes agree on too little of the glance, as under another light, sparse matches tell.
    """
    height, width = left.shape[:2]
    scale = width / min(RANGE_WIDTH, width)
    size = round(width / scale), max(8, round(height / scale))
    glance = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (left, right)]
    least, most = (int(share * size[0]) for share in RANGE)
    config = SemiglobalConfig(speckle_pixels=SPECKLE)
    disparity, sure = match_semiglobally(glance[0], glance[1], least, most, config)
    if sure.mean() < DOUBTFUL:
        matches = find_matches(left, right)
        if len(matches) >= ENOUGH_MATCHES:
            low, high = np.percentile(matches.left[:, 0] - matches.right[:, 0], RANGE_SHARES)
            slack = MATCHES_SLACK * (high - low) + RANGE_SLACK * scale
            return float(low - slack), float(high + slack)
    if np.count_nonzero(sure) < FEWEST_SURE:
        return UNKNOWN_RANGE[0] * width, UNKNOWN_RANGE[1] * width
    low, high = np.percentile(disparity[sure], RANGE_SHARES)
    return float(low - RANGE_SLACK) * scale, float(high + RANGE_SLACK) * scale


def open_stereo_network(network: Network | str | Path | None) -> Network:
    """The network itself, that of an .onnx file, or the embedded one.

    Raises:
        WeightsError: it is missing or damaged, or none for two eyes.
    """
    if network is None:
        return _embedded_network()
    if not isinstance(network, Network):
        network = open_network(Path(network))
    stereo_format(network)
    return network


def stereo_format(network: Network) -> StereoFormat:
    """What the network looks for.

    Raises:
        WeightsError: it is no network for two eyes.
    """
    form = network.manifest.stereo
    if form is None or len(network.manifest.inputs) != 4:
        problem = f"The network {network.file} is none for two eyes."
        raise WeightsError(problem, "Use one made by stereopsis.train.release_stereo.")
    return form


def _match(
    left: ColorImage, right: ColorImage, found: Range, network: Network, guess: Matcher
) -> DenseMatch:
    """The match of pictures of a size, and with a range, that the network can do."""
    form, multiple = stereo_format(network), network.manifest.multiple
    least, most = int(np.floor(found[0])), int(np.ceil(found[1]))
    shift = _best_shift(least, most, form)
    right = _shifted(right, shift)
    matched, sure = guess(left, right, least + shift, most + shift)
    sure = sure & _is_within(matched - shift)  # not where the shifted picture's border goes on
    filled = fill_from_behind(matched, sure)
    height, width = left.shape[:2]
    below, beside = -height % multiple, -width % multiple

    def padded(array: np.ndarray) -> np.ndarray:
        widened = cv2.copyMakeBorder(array, 0, below, 0, beside, cv2.BORDER_REPLICATE)
        return np.asarray(widened)[None]

    outputs = network.run(
        padded(left), padded(right), padded(filled), padded(sure.astype(np.float32))
    )
    disparity, error_px = (np.ascontiguousarray(out[0, :height, :width]) for out in outputs)
    return DenseMatch(continue_beyond(disparity - np.float32(shift), error_px), error_px, sure)


def continue_beyond(disparity: Disparity, error_px: Disparity) -> Disparity:
    """Disparity (px) of the left picture, continued where the right one does not reach.

    A pixel at x is beyond if x - disparity is outside of the right picture: nothing was seen there
    to match. It takes the disparity of the row's nearest pixel whose expected error is below
    KNOWN_PX, of two the farther one. So does a doubtful pixel that would be beyond with that.
    """
    known = error_px < KNOWN_PX
    if not known.any():
        return disparity
    continued = fill_from_behind(disparity, known)
    return np.where(_is_within(disparity) & _is_within(continued), disparity, continued)


def _is_within(disparity: Disparity) -> Mask:
    """Where what the left picture's pixels match lies in the right one."""
    last = disparity.shape[1] - 1
    column = np.arange(last + 1) - disparity
    return np.asarray((column >= 0) & (column <= last))


def _best_shift(least: int, most: int, form: StereoFormat) -> int:
    """The px by which to move the right picture to the left, for a range of disparities.

    Then the range lies within what the network looks for, and begins at 0 if all of it was above:
    unshifted, the embedded network fails where nothing has less than about 90 px. What the right
    picture loses at its right edge by that, the left one does not show.
    """
    above = max(least - max(0, form.least_px), most - form.most_px)
    return max(0, form.least_px - least) - max(0, above)


def _widest(form: StereoFormat) -> int:
    return form.most_px - form.least_px - 2


def _shifted(image: ColorImage, px: int) -> ColorImage:
    """The picture moved so many pixels to the left; its border's colours go on."""
    if px == 0:
        return image
    matrix = np.array([[1.0, 0, -px], [0, 1, 0]])
    size = (image.shape[1], image.shape[0])
    moved = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def _mirrored(image: ColorImage) -> ColorImage:
    return np.ascontiguousarray(image[:, ::-1])


def _enlarged(match: DenseMatch, size: tuple[int, int], factor: float) -> DenseMatch:
    """The match of pictures of this (width, height), `factor` times as large."""

    def enlarge(values: np.ndarray, method: int) -> np.ndarray:
        return np.asarray(cv2.resize(values, size, interpolation=method))

    return replace(
        match,
        disparity=enlarge(match.disparity, cv2.INTER_LINEAR) * np.float32(factor),
        error_px=enlarge(match.error_px, cv2.INTER_LINEAR) * np.float32(factor),
        sure=enlarge(match.sure.astype(np.uint8), cv2.INTER_NEAREST).astype(np.bool_),
    )


@lru_cache(maxsize=1)
def _embedded_network() -> Network:
    return open_network(find_weights("stereo"))
