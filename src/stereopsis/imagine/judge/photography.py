"""What a photographer could measure of a picture: a second opinion that has learnt nothing."""

from dataclasses import dataclass, fields

import cv2
import numpy as np
from jaxtyping import Float

from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.judge.subject import border_mask, subject_mask
from stereopsis.scene.arrays import ColorImage

BLACK, WHITE = 5, 250
EDGE = 40.0  # of Sobel's operator: what counts as one


@dataclass(frozen=True)
class Photography:
    """Statistics of one picture, or their means.

    `clipped` is the share of pixels that are black or white in all colours, `colourful` the
    measure of Hasler and Suesstrunk, `contrast` the deviation of the brightness (0 to 1),
    `subject` the share of the picture that it takes, `thirds` how far its middle is from the next
    crossing of the lines of thirds (in sides of the picture), `clutter` the share of edges along
    the border.
    """

    clipped: float
    colourful: float
    contrast: float
    subject: float
    thirds: float
    clutter: float


STATISTICS = tuple(field.name for field in fields(Photography))


def photography_of(picture: ColorImage) -> Photography:
    """The statistics of a picture."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    mask = subject_mask(picture)
    clipped = (picture.min(2) >= WHITE) | (picture.max(2) <= BLACK)
    return Photography(
        clipped=float(clipped.mean()),
        colourful=colourfulness(picture),
        contrast=float(grey.std() / 255),
        subject=float(mask.mean()),
        thirds=_off_thirds(mask),
        clutter=_border_edges(picture, grey),
    )


def mean_photography(pictures: Pictures) -> Photography:
    """The mean of each statistic."""
    rows = [photography_of(picture) for picture in pictures]
    return Photography(
        *(float(np.mean([getattr(row, name) for row in rows])) for name in STATISTICS)
    )


def colourfulness(picture: ColorImage) -> float:
    """0 for grey pictures; about 100 for very colourful ones.

    Source: Hasler and Suesstrunk, Measuring Colourfulness in Natural Images (2003), section 7.
    """
    red, green, blue = (picture[..., k].astype(np.float64) for k in range(3))
    one, two = red - green, (red + green) / 2 - blue
    spread = np.hypot(one.std(), two.std())
    return float(spread + 0.3 * np.hypot(one.mean(), two.mean()))


def _off_thirds(mask: Float[np.ndarray, "h w"] | np.ndarray) -> float:
    """From the subject's middle to the next of the four crossings."""
    y, x = (places.mean() / size for places, size in zip(np.nonzero(mask), mask.shape, strict=True))
    return float(min(np.hypot(y - v, x - u) for v in (1 / 3, 2 / 3) for u in (1 / 3, 2 / 3)))


def _border_edges(picture: ColorImage, grey: np.ndarray) -> float:
    """The share of the border's pixels that edges run through."""
    strength = np.hypot(
        cv2.Sobel(grey, cv2.CV_32F, 1, 0) / 4, cv2.Sobel(grey, cv2.CV_32F, 0, 1) / 4
    )
    return float((strength > EDGE / 4)[border_mask(picture)].mean())
