"""Photo: upright sRGB pixels and the camera that took them."""

from dataclasses import dataclass, replace
from typing import Literal

import cv2

from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera

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
        """The photo at most this long, resampled by area; itself if it is no longer."""
        if self.camera.long_side <= longest_side:
            return self
        scale = longest_side / self.camera.long_side
        width = max(1, round(self.camera.width * scale))
        height = max(1, round(self.camera.height * scale))
        pixels = cv2.resize(self.pixels, (width, height), interpolation=cv2.INTER_AREA)
        return replace(self, pixels=pixels, camera=self.camera.resized(width, height))
