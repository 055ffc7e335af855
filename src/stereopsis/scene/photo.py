"""Photo: upright sRGB pixels and the camera that took them."""

from dataclasses import dataclass, replace
from typing import Literal

import cv2

from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera

MIN_SIDE = 32  # px; less shows too little to tell depth by

FocalSource = Literal["exif", "default"]


@dataclass(frozen=True)
class Photo:
    """A picture (h, w, 3) uint8 in sRGB, upright, with its camera.

    `focal_source` says whether the focal length came from the file's EXIF data or is the default
    of a phone's main camera.
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
        size = (self.camera.width, self.camera.height)
        width, height = reduced_size(size, longest_side)
        if (width, height) == size:
            return self
        pixels = cv2.resize(self.pixels, (width, height), interpolation=cv2.INTER_AREA)
        return replace(self, pixels=pixels, camera=self.camera.resized(width, height))


def reduced_size(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """The (width, height) reduced to be this long, or as far as the short side keeps 32 px."""
    scale = max(longest_side / max(size), MIN_SIDE / min(size))
    if scale >= 1.0:
        return size
    return round(size[0] * scale), round(size[1] * scale)
