"""Methods under comparison: our networks, and what they have to beat."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from stereopsis.depth.mono import guess_depth
from stereopsis.depth.refine import refine
from stereopsis.runtime.network import open_network
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo

GUIDE_SIDE = 1024  # px; at this size the package lifts photos at its standard quality

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
        WeightsError: it or its manifest is missing or damaged.
    """
    network = open_network(path, threads)

    def guess(image: ColorImage) -> InverseDepth:
        camera = Camera.from_focal_35mm(image.shape[1], image.shape[0])
        return guess_depth(Photo(image, camera), network).inverse_depth

    return guess


def refined(method: Method) -> Method:
    """The method followed by the package's own edge cleaning, as every 3D photo gets it."""

    def guess(image: ColorImage) -> InverseDepth:
        answer = method(image)
        known = np.ones(answer.shape, np.bool_)
        zoom = min(1.0, GUIDE_SIDE / max(image.shape[:2]))
        size = (round(image.shape[1] * zoom), round(image.shape[0] * zoom))
        guide = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        depth = DepthMap.relative(answer, known, "mono", "A guess under evaluation.")
        return refine(depth, guide).inverse_depth

    return guess
