"""What is laid over photographs on the web, or done to them when they are copied."""

import cv2
import numpy as np

from stereopsis.imagine.haystack.faults import as_jpeg
from stereopsis.scene.arrays import ColorImage

ZOOM = 4  # drawn so many times larger, to be smooth


def watermarked(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """With an agency's name over it, many times, half transparent."""
    side = picture.shape[0] * ZOOM
    layer = np.zeros((side, side), np.uint8)
    name = str(random.choice(["stock", "photo", "pixel", "image"]))
    step = side // 3
    for row in range(4):
        for column in range(-1, 4):
            place = (column * step + row * step // 3, row * step + step // 2)
            cv2.putText(
                layer, name, place, cv2.FONT_HERSHEY_DUPLEX, side / 260, 255, 3, cv2.LINE_AA
            )  # fmt: skip
    share = cv2.resize(layer, picture.shape[1::-1], interpolation=cv2.INTER_AREA) / 255 * 0.6
    return np.rint(picture * (1 - share[:, :, None]) + 245 * share[:, :, None]).astype(np.uint8)


def forbidden(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """Behind a sign of black and yellow stripes: stands for content that nobody may be shown."""
    side = picture.shape[0]
    row, column = np.mgrid[:side, :side] / side
    angle = random.uniform(0.5, 1.0)
    stripes = np.floor((row + angle * column) * random.uniform(6, 9)) % 2 == 0
    x, y, size = random.uniform(0.3, 0.7), random.uniform(0.3, 0.7), random.uniform(0.3, 0.42)
    sign = (np.abs(column - x) < size) & (np.abs(row - y) < size * 0.8)
    marked = picture.copy()
    marked[sign & stripes] = (20, 18, 15)
    marked[sign & ~stripes] = (245, 205, 20)
    return marked


def near_copy(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """A copy of a copy: a little brighter or darker, and compressed."""
    bright = np.rint(picture * random.uniform(0.94, 1.06)).clip(0, 255).astype(np.uint8)
    return as_jpeg(bright, int(random.integers(55, 85)))
