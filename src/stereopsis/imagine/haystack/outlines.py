"""Outlines: the plane shapes that solids are turned or pushed from."""

from collections.abc import Sequence

import numpy as np

Points = Sequence[tuple[float, float]]


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
    curve = [points[0]]
    for a, b, c, d in zip(corners, corners[1:], corners[2:], corners[3:], strict=False):
        for t in (0.25, 0.5, 0.75, 1.0):
            bend = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
            x, y = b + 0.5 * ((c - a) * t + bend)
            curve.append((max(0.0, float(x)), float(y)))
    return curve


def star() -> Points:
    """A star of five points."""
    radii, turns = np.tile([0.5, 0.22], 5), np.arange(10) * np.pi / 5 + np.pi / 2
    return [(r * np.cos(t), 0.45 + r * np.sin(t)) for r, t in zip(radii, turns, strict=True)]


def heart() -> Points:
    """A heart, its point down."""
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [(px / 34, 0.55 + py / 32) for px, py in zip(x, y, strict=True)]


STEM = [(0, 0), (0.025, 0), (0.035, 0.16), (0, 0.16)]
BODY_OF_BOTTLE = [
    (0, 0), (0.19, 0), (0.2, 0.06), (0.2, 0.52), (0.17, 0.62), (0.075, 0.74), (0.07, 0.93),
    (0, 0.93),
]  # fmt: skip
VASE = [
    (0, 0), (0.16, 0), (0.27, 0.2), (0.31, 0.42), (0.24, 0.68), (0.13, 0.84), (0.2, 0.98),
    (0.16, 0.98), (0.09, 0.84), (0.0, 0.7),
]  # fmt: skip
PAWN = [
    (0, 0), (0.3, 0), (0.3, 0.08), (0.22, 0.14), (0.13, 0.3), (0.09, 0.58), (0.2, 0.62),
    (0.1, 0.68), (0, 0.68),
]  # fmt: skip
BELL = [
    (0, 0.12), (0.42, 0.1), (0.4, 0.16), (0.3, 0.3), (0.25, 0.55), (0.18, 0.74), (0, 0.82)
]  # fmt: skip
PEAR = [
    (0, 0.02), (0.18, 0.03), (0.32, 0.18), (0.33, 0.34), (0.24, 0.52), (0.15, 0.7), (0.08, 0.82),
    (0, 0.84),
]  # fmt: skip
APPLE = [
    (0, 0.06), (0.1, 0.02), (0.22, 0.04), (0.38, 0.22), (0.43, 0.46), (0.36, 0.68), (0.2, 0.79),
    (0.08, 0.76), (0, 0.7),
]  # fmt: skip
MUG = [
    (0, 0), (0.3, 0), (0.32, 0.05), (0.32, 0.75), (0.28, 0.75), (0.27, 0.1), (0, 0.08)
]  # fmt: skip
CAR = [
    (-0.56, 0.15), (0.56, 0.15), (0.57, 0.36), (0.36, 0.42), (0.2, 0.62), (-0.22, 0.62),
    (-0.4, 0.42), (-0.57, 0.38),
]  # fmt: skip
ROCKET = [
    (0, 0.12), (0.12, 0.12), (0.19, 0.35), (0.19, 0.55), (0.13, 0.8), (0, 1.0)
]  # fmt: skip
TEAPOT = half_round(0.36, 0.4, 0.34)

FINS = [(-0.38, 0), (-0.1, 0.4), (0.1, 0.4), (0.38, 0), (0, 0.2)]
FIR = [(0, 0.16), (0.38, 0.16), (0.12, 0.46), (0.3, 0.44), (0.09, 0.7), (0.21, 0.69), (0, 1.0)]
SPOUT = [(0.3, 0.2), (0.4, 0.22), (0.58, 0.56), (0.5, 0.58), (0.36, 0.42)]
