"""Solids: the shapes that scenes show, each one high, standing on the origin, made of parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Points = Sequence[tuple[float, float]]
Turn = Literal["y", "z", "x"]
Slot = Literal[0, 1, 2]  # the solid's own colour; pale; dark


@dataclass(frozen=True)
class Part:
    """An outline that is turned around the y axis, or pushed `depth` to both sides along z.

    `turn` then brings y (of a turned outline) or z (of a pushed one) to another axis; `at` is
    where its origin goes; `round` rounds all edges. `depth` None: turned.
    """

    outline: Points
    depth: float | None = None
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn: Turn = "y"
    round: float = 0.0
    slot: Slot = 0


@dataclass(frozen=True)
class Solid:
    """A shape by its name in captions; `article` precedes a colourless name."""

    name: str
    parts: tuple[Part, ...]


def circle(x: float, y: float, radius: float, points: int = 20) -> Points:
    """An outline as round as its corners allow."""
    turns = np.arange(points) * 2 * np.pi / points
    return [(x + radius * np.cos(turn), y + radius * np.sin(turn)) for turn in turns]


def half_round(y: float, radius: float, high: float) -> Points:
    """Half an ellipse on the axis: turned, an egg of that radius and half height `high`."""
    turns = np.linspace(-np.pi / 2, np.pi / 2, 14)
    return [(radius * np.cos(turn), y + high * np.sin(turn)) for turn in turns]


def block(x: float, y: float, width: float, height: float) -> Points:
    """A rectangle by its middle and its whole width and height."""
    right, up = width / 2, height / 2
    return [(x - right, y - up), (x + right, y - up), (x + right, y + up), (x - right, y + up)]


def smooth(points: Points) -> Points:
    """The outline rounded through its points (a Catmull-Rom spline), its two ends kept."""
    corners = np.array([points[0], *points, points[-1]], float)
    curve = [tuple(points[0])]
    for a, b, c, d in zip(corners, corners[1:], corners[2:], corners[3:], strict=False):
        for t in (0.25, 0.5, 0.75, 1.0):
            bend = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
            x, y = b + 0.5 * ((c - a) * t + bend)
            curve.append((max(0.0, float(x)), float(y)))
    return curve


def _star() -> Points:
    radii, turns = np.tile([0.5, 0.22], 5), np.arange(10) * np.pi / 5 + np.pi / 2
    return [(r * np.cos(t), 0.45 + r * np.sin(t)) for r, t in zip(radii, turns, strict=True)]


def _heart() -> Points:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [(px / 34, 0.55 + py / 32) for px, py in zip(x, y, strict=True)]


def _wheels() -> tuple[Part, ...]:
    tyre = [(0.0, -0.06), (0.15, -0.06), (0.15, 0.06), (0.0, 0.06)]
    places = [(x, 0.16, z) for x in (-0.32, 0.32) for z in (-0.24, 0.24)]
    return tuple(Part(tyre, at=place, turn="z", round=0.02, slot=2) for place in places)


_STEM = Part([(0, 0), (0.025, 0), (0.035, 0.16), (0, 0.16)], round=0.01, slot=2)
_BODY_OF_BOTTLE = [
    (0, 0), (0.19, 0), (0.2, 0.06), (0.2, 0.52), (0.17, 0.62), (0.075, 0.74), (0.07, 0.93), (0, 0.93)
]  # fmt: skip
_VASE = [
    (0, 0), (0.16, 0), (0.27, 0.2), (0.31, 0.42), (0.24, 0.68), (0.13, 0.84), (0.2, 0.98),
    (0.16, 0.98), (0.09, 0.84), (0.0, 0.7),
]  # fmt: skip
_PAWN = [
    (0, 0), (0.3, 0), (0.3, 0.08), (0.22, 0.14), (0.13, 0.3), (0.09, 0.58), (0.2, 0.62), (0.1, 0.68),
    (0, 0.68),
]  # fmt: skip
_BELL = [
    (0, 0.12), (0.42, 0.1), (0.4, 0.16), (0.3, 0.3), (0.25, 0.55), (0.18, 0.74), (0, 0.82)
]  # fmt: skip
_PEAR = [
    (0, 0.02), (0.18, 0.03), (0.32, 0.18), (0.33, 0.34), (0.24, 0.52), (0.15, 0.7), (0.08, 0.82),
    (0, 0.84),
]  # fmt: skip
_APPLE = [
    (0, 0.06), (0.1, 0.02), (0.22, 0.04), (0.38, 0.22), (0.43, 0.46), (0.36, 0.68), (0.2, 0.79),
    (0.08, 0.76), (0, 0.7),
]  # fmt: skip
_MUG = [
    (0, 0), (0.3, 0), (0.32, 0.05), (0.32, 0.75), (0.28, 0.75), (0.27, 0.1), (0, 0.08)
]  # fmt: skip
_CAR = [
    (-0.56, 0.15), (0.56, 0.15), (0.57, 0.36), (0.36, 0.42), (0.2, 0.62), (-0.22, 0.62), (-0.4, 0.42),
    (-0.57, 0.38),
]  # fmt: skip
_ROCKET = [
    (0, 0.12), (0.12, 0.12), (0.19, 0.35), (0.19, 0.55), (0.13, 0.8), (0, 1.0)
]  # fmt: skip
_TEAPOT = half_round(0.36, 0.4, 0.34)

SOLIDS = (
    Solid("ball", (Part(half_round(0.42, 0.42, 0.42)),)),
    Solid("cube", (Part(block(0, 0.38, 0.66, 0.66), depth=0.33, round=0.05),)),
    Solid("cone", (Part([(0, 0.02), (0.38, 0.02), (0.01, 0.95), (0, 0.95)], round=0.02),)),
    Solid("bottle", (
        Part(_BODY_OF_BOTTLE, round=0.01),
        Part([(0, 0.9), (0.09, 0.9), (0.09, 1.0), (0, 1.0)], round=0.01, slot=2),
        Part([(0.15, 0.16), (0.21, 0.16), (0.21, 0.42), (0.15, 0.42)], slot=1),
    )),
    Solid("vase", (Part(smooth(_VASE)),)),
    Solid("mug", (
        Part(_MUG, round=0.015),
        Part(circle(0.19, 0, 0.045, 10), at=(0.36, 0.38, 0), turn="z"),
    )),
    Solid("doughnut", (
        Part(circle(0.3, 0.2, 0.19), slot=1), Part(circle(0.3, 0.25, 0.175)),
    )),
    Solid("apple", (Part(smooth(_APPLE)), Part(_STEM.outline, at=(0, 0.7, 0), slot=2))),
    Solid("pear", (Part(smooth(_PEAR)), Part(_STEM.outline, at=(0, 0.8, 0), slot=2))),
    Solid("mushroom", (
        Part([(0, 0), (0.13, 0), (0.1, 0.2), (0.11, 0.5), (0, 0.5)], round=0.02, slot=1),
        Part(smooth([(0, 0.46), (0.4, 0.42), (0.44, 0.5), (0.34, 0.76), (0.17, 0.9), (0, 0.94)])),
    )),
    Solid("egg", (Part([(x * (1.08 - 0.25 * y), y) for x, y in half_round(0.46, 0.34, 0.44)]),)),
    Solid("pawn", (Part(_PAWN, round=0.015), Part(half_round(0.8, 0.18, 0.18)))),
    Solid("bell", (
        Part(smooth(_BELL)), Part(half_round(0.09, 0.09, 0.09), slot=2),
        Part(circle(0.06, 0, 0.025, 10), at=(0, 0.87, 0), turn="z", slot=2),
    )),
    Solid("lamp", (
        Part([(0, 0), (0.22, 0), (0.22, 0.05), (0.03, 0.08), (0.03, 0.6), (0, 0.6)], slot=2),
        Part([(0, 0.5), (0.4, 0.5), (0.22, 0.95), (0, 0.95)], round=0.01),
    )),
    Solid("rocket", (
        Part(_ROCKET, round=0.01),
        Part([(-0.38, 0), (-0.1, 0.4), (0.1, 0.4), (0.38, 0), (0, 0.2)], depth=0.03, slot=2),
        Part([(-0.38, 0), (-0.1, 0.4), (0.1, 0.4), (0.38, 0), (0, 0.2)], depth=0.03, turn="x", slot=2),
        Part(circle(0, 0, 0.075, 12), depth=0.19, at=(0, 0.6, 0), slot=1),
    )),
    Solid("star", (Part(_star(), depth=0.1, round=0.04),)),
    Solid("heart", (Part(_heart(), depth=0.1, round=0.06),)),
    Solid("house", (
        Part(block(0, 0.27, 0.7, 0.54), depth=0.35, slot=1),
        Part([(-0.46, 0.5), (0.46, 0.5), (0, 0.95)], depth=0.42, round=0.01),
        Part(block(0, 0.17, 0.18, 0.34), depth=0.37, slot=2),
    )),
    Solid("car", (
        Part(_CAR, depth=0.24, round=0.04),
        Part([(-0.3, 0.43), (0.27, 0.43), (0.17, 0.58), (-0.19, 0.58)], depth=0.285, slot=1),
        *_wheels(),
    )),
    Solid("duck", (
        Part(half_round(0.26, 0.36, 0.26)), Part(half_round(0.66, 0.2, 0.2), at=(0.18, 0, 0)),
        Part(half_round(0, 0.09, 0.04), at=(0.41, 0.62, 0), slot=2),
        Part([(-0.5, 0.5), (-0.28, 0.3), (-0.2, 0.42)], depth=0.05, round=0.05),
    )),
    Solid("fir tree", (
        Part([(0, 0), (0.07, 0), (0.07, 0.2), (0, 0.2)], slot=2),
        Part([(0, 0.16), (0.38, 0.16), (0.12, 0.46), (0.3, 0.44), (0.09, 0.7), (0.21, 0.69), (0, 1.0)]),
    )),
    Solid("boat", (
        Part([(-0.36, 0), (0.36, 0), (0.5, 0.24), (-0.5, 0.24)], depth=0.14, round=0.03),
        Part([(-0.02, 0.2), (0.02, 0.2), (0.02, 1.0), (-0.02, 1.0)], depth=0.02, slot=2),
        Part([(0.04, 0.3), (0.42, 0.3), (0.04, 0.95)], depth=0.012, slot=1),
    )),
    Solid("hat", (
        Part([(0, 0), (0.5, 0.01), (0.5, 0.05), (0.28, 0.09), (0.24, 0.5), (0, 0.52)], round=0.02),
        Part([(0.2, 0.1), (0.285, 0.1), (0.275, 0.2), (0.2, 0.2)], round=0.01, slot=2),
    )),
    Solid("teapot", (
        Part(_TEAPOT), Part(half_round(0.72, 0.07, 0.06), slot=2),
        Part(circle(0.19, 0, 0.04, 10), at=(-0.4, 0.4, 0), turn="z"),
        Part([(0.3, 0.2), (0.4, 0.22), (0.58, 0.56), (0.5, 0.58), (0.36, 0.42)], depth=0.03, round=0.03),
    )),
    Solid("candle", (
        Part([(0, 0), (0.15, 0), (0.15, 0.72), (0, 0.7)], round=0.02),
        Part([(0, 0.72), (0.012, 0.72), (0.012, 0.8), (0, 0.8)], slot=2),
        Part([(0, 0.78), (0.05, 0.83), (0.035, 0.92), (0, 1.0)], round=0.01, slot=1),
    )),
)  # fmt: skip
