"""Painted surfaces that are what they look like: walls, wood, cloth, skin, fur, grass, paving."""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float

from stereopsis.scene.arrays import ColorImage
from stereopsis.train.worlds.paint import smooth_noise
from stereopsis.train.worlds.texture import SIDE

Surface = Literal[
    "wall", "wood", "cloth", "skin", "hair", "fur", "grass", "soil", "paving", "masonry", "bark",
    "metal", "white", "dark", "food",
]  # fmt: skip
Color = Float[np.ndarray, "3"]
Relief = Float[np.ndarray, "s s"]


def paint_surface(rng: np.random.Generator, surface: Surface) -> ColorImage:
    """A picture of this surface in one of its colours; all but walls repeat without a seam."""
    color, relief, grain = PAINTERS[surface](rng)
    fine = 1 + grain * rng.normal(size=(SIDE, SIDE, 1))
    return np.asarray(np.clip(color * relief[..., None] * fine, 0, 255), np.uint8)


def _wall(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    """Plain paint as light falls on it: a soft lobe somewhere, darker towards the corners."""
    row, column = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    corner = np.minimum(np.minimum(row, 1 - row), np.minimum(column, 1 - column))
    dark = rng.uniform(0, 0.35) * np.exp(-corner / rng.uniform(0.02, 0.15))
    lamp = np.hypot(row - rng.uniform(-0.2, 1.2), column - rng.uniform(-0.2, 1.2))
    lobe = rng.uniform(0, 0.5) * np.exp(-((lamp / rng.uniform(0.3, 1.0)) ** 2))
    slope = rng.normal(0, 0.12) * (row - 0.5) + rng.normal(0, 0.12) * (column - 0.5)
    rough = rng.choice([0.0, 0.004, 0.015]) * smooth_noise(rng, 16, 3)
    return _pale(rng, 120, 245), 0.85 - dark + lobe + slope + rough, 0.004


def _wood(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    color = _between(rng, (70, 40, 22), (222, 186, 140))
    figure = cv2.resize(smooth_noise(rng, 6, 4)[:, : SIDE // 12], (SIDE, SIDE)).T
    planks = int(rng.choice([1, 2, 4, 8]))
    tone = (1 + rng.normal(0, 0.06, planks)).repeat(SIDE // planks)
    gap = np.where(np.arange(SIDE) % (SIDE // planks) < 2, rng.uniform(0.4, 1.0), 1.0)
    return color, (1 + rng.uniform(0.03, 0.16) * figure) * (tone * gap)[:, None], 0.01


def _cloth(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    folds = rng.uniform(0.02, 0.14) * smooth_noise(rng, int(rng.integers(2, 6)), 2)
    weave = rng.uniform(0, 0.06) * ((np.indices((SIDE, SIDE)).sum(0) % 4) - 1.5)
    return _any_color(rng, 25, 235), 1 + folds + weave, rng.uniform(0, 0.05)


def _skin(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    color = _between(rng, (82, 50, 36), (240, 200, 172))
    return color, 1 + 0.06 * smooth_noise(rng, 4, 3), 0.01


def _hair(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    color = _between(rng, (22, 17, 14), (190, 150, 95))
    return color, 1 + 0.25 * _strands(rng), 0.03


def _fur(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    color = _between(rng, (40, 32, 26), (232, 214, 190))
    kind = rng.integers(3)
    relief = 1 + 0.15 * _strands(rng)
    if kind == 1:  # spotted or patched
        patches = smooth_noise(rng, int(rng.integers(2, 7)), 1) > rng.uniform(0, 1)
        relief = relief * np.where(patches, rng.uniform(0.2, 0.6), 1.0)
    elif kind == 2:  # tabby
        warp = 0.08 * smooth_noise(rng, 3, 2) + np.arange(SIDE)[:, None] / SIDE
        relief = relief * (1 + rng.uniform(0.1, 0.4) * np.sin(2 * np.pi * 7 * warp))
    return color, relief, 0.06


def _grass(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    color = _between(rng, (62, 84, 30), (150, 152, 74))
    return color, 1 + 0.22 * smooth_noise(rng, 16, 4) + 0.2 * _strands(rng), 0.1


def _soil(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    color = _between(rng, (84, 66, 48), (226, 205, 168))
    return color, 1 + rng.uniform(0.04, 0.18) * smooth_noise(rng, 8, 5), 0.05


def _paving(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    relief = 1 + rng.uniform(0.02, 0.1) * smooth_noise(rng, 12, 4)
    if rng.random() < 0.6:  # slabs or cobbles
        relief = relief * _bricks(rng, int(rng.choice([2, 4, 8])), rng.random() < 0.5)
    return _pale(rng, 55, 200), relief, 0.05


def _masonry(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    color = _between(rng, (120, 62, 45), (214, 190, 160))
    bricks = _bricks(rng, int(rng.choice([8, 16])), True)
    return color, bricks * (1 + 0.06 * smooth_noise(rng, 16, 3)), 0.03


def _bark(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    ridges = cv2.resize(smooth_noise(rng, 8, 3)[:, :: SIDE // 32], (SIDE, SIDE))
    return _between(rng, (48, 38, 30), (150, 130, 110)), 1 + 0.3 * ridges, 0.06


def _metal(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    streaks = cv2.resize(rng.normal(0, 0.05, (SIDE, 1)), (SIDE, SIDE))
    return _pale(rng, 30, 210), 1 + streaks, 0.01


def _white(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    return _pale(rng, 200, 250), np.ones((SIDE, SIDE)) + 0.02 * smooth_noise(rng, 3, 2), 0.005


def _dark(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    row = np.linspace(0.7, 1.3, SIDE)[:, None]
    return _pale(rng, 14, 60), row + 0.05 * smooth_noise(rng, 3, 2), 0.01


def _food(rng: np.random.Generator) -> tuple[Color, Relief, float]:
    color = np.array([rng.uniform(150, 250), rng.uniform(60, 220), rng.uniform(20, 110)])
    color = color if rng.random() < 0.75 else color[[1, 0, 2]]
    return color, 1 + rng.uniform(0.03, 0.2) * smooth_noise(rng, int(rng.integers(3, 24)), 3), 0.04


PAINTERS: dict[Surface, Callable[[np.random.Generator], tuple[Color, Relief, float]]] = {
    "wall": _wall,
    "wood": _wood,
    "cloth": _cloth,
    "skin": _skin,
    "hair": _hair,
    "fur": _fur,
    "grass": _grass,
    "soil": _soil,
    "paving": _paving,
    "masonry": _masonry,
    "bark": _bark,
    "metal": _metal,
    "white": _white,
    "dark": _dark,
    "food": _food,
}


def _bricks(rng: np.random.Generator, rows: int, staggered: bool) -> Relief:
    """Courses of blocks with joints, each block a little different."""
    high, wide = SIDE // rows, SIDE // max(1, rows // 2)
    row, column = np.indices((SIDE, SIDE))
    shifted = column + (row // high % 2) * (wide // 2 if staggered else 0)
    tone = 1 + rng.normal(0, rng.uniform(0.02, 0.12), (rows, SIDE // wide + 1))
    joint = (row % high < max(1, high // 14)) | (shifted % wide < max(1, high // 14))
    block = tone[row // high, shifted % SIDE // wide]
    return np.where(joint, rng.uniform(0.55, 1.25), block)


def _strands(rng: np.random.Generator) -> Relief:
    """Upright streaks, standard deviation about 1."""
    noise = rng.normal(size=(SIDE // 8, SIDE))
    return np.asarray(cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def _between(
    rng: np.random.Generator, low: tuple[int, int, int], high: tuple[int, int, int]
) -> Color:
    """A colour near the line between two."""
    share = rng.random()
    return np.asarray((1 - share) * np.array(low) + share * np.array(high) + rng.normal(0, 8, 3))


def _pale(rng: np.random.Generator, darkest: float, lightest: float) -> Color:
    """A colour with little tint."""
    return np.asarray(rng.uniform(darkest, lightest) + rng.normal(0, 9, 3) * rng.choice([0.3, 2.0]))


def _any_color(rng: np.random.Generator, darkest: float, lightest: float) -> Color:
    """Mostly muted, now and then vivid."""
    gray, tint = rng.uniform(darkest, lightest), rng.uniform(darkest, lightest, 3)
    return np.asarray(gray + (tint - gray) * rng.choice([0.15, 0.5, 1.0], p=[0.5, 0.35, 0.15]))
