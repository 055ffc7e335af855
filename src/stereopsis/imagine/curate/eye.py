"""Eyes: what turns pictures into features that filters share.

`Lite0Eye` is EfficientNet-lite0 with its ImageNet weights, and can tell what a picture shows.
`GridEye` measures colours and edges on a grid: it needs no network and is many times faster, and is
enough to tell duplicates apart.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, Protocol

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.imagine.curate.sample import Matrix, Pictures, Sample
from stereopsis.scene.arrays import ColorImage

EyeName = Literal["lite0", "grid"]

SIDE = 192  # px; pictures are squeezed to this square
GRID = 6  # cells a side


class Eye(Protocol):
    """Pictures to features."""

    def look(self, pictures: Pictures) -> tuple[Matrix, list[str]]:
        """The features of each picture, and the domain that it shows ("" if not known)."""
        ...


class GridEye:
    """Mean colour, contrast and edge strength in each cell of a grid."""

    def look(self, pictures: Pictures) -> tuple[Matrix, list[str]]:
        """As an Eye does; of 5 x GRID x GRID figures, domains unknown."""
        features = [_measure(picture) for picture in pictures]
        return np.array(features, np.float32), [""] * len(features)


@lru_cache(maxsize=1)
def open_eye(name: EyeName) -> Eye:
    """The eye of that name, opened once in a process."""
    if name == "grid":
        return GridEye()
    from stereopsis.imagine.curate.lite0 import Lite0Eye  # imports torch

    return Lite0Eye()


def give_features(samples: Sequence[Sample], eye: Eye) -> None:
    """Fills in features and domain of the samples that lack them; their pixels must be good."""
    blind = [sample for sample in samples if sample.features is None]
    if not blind:
        return
    features, domains = eye.look(np.stack([squeezed(sample.pixels) for sample in blind]))
    for sample, own, domain in zip(blind, features, domains, strict=True):
        sample.features, sample.domain = own, domain


def squeezed(pixels: ColorImage, side: int = SIDE) -> ColorImage:
    """The picture as a square, its aspect lost."""
    return cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)


def _measure(picture: ColorImage) -> Float32[np.ndarray, " d"]:
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32) / 255
    edges = np.hypot(*(cv2.Sobel(lab[..., 0], cv2.CV_32F, *way) for way in ((1, 0), (0, 1))))
    size = (GRID, GRID)
    mean = cv2.resize(lab, size, interpolation=cv2.INTER_AREA)
    square = cv2.resize(lab[..., 0] ** 2, size, interpolation=cv2.INTER_AREA)
    contrast = np.sqrt(np.maximum(square - mean[..., 0] ** 2, 0))
    strength = cv2.resize(edges, size, interpolation=cv2.INTER_AREA)
    return np.concatenate([(mean - 0.5).ravel(), contrast.ravel(), strength.ravel()])
