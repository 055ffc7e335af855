"""What a picture network takes and what a depth network gives, as far as networks differ in it."""

from dataclasses import dataclass
from typing import Literal

LONGEST_INPUT = 1536  # px; more elongated pictures are squeezed

Channels = Literal["rgb", "bgr"]
Quantity = Literal["inverse_depth", "log_inverse_depth", "depth", "metric_depth"]


@dataclass(frozen=True)
class PictureFormat:
    """How a network wants pictures; as they are, unless it says otherwise.

    A grey level v of 0..255 enters as (v / 255 * white - mean) / std, by channel in the order of
    `channels`. `pixels` is the area, height times width, at which the network is best; a side
    that its input port fixes stays as fixed.
    """

    channels: Channels = "rgb"
    white: float = 255.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    pixels: int = 384 * 288

    @property
    def is_plain(self) -> bool:
        """Whether levels enter unchanged, as 8-bit inputs need."""
        return (self.white, self.mean, self.std) == (255.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@dataclass(frozen=True)
class DepthFormat:
    """What the first output of a depth network means, after multiplication with `sign`.

    inverse_depth: larger is nearer, scale and shift unknown; log_inverse_depth: its natural
    logarithm, of unknown scale and shift of the inverse depth; depth: larger is farther, scale
    unknown, 0 at the camera; metric_depth: metres.
    `mirror`: whether the mean with the answer for the mirror image is worth twice the time.
    `detail_pixels`: the area, height times width, at which a second look at the picture finds
    edges that the first is too coarse for; None if one look is enough.
    """

    quantity: Quantity = "inverse_depth"
    sign: Literal[1, -1] = 1
    mirror: bool = True
    detail_pixels: int | None = None


@dataclass(frozen=True)
class StereoFormat:
    """What a stereo network looks for: disparities from `least_px` to `most_px`.

    `pixels` is the largest area, height times width, of pictures it was made for.
    """

    least_px: int
    most_px: int
    pixels: int
