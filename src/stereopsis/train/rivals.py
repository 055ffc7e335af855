"""Methods under comparison: our networks, and what they have to beat."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from stereopsis.depth.model import open_depth_model
from stereopsis.depth.mono import guess_depth
from stereopsis.depth.refine import refine
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo, shrink

GUIDE_SIDE = 1024  # px; at this size the package lifts photos at its standard quality
GUIDED_RADIUS = 8  # px
GUIDED_NOISE = 1e-3  # variance of grey levels, white is 1, that is no edge

Method = Callable[[ColorImage], InverseDepth]  # picture (h, w, 3) -> inverse depth of any size


def constant(image: ColorImage) -> InverseDepth:
    """Everything is equally far."""
    return np.zeros(image.shape[:2], np.float32)


def ramp(image: ColorImage) -> InverseDepth:
    """Nearer towards the bottom: the strongest rival that does not look at the picture."""
    rows = np.linspace(0, 1, image.shape[0], dtype=np.float32)
    return np.repeat(rows[:, None], image.shape[1], axis=1)


def released(path: Path, threads: int = 1) -> Method:
    """The network in this .onnx file, used as the package uses it.

    Raises:
        OptionError: there is no such file.
        WeightsError: it is damaged, no depth network, or its manifest is missing or wrong.
    """
    guess = guesses(path, threads)
    return lambda image: guess(image).inverse_depth


def guesses(path: Path, threads: int = 1) -> Callable[[ColorImage], DepthMap]:
    """As `released`, but with all that the network says: its uncertainty too, if it has any."""
    network = open_depth_model(path, threads)

    def guess(image: ColorImage) -> DepthMap:
        camera = Camera.from_focal_35mm(image.shape[1], image.shape[0])
        return guess_depth(Photo(image, camera), network)

    return guess


def remembering(method: Method) -> Method:
    """The method, which answers at once when it is asked for the same picture twice in a row."""
    last: list[tuple[ColorImage, InverseDepth]] = []

    def guess(image: ColorImage) -> InverseDepth:
        if not last or last[0][0] is not image:
            last[:] = [(image, method(image))]
        return last[0][1]

    return guess


def refined(method: Method) -> Method:
    """The method followed by the package's own edge cleaning, as every 3D photo gets it."""

    def guess(image: ColorImage) -> InverseDepth:
        answer = method(image)
        known = np.ones(answer.shape, np.bool_)
        depth = DepthMap.relative(answer, known, "mono", "A guess under evaluation.")
        return refine(depth, shrink(image, GUIDE_SIDE)).inverse_depth

    return guess


def nearest(method: Method) -> Method:
    """The method enlarged without interpolation: the least that sharp depth has to beat."""

    def guess(image: ColorImage) -> InverseDepth:
        size = (image.shape[1], image.shape[0])
        return np.asarray(cv2.resize(method(image), size, interpolation=cv2.INTER_NEAREST))

    return guess


def guided(method: Method) -> Method:
    """The method followed by a guided filter, the usual way to put depth on a photo's edges.

    Source: He et al., Guided Image Filtering (2010), with the photo's grey levels as guide.
    """

    def guess(image: ColorImage) -> InverseDepth:
        guide = np.asarray(cv2.cvtColor(shrink(image, GUIDE_SIDE), cv2.COLOR_RGB2GRAY), np.float32)
        guide /= 255
        depth = cv2.resize(method(image), guide.shape[::-1], interpolation=cv2.INTER_LINEAR)
        window = (2 * GUIDED_RADIUS + 1,) * 2
        guide_mean, depth_mean = cv2.blur(guide, window), cv2.blur(depth, window)
        covariance = cv2.blur(guide * depth, window) - guide_mean * depth_mean
        variance = cv2.blur(guide * guide, window) - guide_mean * guide_mean
        gain = covariance / (variance + GUIDED_NOISE)
        shift = depth_mean - gain * guide_mean
        return np.asarray(cv2.blur(gain, window) * guide + cv2.blur(shift, window), np.float32)

    return guess
