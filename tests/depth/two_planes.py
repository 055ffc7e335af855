"""A card before a wall, as two straight eyes see them, with exact disparity."""

from dataclasses import dataclass

import cv2
import numpy as np

from stereopsis.scene.arrays import ColorImage

WIDTH, HEIGHT = 320, 240
FAR_PX, NEAR_PX = 6, 22
CARD = slice(70, 180), slice(110, 210)  # rows and columns of the left picture


@dataclass(frozen=True)
class Seen:
    """The pictures of both eyes and the disparity (px) of each."""

    left: ColorImage
    right: ColorImage
    left_disparity: np.ndarray
    right_disparity: np.ndarray


def two_planes(seed: int = 0) -> Seen:
    """A dark wall and a bright card, both with grain."""
    wall = grain(seed, HEIGHT, WIDTH + 2 * NEAR_PX, 80)
    card = grain(seed + 1, *(part.stop - part.start for part in CARD), 170)
    rows, columns = CARD
    eyes = []
    for right in (0, 1):
        image = wall[:, right * FAR_PX :][:, :WIDTH].copy()
        disparity = np.full((HEIGHT, WIDTH), FAR_PX, np.float32)
        place = rows, slice(columns.start - right * NEAR_PX, columns.stop - right * NEAR_PX)
        image[place], disparity[place] = card, NEAR_PX
        eyes.append((image, disparity))
    return Seen(eyes[0][0], eyes[1][0], eyes[0][1], eyes[1][1])


def grain(seed: int, height: int, width: int, level: float) -> ColorImage:
    """Soft noise of all colours about a level."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    soft = sum(s * cv2.GaussianBlur(noise, (0, 0), s) for s in (1.0, 3.0))
    return np.clip(level + 20 * soft / soft.std(), 0, 255).astype(np.uint8)
