"""Augmentation: training pictures as many other cameras might have taken them.

Each function takes and gives a picture (h, w, 3) float32, 0..255; `strength` 1 is right for
photographs, more for renderings, which vary less by themselves.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.scene.arrays import ColorImage
from stereopsis.train.pack import Frame

FloatImage = Float32[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class Crop:
    """A rectangle of a frame in pixels, mirrored or not."""

    left: float
    top: float
    width: float
    height: float
    mirrored: bool


def random_crop(frame: Frame, aspect: float, rng: np.random.Generator) -> Crop:
    """A large part of the frame, of about this aspect (width / height), often mirrored."""
    height, width = frame.valid.shape
    aspect *= math.exp(rng.uniform(-0.25, 0.25))
    zoom = rng.uniform(0.6, 1.0) if rng.random() < 0.7 else 1.0
    crop_width = min(width, height * aspect) * zoom
    crop_height = min(height, crop_width / aspect)
    left = rng.uniform(0, width - crop_width)
    top = rng.uniform(0, height - crop_height)
    return Crop(left, top, crop_width, crop_height, bool(rng.random() < 0.5))


def take_crop(frame: Frame, crop: Crop, height: int, width: int) -> Frame:
    """The crop, resampled to (height, width).

    Exact inverse depth is taken from the nearest pixel, lest edges become ramps; and so is one
    that is not known everywhere, lest unknown pixels mix into known ones.
    """
    sx, sy = width / crop.width, height / crop.height
    shift_x = -crop.left * sx + sx / 2 - 0.5
    shift_y = -crop.top * sy + sy / 2 - 0.5
    T_crop_from_frame = np.array([[sx, 0, shift_x], [0, sy, shift_y]])
    if crop.mirrored:
        T_crop_from_frame[0] = [-sx, 0, width - 1 - shift_x]
    image = frame.image
    if sx < 0.8:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.35 / sx), np.uint8)

    def resampled(array: np.ndarray, method: int) -> np.ndarray:
        return cv2.warpAffine(
            array, T_crop_from_frame, (width, height), flags=method, borderMode=cv2.BORDER_REPLICATE
        )

    is_smooth = not frame.exact and frame.valid.all()
    depth_method = cv2.INTER_LINEAR if is_smooth else cv2.INTER_NEAREST
    return Frame(
        np.asarray(resampled(image, cv2.INTER_LINEAR), np.uint8),
        np.asarray(resampled(frame.inverse_depth, depth_method), np.float32),
        resampled(frame.valid.view(np.uint8), cv2.INTER_NEAREST).view(np.bool_),
        frame.exact,
    )


def photograph(image: ColorImage, strength: float, rng: np.random.Generator) -> ColorImage:
    """The picture as another camera, in another light, might have taken and stored it."""
    taken = change_light(image.astype(np.float32), strength, rng)
    taken = change_saturation(taken, rng)
    if rng.random() < 0.15:
        taken = darken_rim(taken, rng)
    if rng.random() < 0.2 * strength:
        taken = cv2.GaussianBlur(taken, (0, 0), rng.uniform(0.4, 1.4)).astype(np.float32)
    if rng.random() < 0.3 * strength:
        grain = rng.standard_normal(taken.shape, np.float32)
        taken = taken + np.float32(rng.uniform(1, 8)) * grain
    stored = np.clip(taken, 0, 255).astype(np.uint8)
    return store(stored, rng) if rng.random() < 0.2 else stored


def change_light(image: FloatImage, strength: float, rng: np.random.Generator) -> FloatImage:
    """Other exposure, white balance, contrast and gamma."""
    exposure = math.exp(rng.normal(0, 0.15 * strength))
    balance = np.exp(rng.normal(0, 0.05 * strength, 3)) * exposure
    contrast = math.exp(rng.normal(0, 0.15 * strength))
    gamma = math.exp(rng.normal(0, 0.15 * strength))
    lit = image * balance.astype(np.float32)
    mean = float(lit.mean())
    lit = mean + (lit - mean) * np.float32(contrast)
    return 255 * (np.clip(lit, 0, 255) / 255) ** np.float32(gamma)


def change_saturation(image: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Grey in one picture of ten, paler colours in one of seven, otherwise as it is."""
    draw = rng.random()
    if draw > 0.25:
        return image
    saturation = 0.0 if draw < 0.1 else rng.uniform(0.3, 1.0)
    grey = image.mean(axis=2, keepdims=True)
    return np.asarray(grey + (image - grey) * saturation, np.float32)


def darken_rim(image: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Black or dark rims, as lenses leave them: darkness there is not nearness.

    Dark corners, a barrel or a finger in the way on one side, or a round picture in black.
    """
    height, width = image.shape[:2]
    y, x = np.mgrid[0.5:height, 0.5:width].astype(np.float32)
    kind = rng.choice(["corners", "side", "round"], p=[0.4, 0.4, 0.2])
    softness = rng.uniform(0.005, 0.25) if kind == "corners" else rng.uniform(0.004, 0.06)
    if kind == "corners":
        center = np.array([width, height]) * rng.uniform(0.42, 0.58, 2)
        radius = np.hypot((x - center[0]) / width, (y - center[1]) / height)
        start = rng.uniform(0.38, 0.62)  # 0.5 touches the sides, 0.71 the corners
    elif kind == "side":
        radius, start = _beyond_a_side(x / width, y / height, rng)
    else:
        center = np.array([width, height]) * rng.uniform(0.46, 0.54, 2)
        radius = np.hypot(x - center[0], y - center[1]) / min(height, width)
        start = rng.uniform(0.44, 0.58)
    light = 1 - np.clip((radius - start) / softness, 0, 1)
    floor = rng.uniform(0, 0.5) if rng.random() < 0.4 else 0.0
    return np.asarray(image * (floor + (1 - floor) * light[..., None]), np.float32)


def _beyond_a_side(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Distances (in pictures) from a far-off centre, and where a rim begins on the other side."""
    angle, curve = rng.uniform(0, 2 * np.pi), float(np.exp(rng.uniform(np.log(0.6), np.log(4.0))))
    away = np.array([np.cos(angle), np.sin(angle)])
    # How far the picture reaches on that side, and how much of that the rim takes.
    reach = 0.5 * float(np.abs(away).max())
    clear = reach * rng.uniform(0.3, 1.0)
    center = 0.5 - away * (curve - clear)
    return np.hypot(x - center[0], y - center[1]), curve


def store(image: ColorImage, rng: np.random.Generator) -> ColorImage:
    """The picture after JPEG compression of low to fair quality."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))]
    jpeg = cv2.imencode(".jpg", image, quality)[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
