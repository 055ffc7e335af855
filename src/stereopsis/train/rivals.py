"""Methods under comparison: our networks, and what they have to beat."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from stereopsis.depth.mono import guess_depth
from stereopsis.runtime.network import open_network
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo

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
