"""What spoils a picture, as a function of the picture and a random source."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from stereopsis.imagine.haystack.shards import from_file
from stereopsis.scene.arrays import ColorImage

WORDS = ("SALE 50%", "FREE PNG", "CLICK HERE", "SAMPLE 01", "BUY NOW", "HOT DEAL")
ZOOM = 4  # text is drawn so many times larger, to be smooth

Spoiler = Callable[[ColorImage, np.random.Generator], ColorImage]


@dataclass(frozen=True)
class Fault:
    """A way to spoil a picture, and what rows call it."""

    name: str
    spoil: Spoiler


def blurred(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """Out of focus by 2 to 4 % of its width."""
    sigma = picture.shape[1] * random.uniform(0.02, 0.04)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def recompressed(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """As a JPEG of very low quality leaves it."""
    return as_jpeg(picture, int(random.integers(3, 10)))


def faded(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """With a quarter to two fifths of its contrast, around a grey."""
    contrast, grey = random.uniform(0.25, 0.4), random.uniform(120, 190)
    return np.rint(grey + (picture - grey) * contrast).clip(0, 255).astype(np.uint8)


def written_over(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """With two words across it."""
    side = picture.shape[1] * ZOOM
    large = cv2.resize(picture, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_CUBIC)
    text = WORDS[int(random.integers(len(WORDS)))]
    scale = side / cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1, 2)[0][0] * 0.95
    place = (round(0.02 * side), round(random.uniform(0.25, 0.95) * side))
    for color, thick in (((255, 255, 255), 14), (random.integers(0, 120, 3).tolist(), 5)):
        cv2.putText(
            large, text, place, cv2.FONT_HERSHEY_DUPLEX, scale, color, thick, cv2.LINE_AA
        )  # fmt: skip
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA))


def cut_off(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """A half of it, enlarged: the subject runs out of the frame at two sides."""
    side = picture.shape[0]
    part = round(side * random.uniform(0.45, 0.6))
    top, left = (int(random.choice([0, side - part])) for _ in range(2))
    cut = picture[top : top + part, left : left + part]
    return np.asarray(cv2.resize(cut, (side, side), interpolation=cv2.INTER_CUBIC))


def as_jpeg(picture: ColorImage, quality: int) -> ColorImage:
    """The picture as it comes back from a JPEG of that quality."""
    coded = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return from_file(np.asarray(coded).tobytes())


FAULTS = (
    Fault("blur", blurred),
    Fault("jpeg", recompressed),
    Fault("low-contrast", faded),
    Fault("text", written_over),
    Fault("crop", cut_off),
)
