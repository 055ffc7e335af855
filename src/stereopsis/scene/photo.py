"""Photo: upright sRGB pixels and the camera that took them."""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera

MIN_SIDE = 32  # px; less shows too little to tell depth by

FocalSource = Literal["exif", "rig", "default"]


@dataclass(frozen=True)
class Photo:
    """A picture (h, w, 3) uint8 in sRGB, upright, with its camera.

    `focal_source` says whether the focal length came from the file's EXIF data, from a calibrated
    rig, or is the default of a phone's main camera.
    """

    pixels: ColorImage
    camera: Camera
    focal_source: FocalSource = "default"

    def __post_init__(self) -> None:
        assert self.pixels.shape[:2] == (self.camera.height, self.camera.width)

    def shrunk(self, longest_side: int) -> "Photo":
        """The photo at most this long, resampled by area; itself if it is no longer.

        Its short side keeps at least 32 px, even where that leaves the long one longer.
        """
        pixels = shrink(self.pixels, longest_side)
        if pixels is self.pixels:
            return self
        height, width = pixels.shape[:2]
        return replace(self, pixels=pixels, camera=self.camera.resized(width, height))


def shrink(image: ColorImage, longest_side: int) -> UInt8[np.ndarray, "rows columns 3"]:
    """The picture as Photo.shrunk has it."""
    height, width = image.shape[:2]
    size = reduced_size((width, height), longest_side)
    if size == (width, height):
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def reduced_size(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """The (width, height) reduced to be this long, or as far as the short side keeps 32 px."""
    scale = max(longest_side / max(size), MIN_SIDE / min(size))
    if scale >= 1.0:
        return size
    return round(size[0] * scale), round(size[1] * scale)
