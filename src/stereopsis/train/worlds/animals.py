"""Animals: four-legged ones that stand, sit or lie, and birds; heads towards +z."""

from dataclasses import dataclass

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.shapes import capsule, cylinder, ellipsoid, tube
from stereopsis.train.worlds.stock import Stock

TRUNK = np.linspace(-0.5, 0.5, 9)  # along the back, in lengths of the trunk
GIRTH = np.array([0.0, 0.7, 0.95, 0.92, 0.88, 0.95, 1.0, 0.8, 0.0])


@dataclass(frozen=True)
class Breed:
    """Proportions in lengths of the trunk: half its thickness, legs, neck, head and tail."""

    girth: float
    leg: float
    neck: float
    head: float
    muzzle: float
    tail: float
    ear: float
    fur: int
    nose: int

    @classmethod
    def sampled(cls, rng: np.random.Generator, stock: Stock) -> "Breed":
        """Something between cat, dog, sheep, cow and horse."""
        fur = stock.photo(rng) if rng.random() < 0.15 else stock.surface(rng, "fur")
        return cls(
            girth=rng.uniform(0.16, 0.3),
            leg=rng.uniform(0.3, 0.85),
            neck=rng.uniform(0.08, 0.45),
            head=rng.uniform(0.2, 0.4),
            muzzle=rng.uniform(0.5, 1.3),
            tail=rng.uniform(0.1, 0.8),
            ear=rng.uniform(0.25, 0.8),
            fur=fur,
            nose=stock.surface(rng, "dark"),
        )


def animal(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A four-legged animal about `size` metres long, feet at height 0."""
    breed = Breed.sampled(rng, stock)
    pose = [_standing, _standing, _sitting, _lying][rng.integers(4)]
    body = pose(rng, breed)
    lowest = float(body.vertices[:, 1].max())
    scale = size / float(np.ptp(body.vertices, axis=0).max())
    return body.placed([0, -lowest, 0]).placed(np.zeros(3), scale=scale).labelled(Semantic.ANIMAL)


def bird(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A perching or standing bird about `size` metres long."""
    plumage = stock.surface(rng, "fur", "cloth", "dark")
    beak, breast = stock.surface(rng, "food", "dark"), stock.surface(rng, "fur", "cloth")
    leg, fat = rng.choice([0.1, 0.25, 0.8]), rng.uniform(0.26, 0.42)
    tilt = turn(0, rng.uniform(0.1, 1.0))
    body = ellipsoid(np.array([fat, fat, 0.75]), plumage).placed([0, fat / 2, 0], None)
    front = ellipsoid(np.array([0.9 * fat, 0.9 * fat, 0.5]), breast).placed([0, 0.52 * fat, 0.14])
    tail = ellipsoid(np.array([0.6 * fat, 0.05, 0.5]), plumage).placed([0, 0, -0.5])
    trunk = join([body, front, tail]).placed([0, -leg - 0.4 * fat, 0], tilt)
    throat = tilt @ np.array([0, -0.05, 0.3]) + [0, -leg - 0.4 * fat, 0]
    rise = rng.choice([0.12, 0.2, 0.6])
    crown = throat + np.array([0, -rise, rng.uniform(0.02, 0.15)])
    head = ellipsoid(np.array([0.2, 0.2, 0.24]), plumage).placed(crown + np.array([0, 0.1, 0]))
    bill = capsule(
        crown + np.array([0, 0, 0.08]),
        crown + np.array([0, 0.02, rng.uniform(0.17, 0.4)]),
        0.03,
        0.005,
        beak,
    )
    parts = [trunk, capsule(throat, crown, 0.11, 0.08, plumage), head, bill]
    for side in (-1, 1):
        eye = ellipsoid(np.array([0.03, 0.035, 0.035]), stock.surface(rng, "dark"))
        parts.append(eye.placed(crown + np.array([side * 0.09, -0.005, 0.05])))
        foot = [side * 0.08, 0, 0.02]
        parts.append(capsule([side * 0.08, -leg - 0.2 * fat, 0], foot, 0.025, 0.015, beak))
        wing = ellipsoid(np.array([0.05, 0.7 * fat, 0.62]), plumage)
        parts.append(wing.placed([side * 0.47 * fat, -leg - 0.1 * fat, 0], tilt))
    return join(parts).placed(np.zeros(3), scale=size).labelled(Semantic.ANIMAL)


def _standing(rng: np.random.Generator, breed: Breed) -> Model:
    height = breed.leg + 0.7 * breed.girth
    parts = [_trunk(breed).placed([0, -height, 0]), _tail(rng, breed, [0, -height, -0.47])]
    for x in (-0.55, 0.55):
        for z in (-0.34, 0.34):
            hip = np.array([x * breed.girth, -height + 0.1 * breed.girth, z])
            parts.append(_leg(breed, hip, rng.normal(0, 0.1)))
    parts.append(_neck_and_head(rng, breed, np.array([0, -height - 0.3 * breed.girth, 0.4])))
    return join(parts)


def _sitting(rng: np.random.Generator, breed: Breed) -> Model:
    """Upright on its haunches, as dogs and cats do."""
    upright = turn(0, rng.uniform(0.7, 1.1))
    seat = np.array([0, -0.3 * breed.girth, -0.3])
    middle = seat + upright @ [0, 0, 0.42] + [0, -0.5 * breed.girth, 0]
    parts = [
        _trunk(breed).placed(middle, upright),
        _tail(rng, breed, seat + np.array([0, 0, -0.15])),
    ]
    chest = middle + upright @ [0, 0.3 * breed.girth, 0.3]
    for side in (-1, 1):
        shoulder = chest + np.array([side * 0.5 * breed.girth, 0, 0])
        paw = np.array([side * 0.5 * breed.girth, -0.02, chest[2] + 0.06])
        parts.append(capsule(shoulder, paw, 0.45 * breed.girth, 0.07, breed.fur))
        haunch = ellipsoid(np.array([0.8, 1.5, 2.0]) * breed.girth, breed.fur)
        parts.append(
            haunch.placed(seat + np.array([side * 0.75 * breed.girth, 0.3 * breed.girth, 0.05]))
        )
        foot = np.array([side * 0.9 * breed.girth, -0.05, 0.1])
        parts.append(capsule(foot + np.array([0, 0, -0.2]), foot, 0.06, 0.06, breed.fur))
    parts.append(_neck_and_head(rng, breed, middle + upright @ [0, -0.2 * breed.girth, 0.42]))
    return join(parts)


def _lying(rng: np.random.Generator, breed: Breed) -> Model:
    """On its belly, legs stretched out or tucked in."""
    height = 0.85 * breed.girth
    parts = [_trunk(breed).placed([0, -height, 0]), _tail(rng, breed, [0, -0.1, -0.45])]
    for side in (-1, 1):
        for z in (-0.25, 0.3):
            knee = np.array([side * 0.9 * breed.girth, -0.09, z])
            reach = [side * rng.uniform(-0.05, 0.15), 0.02, rng.uniform(0.1, 0.4)]
            parts.append(capsule(knee, knee + reach, 0.09, 0.06, breed.fur))
    parts.append(_neck_and_head(rng, breed, np.array([0, -1.1 * height, 0.4])))
    return join(parts)


def _trunk(breed: Breed) -> Model:
    path = np.stack([0 * TRUNK, -0.12 * breed.girth * np.cos(6 * TRUNK), TRUNK], 1)
    return tube(path, GIRTH * breed.girth, breed.fur, sides=16)


def _leg(breed: Breed, hip: np.ndarray, swing: float) -> Model:
    """From the hip down to height 0, bent at the knee."""
    thick = 0.35 * breed.girth
    foot = np.array([hip[0], 0, hip[2] + swing])
    knee = 0.5 * (hip + foot) + [0, 0, 0.08 * np.sign(hip[2])]
    return join(
        [
            capsule(hip, knee, 1.5 * thick, 0.6 * thick, breed.fur),
            capsule(knee, foot, 0.6 * thick, 0.5 * thick, breed.fur),
        ]
    )


def _neck_and_head(rng: np.random.Generator, breed: Breed, base: np.ndarray) -> Model:
    rise = rng.uniform(-0.3, 1.3)
    nape = base + (breed.neck + 0.3 * breed.head) * np.array([0, -np.sin(rise), np.cos(rise)])
    look = turn(rng.normal(0, 0.5), rng.normal(-0.15, 0.25))
    neck = capsule(base, nape, 0.75 * breed.girth, 0.35 * breed.head, breed.fur)
    return join([neck, _head(breed).placed(nape, look, breed.head)])


def _head(breed: Breed) -> Model:
    """A skull about 1 long with muzzle, nose, eyes and ears."""
    parts = [
        ellipsoid(np.array([0.8, 0.8, 0.95]), breed.fur).placed([0, 0.4, 0]),
        capsule([0, 0.1, 0.2], [0, 0.14, 0.2 + 0.45 * breed.muzzle], 0.28, 0.17, breed.fur),
        ellipsoid(np.array([0.16, 0.12, 0.1]), breed.nose).placed(
            [0, 0.1, 0.32 + 0.45 * breed.muzzle]
        ),
    ]
    for side in (-1, 1):
        eye = ellipsoid(np.array([0.13, 0.13, 0.1]), breed.nose)
        parts.append(eye.placed([side * 0.22, -0.03, 0.37]))
        ear = cylinder(0.17, breed.ear, breed.fur, 0.02).placed([0, 0, 0], np.diag([1, 1, 0.4]))
        parts.append(ear.placed([side * 0.25, -0.25, -0.05], turn(0, 0, side * 0.5)))
    return join(parts)


def _tail(rng: np.random.Generator, breed: Breed, root: np.ndarray | list[float]) -> Model:
    share = np.linspace(0, 1, 7)
    lift, curl = rng.uniform(-0.7, 1.2), rng.uniform(-0.5, 0.5)
    back = -breed.tail * share
    up = np.clip(breed.tail * lift * share, -0.8 * abs(float(root[1])) - 0.001, None)
    path = np.stack([curl * breed.tail * share**2, -up, back], 1) + np.asarray(root)
    return tube(path, 0.05 * (1.1 - share), breed.fur, sides=6)
