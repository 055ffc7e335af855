"""Evens exposure and colour between the eyes, and tells an eye that saw nothing."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from stereopsis.scene.photo import Photo
from stereopsis.scene.stereo import StereoPair

SAMPLES = 100_000  # pixels that the curves are measured on
QUANTILES = np.linspace(0.02, 0.98, 25)  # the outermost 2 % are glints and clipping
# Of 21 Middlebury pairs with equal exposure none differs by over 8.2 levels, from what one eye
# alone sees; the three with unequal exposure or light differ by 14 to 42.
ALIKE_LEVELS = 9.0
GLANCE_WIDTH, LEAST_LIKENESS = 160, 0.2  # at which the columns that both show are found
LEAST_CONTRAST = 0.5  # deviation of the middle's edges; anything is like a flat middle
STEEPEST = 4.0  # more would only raise noise

Part = UInt8[np.ndarray, "_ _ 3"]  # of a picture

DARK_LEVEL, BRIGHT_LEVEL = 12, 243
UNIFORM_RANGE = 6  # levels


def even_out(pair: StereoPair) -> StereoPair:
    """The pair with the hidden eye's exposure and colours as the shown eye's, and a note of it.

    Measured on the columns that both show, every channel goes through a curve that never falls and
    brings the quantiles of the hidden picture to those of the shown one; it is at most four times
    as steep as the identity. A pair whose quantiles differ by under 9 levels on average comes back
    as it is: so much may come from what only one eye sees.
    """
    hidden = pair.right if pair.shown == "left" else pair.left
    shown = pair.shown_photo.pixels
    given, wanted = (_quantiles(each) for each in _shared(hidden.pixels, shown))
    if np.abs(given - wanted).mean() < ALIKE_LEVELS:
        return pair
    curves = np.stack([_curve(x, y) for x, y in zip(given, wanted, strict=True)], axis=-1)
    evened = replace(hidden, pixels=np.asarray(cv2.LUT(hidden.pixels, curves[None]), np.uint8))
    eye, other = ("right", "left") if pair.shown == "left" else ("left", "right")
    note = (
        f"Exposure or colour differed between the eyes; the {eye} picture was made as the {other}."
    )
    left, right = (evened, pair.right) if eye == "left" else (pair.left, evened)
    return replace(pair, left=left, right=right, notes=(*pair.notes, note))


def is_blank(photo: Photo, name: str = "The picture") -> str | None:
    """A sentence that says how the picture shows nothing; None if it shows something.

    It counts as black or white if 95 % of it is, and as uniform if nine tenths of it, once noise
    is averaged away, lie within 6 levels.
    """
    grey = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
    size = max(8, grey.shape[1] // 8), max(8, grey.shape[0] // 8)
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    dark, bright = np.quantile(small, [0.05, 0.95])
    if bright < DARK_LEVEL:
        return f"{name} is nearly black."
    if dark > BRIGHT_LEVEL:
        return f"{name} is nearly white."
    if bright - dark < UNIFORM_RANGE:
        return f"{name} is nearly uniform."
    return None


def _shared(hidden: Part, shown: Part) -> tuple[Part, Part]:
    """The columns of both pictures that show the same, judged by the middle of the shown one.

    Both whole if nothing in the other is like it, if it is flat, or if they differ in size.
    """
    width = shown.shape[1]
    scale = GLANCE_WIDTH / width
    size = GLANCE_WIDTH, max(8, round(shown.shape[0] * scale))
    if hidden.shape != shown.shape:
        return hidden, shown
    edges = []
    for each in (hidden, shown):
        grey = cv2.cvtColor(
            cv2.resize(each, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        )
        edges.append(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)))
    first, top = GLANCE_WIDTH // 4, size[1] // 8
    middle = edges[1][top : size[1] - top, first : GLANCE_WIDTH - first]
    if middle.std() < LEAST_CONTRAST:
        return hidden, shown
    likeness = cv2.matchTemplate(edges[0], middle, cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, _) = cv2.minMaxLoc(likeness)
    if best < LEAST_LIKENESS:
        return hidden, shown
    shift = round((column - first) / scale)
    return (
        hidden[:, max(shift, 0) : width + min(shift, 0)],
        shown[:, max(-shift, 0) : width + min(-shift, 0)],
    )


def _quantiles(image: Part) -> Float[np.ndarray, "3 q"]:
    """Levels of each channel."""
    step = max(1, int((image.shape[0] * image.shape[1] / SAMPLES) ** 0.5))
    return np.asarray(np.quantile(image[::step, ::step].reshape(-1, 3), QUANTILES, axis=0).T)


def _curve(given: np.ndarray, wanted: np.ndarray) -> UInt8[np.ndarray, "256"]:
    """What each level becomes: straight between the quantiles, black and white stay."""
    ends = np.array([0.0, 255.0])
    levels, index = np.unique(np.concatenate([given, ends]), return_inverse=True)
    targets = np.bincount(index, np.concatenate([wanted, ends])) / np.bincount(index)
    curve = np.interp(np.arange(256), levels, targets)
    rises = np.clip(np.diff(curve), 0.0, STEEPEST)
    gentle = np.concatenate([[0.0], rises.cumsum()])
    middle = round(float(np.median(given)))
    anchored = gentle + curve[middle] - gentle[middle]
    return np.asarray(anchored.round().clip(0, 255), np.uint8)
