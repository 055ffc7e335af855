"""Colours, places and lights of scenes, with the words for them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from stereopsis.imagine.haystack import backdrop, noise

Triple = tuple[float, float, float]  # linear light
Rgb = Float64[np.ndarray, " 3"]


@dataclass(frozen=True)
class Light:
    """A time of day or a lamp: its words, key light and sky; `high_deg` over the horizon."""

    name: str
    words: str
    key: Triple
    high_deg: float
    zenith: Triple
    horizon: Triple
    softness: float
    spot: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where a subject stands. What has no colours is painted to go with the subject."""

    name: str
    words: str
    ground: int
    ground_colors: tuple[Triple, Triple] | None
    backdrop: int
    backdrop_colors: tuple[Triple, Triple] | None
    lights: tuple[Light, ...]
    mirror: float = 0.0
    wall: float = 0.0


MORNING = Light(
    "morning", "in the morning", (2.1, 1.75, 1.3), 32, (0.3, 0.48, 0.85), (0.95, 0.8, 0.68), 0.3
)
NOON = Light("noon", "at noon", (2.4, 2.3, 2.15), 62, (0.2, 0.42, 0.95), (0.62, 0.78, 0.98), 0.1)
SUNSET = Light(
    "sunset", "at sunset", (2.4, 1.15, 0.5), 17, (0.22, 0.2, 0.5), (1.15, 0.5, 0.28), 0.3
)
WINDOW = Light(
    "window", "by a window", (1.9, 1.85, 1.75), 42, (0.35, 0.37, 0.4), (0.4, 0.4, 0.4), 0.8
)
SPOT = Light(
    "spotlight", "under a spotlight", (3.0, 2.8, 2.5), 56, (0.1, 0.1, 0.13), (0.13, 0.13, 0.16),
    0.2, 1.5,
)  # fmt: skip
LAMP = Light(
    "lamp", "by lamplight", (2.6, 1.6, 0.75), 45, (0.05, 0.06, 0.13), (0.13, 0.12, 0.2), 0.4, 3.2
)

_SUNNY, _INDOORS = (MORNING, NOON, SUNSET), (MORNING, WINDOW, SPOT, LAMP)
PLACES = (
    Place("table", "on a wooden table", noise.WOOD, ((0.42, 0.22, 0.1), (0.17, 0.07, 0.03)),
          backdrop.WALL, None, _INDOORS, 0.12, 3.4),
    Place("meadow", "on the grass", noise.GRASS, ((0.16, 0.36, 0.05), (0.05, 0.15, 0.02)),
          backdrop.TREES, ((0.04, 0.13, 0.04), (0.1, 0.22, 0.06)), _SUNNY),
    Place("beach", "on a beach", noise.SAND, ((0.72, 0.55, 0.36), (0.5, 0.35, 0.2)),
          backdrop.SEA, ((0.1, 0.3, 0.4), (0.1, 0.3, 0.4)), _SUNNY),
    Place("studio", "in a studio", noise.PLAIN, None, backdrop.STUDIO, None, (WINDOW, SPOT), 0.08),
    Place("street", "on a street at night", noise.ASPHALT, ((0.07, 0.07, 0.09), (0.15, 0.14, 0.15)),
          backdrop.NIGHT, ((0.012, 0.014, 0.03), (0.05, 0.05, 0.09)), (LAMP, SPOT), 0.4),
    Place("snow", "in the snow", noise.SNOW, ((0.86, 0.89, 0.95), (0.6, 0.68, 0.82)),
          backdrop.TREES, ((0.12, 0.2, 0.22), (0.6, 0.66, 0.72)), _SUNNY),
    Place("desert", "in the desert", noise.SAND, ((0.72, 0.4, 0.18), (0.5, 0.24, 0.09)),
          backdrop.DUNES, ((0.62, 0.32, 0.13), (0.42, 0.2, 0.09)), _SUNNY),
    Place("kitchen", "on a tiled floor", noise.TILES, ((0.75, 0.74, 0.7), (0.16, 0.2, 0.24)),
          backdrop.WALL, None, _INDOORS, 0.2, 4.2),
    Place("marble", "on white marble", noise.MARBLE, ((0.82, 0.8, 0.78), (0.36, 0.36, 0.38)),
          backdrop.WALL, None, _INDOORS, 0.3, 3.0),
)  # fmt: skip

COLORS: tuple[tuple[str, Triple], ...] = (
    ("red", (0.62, 0.03, 0.03)), ("orange", (0.8, 0.22, 0.02)), ("yellow", (0.83, 0.58, 0.03)),
    ("green", (0.05, 0.36, 0.06)), ("turquoise", (0.03, 0.42, 0.4)), ("blue", (0.03, 0.1, 0.55)),
    ("purple", (0.23, 0.04, 0.42)), ("pink", (0.82, 0.24, 0.4)), ("white", (0.82, 0.81, 0.78)),
    ("black", (0.025, 0.025, 0.03)),
)  # fmt: skip


def hue_of(color: Rgb) -> float:
    """From 0 to 1 around the circle; of a grey, 0."""
    red, green, blue = color
    return float(np.arctan2(1.732 * (green - blue), 2 * red - green - blue) / (2 * np.pi) % 1)


def paint(hue: float, depth: float, lightness: float) -> Rgb:
    """A wall's colour; `depth` from 0, grey, to 1."""
    turns = 2 * np.pi * (hue + np.array([0, -1 / 3, 1 / 3]))
    return np.asarray(lightness * (1 + depth * 0.9 * np.cos(turns)))


def difference(one: Rgb, other: Rgb) -> float:
    """How different two colours look, from 0 to 1 (half of what parts black from white)."""
    gap = np.cbrt(np.maximum(one, 0)) - np.cbrt(np.maximum(other, 0))
    light, red, blue = gap.mean(), gap[0] - gap[1], gap[1] - gap[2]
    return float(min(1.0, np.sqrt(light**2 + 0.7 * red**2 + 0.4 * blue**2) / 0.5))
