"""Faults: what real pairs of eyes get wrong, drawn at random for training.

Functions take and give pictures (h, w, 3) float32, 0..255, unless they say otherwise.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from stereopsis.scene.arrays import ColorImage
from stereopsis.train.augment import FloatImage, change_light, store


@dataclass(frozen=True)
class Misalignment:
    """How far the right eye is off its rows, in pixels: what rectification leaves.

    A point at (x, y) is seen at (x - dx - roll (y - h/2), y + dy + roll (x - w/2)).
    """

    dx: float = 0.0
    dy: float = 0.0
    roll: float = 0.0

    @classmethod
    def sampled(cls, rng: np.random.Generator) -> "Misalignment":
        """Mostly a fraction of a pixel along the rows' normal; a turned eye shifts rows along."""
        is_bad = rng.random() < 0.15
        dy = rng.normal(0, 1.2 if is_bad else 0.25)
        roll = rng.normal(0, 0.004 if is_bad else 0.0008)
        dx = rng.uniform(-24, 24) if rng.random() < 0.35 else 0.0
        return cls(dx, dy, roll)

    def matrix(self, width: int, height: int) -> np.ndarray:
        """The shift as an affine map (2, 3) of the right picture's pixels."""
        x, y, r = width / 2, height / 2, self.roll
        return np.array([[1, -r, r * y - self.dx], [r, 1, self.dy - r * x]])


def photograph_pair(
    left: ColorImage, right: ColorImage, strength: float, rng: np.random.Generator
) -> tuple[ColorImage, ColorImage]:
    """The pair as one camera model might have taken it, with each eye's own faults.

    Light, and how it was stored, is mostly the same for both; exposure, colour, focus, noise,
    bands of a rolling exposure and smudges on the lens are each eye's own.
    """
    common = np.concatenate([left, right], axis=1).astype(np.float32)
    common = change_light(common, strength, rng)
    if rng.random() < 0.12:
        common = np.repeat(common.mean(axis=2, keepdims=True), 3, axis=2)
    eyes = [_own_faults(eye, rng) for eye in np.split(common, 2, axis=1)]
    blur = rng.uniform(0.4, 1.2) if rng.random() < 0.2 else 0.0
    noise = rng.uniform(1, 8) if rng.random() < 0.35 else 0.0
    quality = rng.random() < 0.2
    taken = []
    for eye in eyes:
        if blur:
            eye = cv2.GaussianBlur(eye, (0, 0), blur * rng.uniform(0.8, 1.25))
        if noise:
            eye = eye + np.float32(noise) * rng.standard_normal(eye.shape, np.float32)
        stored = np.clip(eye, 0, 255).astype(np.uint8)
        taken.append(store(stored, rng) if quality else stored)
    return taken[0], taken[1]


def _own_faults(eye: FloatImage, rng: np.random.Generator) -> FloatImage:
    draw = rng.random()
    if draw < 0.35:
        eye = change_light(eye, 0.25, rng)
    elif draw < 0.45:  # other exposure, other lamps
        eye = change_light(eye, 1.0, rng)
    if rng.random() < 0.08:
        eye = band(eye, rng)
    if rng.random() < 0.06:
        eye = smudge(eye, rng)
    if rng.random() < 0.06:
        eye = cv2.GaussianBlur(eye, (0, 0), rng.uniform(0.5, 1.5)).astype(np.float32)
    return eye


def band(eye: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Bright and dark bands: rows exposed one after the other under a flickering lamp."""
    rows = np.linspace(0, rng.uniform(1, 6) * 2 * math.pi, len(eye)) + rng.uniform(0, 7)
    gain = 1 + rng.uniform(0.02, 0.15) * np.sin(rows)
    return eye * gain[:, None, None].astype(np.float32)


def smudge(eye: FloatImage, rng: np.random.Generator) -> FloatImage:
    """A spot of grease on the lens: blurred, pale, with soft borders."""
    height, width = eye.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    center = rng.uniform(0, width), rng.uniform(0, height)
    radius = rng.uniform(0.1, 0.35) * width
    cover = np.clip(1.5 - np.hypot(x - center[0], y - center[1]) / radius, 0, 1)[..., None]
    pale = cv2.GaussianBlur(eye, (0, 0), rng.uniform(1.5, 5))
    pale = pale + (eye.mean() + 40 - pale) * np.float32(rng.uniform(0, 0.4))
    return np.asarray(eye + (pale - eye) * cover, np.float32)
