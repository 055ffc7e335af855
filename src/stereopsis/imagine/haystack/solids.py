"""Solids: the shapes that scenes show, each about 1 high, standing on the origin, made of parts."""

from dataclasses import dataclass
from typing import Literal

from stereopsis.imagine.haystack.outlines import (
    APPLE,
    BELL,
    BODY_OF_BOTTLE,
    CAR,
    FINS,
    FIR,
    MUG,
    PAWN,
    PEAR,
    ROCKET,
    SPOUT,
    STEM,
    TEAPOT,
    VASE,
    Points,
    block,
    circle,
    half_round,
    heart,
    smooth,
    star,
)

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
    """A shape by its name in captions."""

    name: str
    parts: tuple[Part, ...]


def _wheels() -> tuple[Part, ...]:
    tyre = [(0.0, -0.06), (0.15, -0.06), (0.15, 0.06), (0.0, 0.06)]
    places = [(x, 0.16, z) for x in (-0.32, 0.32) for z in (-0.24, 0.24)]
    return tuple(Part(tyre, at=place, turn="z", round=0.02, slot=2) for place in places)


SOLIDS = (
    Solid("ball", (Part(half_round(0.42, 0.42, 0.42)),)),
    Solid("cube", (Part(block(0, 0.38, 0.66, 0.66), depth=0.33, round=0.05),)),
    Solid("cone", (Part([(0, 0.02), (0.38, 0.02), (0.01, 0.95), (0, 0.95)], round=0.02),)),
    Solid("bottle", (
        Part(BODY_OF_BOTTLE, round=0.01),
        Part([(0, 0.9), (0.09, 0.9), (0.09, 1.0), (0, 1.0)], round=0.01, slot=2),
        Part([(0.15, 0.16), (0.21, 0.16), (0.21, 0.42), (0.15, 0.42)], slot=1),
    )),
    Solid("vase", (Part(smooth(VASE)),)),
    Solid("mug", (
        Part(MUG, round=0.015),
        Part(circle(0.19, 0, 0.045, 10), at=(0.36, 0.38, 0), turn="z"),
    )),
    Solid("doughnut", (
        Part(circle(0.3, 0.2, 0.19), slot=1), Part(circle(0.3, 0.25, 0.175)),
    )),
    Solid("apple", (Part(smooth(APPLE)), Part(STEM, at=(0, 0.7, 0), round=0.01, slot=2))),
    Solid("pear", (Part(smooth(PEAR)), Part(STEM, at=(0, 0.8, 0), round=0.01, slot=2))),
    Solid("mushroom", (
        Part([(0, 0), (0.13, 0), (0.1, 0.2), (0.11, 0.5), (0, 0.5)], round=0.02, slot=1),
        Part(smooth([(0, 0.46), (0.4, 0.42), (0.44, 0.5), (0.34, 0.76), (0.17, 0.9), (0, 0.94)])),
    )),
    Solid("egg", (Part([(x * (1.08 - 0.25 * y), y) for x, y in half_round(0.46, 0.34, 0.44)]),)),
    Solid("pawn", (Part(PAWN, round=0.015), Part(half_round(0.8, 0.18, 0.18)))),
    Solid("bell", (
        Part(smooth(BELL)), Part(half_round(0.09, 0.09, 0.09), slot=2),
        Part(circle(0.06, 0, 0.025, 10), at=(0, 0.87, 0), turn="z", slot=2),
    )),
    Solid("lamp", (
        Part([(0, 0), (0.22, 0), (0.22, 0.05), (0.03, 0.08), (0.03, 0.6), (0, 0.6)], slot=2),
        Part([(0, 0.5), (0.4, 0.5), (0.22, 0.95), (0, 0.95)], round=0.01),
    )),
    Solid("rocket", (
        Part(ROCKET, round=0.01),
        Part(FINS, depth=0.03, slot=2),
        Part(FINS, depth=0.03, turn="x", slot=2),
        Part(circle(0, 0, 0.075, 12), depth=0.19, at=(0, 0.6, 0), slot=1),
    )),
    Solid("star", (Part(star(), depth=0.1, round=0.04),)),
    Solid("heart", (Part(heart(), depth=0.1, round=0.06),)),
    Solid("house", (
        Part(block(0, 0.27, 0.7, 0.54), depth=0.35, slot=1),
        Part([(-0.46, 0.5), (0.46, 0.5), (0, 0.95)], depth=0.42, round=0.01),
        Part(block(0, 0.17, 0.18, 0.34), depth=0.37, slot=2),
    )),
    Solid("car", (
        Part(CAR, depth=0.24, round=0.04),
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
        Part(FIR),
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
        Part(TEAPOT), Part(half_round(0.72, 0.07, 0.06), slot=2),
        Part(circle(0.19, 0, 0.04, 10), at=(-0.4, 0.4, 0), turn="z"),
        Part(SPOUT, depth=0.03, round=0.03),
    )),
    Solid("candle", (
        Part([(0, 0), (0.15, 0), (0.15, 0.72), (0, 0.7)], round=0.02),
        Part([(0, 0.72), (0.012, 0.72), (0.012, 0.8), (0, 0.8)], slot=2),
        Part([(0, 0.78), (0.05, 0.83), (0.035, 0.92), (0, 1.0)], round=0.01, slot=1),
    )),
)  # fmt: skip
