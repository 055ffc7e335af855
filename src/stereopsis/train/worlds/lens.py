"""What a real camera does to a clean render: defocus, vignetting, blur, tint and noise."""

from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.scene.arrays import ColorImage, InverseDepth

DEFOCUS_SIGMAS = (0.0, 1.0, 2.0, 4.0)


def through_lens(
    image: Float32[np.ndarray, "h w 3"], inverse_depth: InverseDepth, rng: np.random.Generator
) -> ColorImage:
    """The render (0..255, linear in what the screen shows) as a photo of an imperfect camera."""
    if rng.random() < 0.3:
        focus = float(np.percentile(inverse_depth, rng.uniform(30, 98)))
        image = defocus(image, inverse_depth, focus, rng.uniform(0.5, 3.0))
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.9))
    if rng.random() < 0.35:
        image = image * _vignette(image.shape[:2], rng)[..., None]
    exposed = image * rng.normal(1.0, 0.04, 3) * _exposure(image, rng)
    gamma = rng.uniform(0.8, 1.25)
    curved = 255 * np.clip(exposed / 255, 0, 1) ** gamma
    noise = rng.normal(0, 1, image.shape) * rng.choice([0.5, 1.5, 4.0, 9.0], p=[0.4, 0.3, 0.2, 0.1])
    return np.asarray(np.clip(curved + noise, 0, 255), np.uint8)


def defocus(
    image: Float32[np.ndarray, "h w 3"],
    inverse_depth: InverseDepth,
    focus: float,
    strength: float,
) -> Float32[np.ndarray, "h w 3"]:
    """The picture of a thin lens: blur grows with the distance from `focus` in inverse depth.

    `strength` is the blur's sigma in pixels where that distance is half of the picture's range.
    """
    span = float(np.ptp(inverse_depth)) + 1e-9
    rough = np.minimum(strength * 2 * np.abs(inverse_depth - focus) / span, DEFOCUS_SIGMAS[-1])
    sigma = np.asarray(cv2.GaussianBlur(rough.astype(np.float32), (0, 0), 1.0))
    result = image.copy()
    blurred = [image] + [cv2.GaussianBlur(image, (0, 0), s) for s in DEFOCUS_SIGMAS[1:]]
    for k, (low, high) in enumerate(pairwise(DEFOCUS_SIGMAS)):
        share = ((sigma - low) / (high - low))[..., None]
        mix = blurred[k] * (1 - share) + blurred[k + 1] * share
        result = np.where((share > 0) & (share <= 1), mix, result)
    return np.asarray(result, np.float32)


def _exposure(image: np.ndarray, rng: np.random.Generator) -> float:
    """The factor by which an automatic camera would brighten or darken the picture."""
    bright = float(np.percentile(image.mean(-1), 90)) + 1e-6
    return float(np.clip(rng.uniform(140, 250) / bright, 0.6, 3.0))


def _vignette(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Dimming towards the corners; now and then a lens barrel that blacks them out."""
    height, width = shape
    rows, columns = np.mgrid[0:height, 0:width]
    center = rng.normal(0.5, 0.03, 2)
    x, y = columns - center[0] * width, rows - center[1] * height
    radius = np.hypot(x, y) / max(width, height)
    if rng.random() < 0.15:
        rim, softness = rng.uniform(0.48, 0.62), rng.uniform(0.004, 0.03)
        return np.asarray(np.clip((rim - radius) / softness, 0, 1))
    return np.asarray(1 - rng.uniform(0.2, 1.4) * radius**2)
