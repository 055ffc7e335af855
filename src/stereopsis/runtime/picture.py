"""Pictures as a network takes them: layout, order of channels, range of values."""

import numpy as np
from jaxtyping import UInt8

from stereopsis.runtime.formats import PictureFormat
from stereopsis.runtime.manifest import Port


def takes_picture(port: Port) -> bool:
    """Whether the input is a batch of colour pictures, (n, h, w, 3) or (n, 3, h, w)."""
    return len(port.shape) == 4 and 3 in (port.shape[1], port.shape[3])


def picture_sides(port: Port) -> tuple[int | str, int | str]:
    """The height and the width of the pictures, where fixed as numbers, else as names."""
    rows = 2 if _channels_first(port) else 1
    return port.shape[rows], port.shape[rows + 1]


def fill_port(
    images: UInt8[np.ndarray, "n h w 3"], port: Port, picture: PictureFormat
) -> np.ndarray:
    """The sRGB pictures as an array for this input; a view of them where nothing changes."""
    values: np.ndarray = images if picture.channels == "rgb" else images[..., ::-1]
    if port.dtype == "float32":
        std = np.array(picture.std, np.float32)
        gain = np.float32(picture.white / 255) / std
        values = values * gain - np.array(picture.mean, np.float32) / std
    return values.transpose(0, 3, 1, 2) if _channels_first(port) else values


def _channels_first(port: Port) -> bool:
    return port.shape[3] != 3
