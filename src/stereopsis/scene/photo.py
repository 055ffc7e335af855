"""Photo: upright sRGB pixels and the camera that took them."""

from dataclasses import dataclass
from typing import Literal

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
