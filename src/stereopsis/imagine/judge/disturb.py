"""Disturbances: what changes a picture without giving it the target look.

Judges are fitted with copies so disturbed, and then attacked with stronger or other ones.
"""

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.imagine.judge.subject import subject_mask
from stereopsis.scene.arrays import ColorImage


def saturate(picture: ColorImage, gain: float) -> ColorImage:
    """Colours so many times as far from grey of the same brightness."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    return _clipped(grey + gain * (picture - grey))


def sharpen(picture: ColorImage, amount: float) -> ColorImage:
    """Edges enhanced by an unsharp mask of one pixel's deviation."""
    own = picture.astype(np.float32)
    return _clipped(own + amount * (own - cv2.GaussianBlur(own, (0, 0), 1.0)))


def vignette(picture: ColorImage, depth: float) -> ColorImage:
    """Corners darkened by that share, the middle as it was."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return _clipped(picture * (1 - depth * (x**2 + y**2) / 2)[..., None])


def blur_background(picture: ColorImage, sigma: float) -> ColorImage:
    """All but the subject blurred by so many pixels' deviation."""
    share = cv2.GaussianBlur(subject_mask(picture).astype(np.float32), (0, 0), 1.0)[..., None]
    soft = cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.float32)
    return _clipped(share * picture + (1 - share) * soft)


def blur(picture: ColorImage, sigma: float) -> ColorImage:
    """All of it blurred by so many pixels' deviation."""
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def recompress(picture: ColorImage, quality: int) -> ColorImage:
    """As a JPEG of this quality (1 to 100) gives it back."""
    data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    back = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert back is not None
    return np.ascontiguousarray(back[:, :, ::-1])


def resize_path(picture: ColorImage, share: float) -> ColorImage:
    """By bilinear steps to that share of its side, and back."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (max(1, round(share * width)), max(1, round(share * height))))
    return cv2.resize(small, (width, height))


def contrast(picture: ColorImage, gain: float) -> ColorImage:
    """Values so many times as far from the picture's mean."""
    own = picture.astype(np.float32)
    return _clipped(own.mean() + gain * (own - own.mean()))


def draw_disturbed(picture: ColorImage, random: np.random.Generator) -> ColorImage:
    """One disturbance, or two different ones, of a strength drawn by chance."""
    for kind in random.permutation(len(_DRAWN))[: 1 + int(random.integers(2))]:
        picture = _DRAWN[kind](picture, random.uniform())
    return picture


# Strength 0 to 1; each has mild ends, such as come from encoders and scaling alone.
_DRAWN = (
    lambda picture, u: saturate(picture, 0.4 + 1.6 * u),
    lambda picture, u: sharpen(picture, 2 * u),
    lambda picture, u: vignette(picture, 0.1 + 0.8 * u),
    lambda picture, u: blur_background(picture, 0.5 + 2.5 * u),
    lambda picture, u: blur(picture, 0.3 + 1.2 * u),
    lambda picture, u: recompress(picture, int(20 + 75 * u)),
    lambda picture, u: resize_path(picture, 0.4 + 0.6 * u),
    lambda picture, u: contrast(picture, 0.6 + 0.8 * u),
)


def _clipped(values: Float32[np.ndarray, "h w 3"] | np.ndarray) -> ColorImage:
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)
