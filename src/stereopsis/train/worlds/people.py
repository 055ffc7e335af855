"""People: clothed bodies of round limbs, standing, walking or sitting, faces towards +z."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.shapes import capsule, cushion, cylinder, ellipsoid, tube
from stereopsis.train.worlds.stock import Stock

Posture = Literal["standing", "walking", "sitting"]
THIGH, SHIN, UPPER_ARM, FOREARM = 0.245, 0.235, 0.165, 0.15  # shares of the height
HIP, SHOULDER = 0.52, 0.81
WAIST_UP = np.array([0.0, 0.05, 0.12, 0.2, 0.26, 0.3, 0.32])  # above the hips
TORSO_WIDTH = np.array([0.07, 0.088, 0.08, 0.098, 0.1, 0.07, 0.035])  # half of it


@dataclass(frozen=True)
class Clothes:
    """Textures of what is seen of somebody."""

    skin: int
    hair: int
    shirt: int
    trousers: int
    shoes: int
    bare_arms: bool

    @classmethod
    def sampled(cls, rng: np.random.Generator, stock: Stock) -> "Clothes":
        """Shirts of any cloth or photo."""
        shirt = stock.photo(rng) if rng.random() < 0.25 else stock.surface(rng, "cloth")
        return cls(
            stock.surface(rng, "skin"),
            stock.surface(rng, "hair"),
            shirt,
            stock.surface(rng, "cloth", "cloth", "dark"),
            stock.surface(rng, "dark", "cloth"),
            bool(rng.random() < 0.4),
        )


def person(
    rng: np.random.Generator, stock: Stock, size: float, posture: Posture | None = None
) -> Model:
    """Somebody who is, or standing would be, `size` metres tall; feet (seated: too) at height 0."""
    chosen = posture or ("standing", "walking", "sitting")[rng.choice(3, p=[0.6, 0.3, 0.1])]
    clothes, build = Clothes.sampled(rng, stock), rng.uniform(0.85, 1.35)
    lean = turn(0, rng.normal(0, 0.08), rng.normal(0, 0.05))
    hip = HIP if chosen != "sitting" else SHIN + 0.07
    upper = [_torso(rng, clothes, build), _head(rng, clothes)]
    upper += [_arm(rng, clothes, side, build) for side in (-1, 1)]
    if rng.random() < 0.2:
        bag = cushion([0.17, 0.24, 0.1], stock.surface(rng, "cloth"), 0.5)
        upper.append(bag.placed([0, -0.06, -0.11 * build]))
    parts = [join(upper).placed([0, -hip, 0], lean)]
    if chosen != "sitting" and rng.random() < 0.2:  # a skirt or coat
        hem = rng.uniform(0.15, 0.36)
        skirt = cylinder(rng.uniform(0.1, 0.15), hip + 0.04 - hem, clothes.shirt, 0.075 * build)
        parts.append(skirt.placed([0, -hem, 0]))
    stride = rng.choice([-1, 1]) * rng.uniform(0.2, 0.5) if chosen == "walking" else 0.0
    for side in (-1, 1):
        parts.append(_leg(rng, clothes, side, hip, side * stride, chosen == "sitting"))
    body = join(parts)
    lowest = float(body.vertices[:, 1].max())
    stood = body.placed([0, -lowest, 0]).placed(np.zeros(3), scale=size)
    return stood.labelled(Semantic.PERSON)


def bust(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """Head, neck and shoulders, `size` metres high."""
    clothes = Clothes.sampled(rng, stock)
    upper = join([_torso(rng, clothes, 1.2), _head(rng, clothes)])
    height = -float(upper.vertices[:, 1].min())
    cut = upper.placed([0, 0.12, 0]).placed(np.zeros(3), scale=size / (height - 0.12))
    return cut.labelled(Semantic.PERSON)


def _torso(rng: np.random.Generator, clothes: Clothes, build: float) -> Model:
    """From the hips at the origin to the neck, flat from front to back."""
    path = np.stack([0 * WAIST_UP, -WAIST_UP, 0 * WAIST_UP], 1)
    belly = 1 + rng.uniform(0, 0.3) * np.exp(-(((WAIST_UP - 0.08) / 0.06) ** 2))
    trunk = tube(path, TORSO_WIDTH * build * belly, clothes.shirt, sides=20)
    flat = trunk.placed(np.zeros(3), np.diag([1.0, 1.0, rng.uniform(0.58, 0.72)]))
    seat = ellipsoid(np.array([0.17 * build, 0.13, 0.14 * build]), clothes.trousers)
    neck = capsule([0, -0.28, 0], [0, -0.37, 0.01], 0.032, 0.03, clothes.skin)
    return join([flat, seat.placed([0, 0.05, 0]), neck])


def _head(rng: np.random.Generator, clothes: Clothes) -> Model:
    """Head with nose, eyes and hair, turned a little; above hips at the origin."""
    dark = clothes.hair
    parts = [
        ellipsoid(np.array([0.094, 0.13, 0.112]), clothes.skin).placed([0, 0.065, 0]),
        ellipsoid(np.array([0.02, 0.035, 0.03]), clothes.skin).placed([0, 0.02, 0.055]),
        ellipsoid(np.array([0.045, 0.008, 0.01]), dark).placed([0, 0.038, 0.047]),
    ]
    for side in (-1, 1):
        eye = ellipsoid(np.array([0.016, 0.009, 0.01]), dark)
        parts.append(eye.placed([side * 0.021, -0.008, 0.049]))
        ear = ellipsoid(np.array([0.012, 0.032, 0.02]), clothes.skin)
        parts.append(ear.placed([side * 0.047, 0.015, 0]))
    cap = ellipsoid(np.array([0.105, 0.12, 0.118]), dark)
    if rng.random() < 0.9:
        parts.append(cap.placed([0, rng.uniform(0.02, 0.045), -0.014]))
    if rng.random() < 0.35:  # long hair
        length = rng.uniform(0.1, 0.24)
        parts.append(cushion([0.11, length, 0.07], dark, 0.7).placed([0, length - 0.02, -0.035]))
    if rng.random() < 0.15:  # a hat
        parts.append(cylinder(0.085, 0.012, clothes.shoes).placed([0, -0.035, 0]))
        parts.append(cylinder(0.055, 0.06, clothes.shoes, 0.05).placed([0, -0.045, 0]))
    nod = turn(rng.normal(0, 0.35), rng.normal(-0.05, 0.15), rng.normal(0, 0.08))
    return join(parts).placed([0, -0.41, 0.015], nod)


def _swung(forward: float, outward: float) -> np.ndarray:
    """A unit vector straight down, swung forward (+z) and outward (+x)."""
    level = np.array([np.sin(outward), 0, np.cos(outward) * np.sin(forward)])
    return np.asarray(level + np.array([0, np.cos(outward) * np.cos(forward), 0]))


def _arm(rng: np.random.Generator, clothes: Clothes, side: int, build: float) -> Model:
    """Arm and hand, hanging, bent or raised; above hips at the origin."""
    raised = rng.random() < 0.12
    forward = rng.uniform(1.2, 2.8) if raised else rng.normal(0.1, 0.3)
    outward = abs(rng.normal(0.12, 0.25))
    shoulder = np.array([side * 0.105 * build, HIP - SHOULDER + 0.02, 0])
    mirror = np.array([side, 1, 1])
    elbow = shoulder + UPPER_ARM * _swung(forward, outward) * mirror
    bend = forward + rng.choice([rng.uniform(0, 0.5), rng.uniform(0.5, 2.2)])
    wrist = elbow + FOREARM * _swung(bend, outward - rng.uniform(0, 0.6)) * mirror
    hand = wrist + 0.035 * (wrist - elbow) / FOREARM
    sleeve = clothes.skin if clothes.bare_arms else clothes.shirt
    return join(
        [
            capsule(shoulder, elbow, 0.033 * build, 0.027 * build, clothes.shirt),
            capsule(elbow, wrist, 0.027 * build, 0.02, sleeve),
            capsule(wrist, hand, 0.021, 0.024, clothes.skin),
        ]
    )


def _leg(
    rng: np.random.Generator, clothes: Clothes, side: int, hip: float, stride: float, seated: bool
) -> Model:
    """Leg and shoe from the hip, height 0 about at the sole."""
    top = np.array([side * 0.05, -hip, 0])
    forward = rng.uniform(1.3, 1.6) if seated else stride + rng.normal(0, 0.05)
    outward = rng.uniform(0.0, 0.25) if seated else rng.uniform(0.0, 0.1)
    mirror = np.array([side, 1, 1])
    knee = top + THIGH * _swung(forward, outward) * mirror
    below = rng.normal(0, 0.2) if seated else forward - max(0.0, -stride) - 0.05
    ankle = knee + SHIN * _swung(below, 0.0) * mirror
    shoe = cushion([0.055, 0.045, 0.15], clothes.shoes, 0.6)
    return join(
        [
            capsule(top, knee, 0.058, 0.04, clothes.trousers),
            capsule(knee, ankle, 0.04, 0.028, clothes.trousers),
            shoe.placed(ankle + np.array([0, 0.04, 0.035])),
        ]
    )
