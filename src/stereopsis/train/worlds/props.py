"""Props: things that stand on a floor, a table or the ground, feet at the origin."""

from dataclasses import replace

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.shapes import box, cutout_card, cylinder, ellipsoid, lathe, rectangle
from stereopsis.train.worlds.stock import Stock


def any_prop(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """Some thing of about this size in metres, turned at random."""
    if stock.things and rng.random() < 0.35:
        thing = stock.things[rng.integers(len(stock.things))].placed(np.zeros(3), scale=1.2 * size)
    else:
        makers = [crate, crate, vessel, vessel, ball, bust, person, animal, plant, pedestal]
        thing = makers[rng.integers(len(makers))](rng, stock, size)
    return thing.placed(np.zeros(3), turn(rng.uniform(0, 2 * np.pi)))


def crate(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A box, now and then tipped over."""
    side, top = stock.paint(rng), stock.material(rng)
    made = box(size * rng.uniform(0.25, 1.1, 3), (side, top, side))
    if rng.random() < 0.2:
        return made.placed(np.zeros(3), turn(0, rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6)))
    return made


def vessel(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A vase, cup, bottle, plate or lamp: a smooth outline turned around an upright axis."""
    knots = rng.uniform(0.25, 1.0, 5)
    heights = np.linspace(0, 1, 17)
    outline = np.interp(heights, np.linspace(0, 1, 5), knots)
    outline = np.convolve(np.pad(outline, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    tall, wide = rng.choice([0.15, 0.6, 1.0, 1.4]), rng.uniform(0.3, 0.5)
    heights = np.concatenate([[0], heights, [1]]) * tall * size
    radii = np.concatenate([[0], outline, [0]]) * wide * size
    return lathe(heights, radii, stock.paint(rng))


def ball(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A fruit, ball or stone."""
    return ellipsoid(size * rng.uniform(0.5, 1.0, 3), stock.paint(rng))


def bust(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """Head, neck and shoulders, `size` metres high."""
    skin, cloth = stock.paint(rng), stock.paint(rng)
    head = np.array([rng.uniform(0.3, 0.42), 0.5, rng.uniform(0.38, 0.5)]) * size
    torso = np.array([rng.uniform(0.75, 1.0), 0.65, rng.uniform(0.35, 0.5)]) * size
    return join(
        [
            ellipsoid(torso, cloth).placed([0, 0.12 * size, 0]),
            cylinder(0.1 * size, 0.3 * size, skin).placed([0, -0.4 * size, 0]),
            ellipsoid(head, skin).placed([rng.normal(0, 0.02), -0.55 * size, 0]),
        ]
    )


def person(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """Somebody standing, `size` metres tall: a cut-out card or a body of rounded limbs."""
    if rng.random() < 0.3:
        return cutout_card(size, size, int(rng.choice(stock.figures)))
    skin, shirt, trousers = stock.material(rng), stock.paint(rng), stock.paint(rng)
    parts = [
        ellipsoid(size * np.array([0.28, 0.42, 0.17]), shirt).placed([0, -0.43 * size, 0]),
        ellipsoid(size * np.array([0.12, 0.16, 0.14]), skin).placed([0, -0.84 * size, 0]),
    ]
    for side in (-1, 1):
        leg = cylinder(0.045 * size, 0.5 * size, trousers, 0.075 * size)
        arm = cylinder(0.03 * size, 0.42 * size, shirt, 0.045 * size)
        parts.append(leg.placed([side * 0.075 * size, 0, 0]))
        swing = turn(0, rng.normal(0, 0.25), side * rng.uniform(0.05, 0.4))
        hung = arm.placed([0, 0.4 * size, 0]).placed(np.zeros(3), swing)
        parts.append(hung.placed([side * 0.14 * size, -0.79 * size, 0]))
    return join(parts)


def animal(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A four-legged animal of this length, looking along z."""
    fur = stock.paint(rng)
    leg = rng.uniform(0.15, 0.45) * size
    thick = rng.uniform(0.2, 0.4) * size
    head = rng.uniform(0.2, 0.34) * size
    neck = np.array([0, -leg - thick * rng.uniform(0.3, 0.75), 0.4 * size])
    parts = [
        ellipsoid(np.array([thick, thick, 0.85 * size]), fur).placed([0, -leg * 0.9, 0]),
        ellipsoid(np.array([head, head, head * rng.uniform(1, 1.6)]), fur).placed(neck),
        cylinder(0.03 * size, 0.4 * size, fur).placed(
            np.array([0, -leg - 0.6 * thick, -0.35 * size]), turn(0, -rng.uniform(-0.6, 1.6))
        ),
    ]
    for x in (-0.3, 0.3):
        ear = cylinder(0.2 * head, 0.4 * head, fur, 0.0)
        parts.append(ear.placed(neck + head * np.array([x, -0.8, 0])))
        for z in (-0.3, 0.3):
            paw = cylinder(0.045 * size, leg * 1.2, fur, 0.07 * size)
            parts.append(paw.placed([x * thick, 0, z * size]))
    return join(parts)


def plant(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A pot with a bush of leaves."""
    pot = cylinder(0.15 * size, 0.3 * size, stock.material(rng), 0.2 * size)
    return join([pot, leaves(rng, stock, 0.8 * size).placed([0, -0.25 * size, 0])])


def leaves(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A crown of crossing cut-out cards, `size` metres high."""
    texture = int(rng.choice(stock.foliage))
    cards = []
    for step in range(4):
        card = cutout_card(size, size, texture).placed([0, 0, rng.normal(0, 0.08) * size])
        cards.append(card.placed(np.zeros(3), turn(step * np.pi / 4 + rng.normal(0, 0.1))))
    return join(cards)


def pedestal(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A block or column with something on it."""
    stone, height, wide = stock.material(rng), size * rng.uniform(0.3, 0.9), size * 0.35
    block = box([wide, height, wide], (stone, stone, stone))
    if rng.random() < 0.5:
        block = cylinder(wide / 2, height, stone)
    top = [bust, vessel, ball, animal][rng.integers(4)](rng, stock, 0.6 * size)
    return join([block, top.placed([0, -height, 0])])


def car(rng: np.random.Generator, stock: Stock) -> Model:
    """A car or van, its length along z."""
    paint, glass = stock.material(rng), stock.paint(rng)
    width, length = rng.uniform(1.6, 2.0), rng.uniform(3.5, 5.2)
    hood, roof = rng.uniform(0.55, 0.75), rng.uniform(0.45, 1.1)
    body = box([width, hood, length], (paint,) * 3).placed([0, -0.25, 0])
    cabin = box([0.9 * width, roof, rng.uniform(0.45, 0.85) * length], (glass, paint, glass))
    parts = [body, cabin.placed([0, -0.25 - hood, rng.uniform(-0.05, 0.1) * length])]
    tyre = cylinder(0.32, 0.2, stock.material(rng))
    for x in (-0.5, 0.5):
        for z in (-0.32, 0.32):
            wheel = tyre.placed([0, 0.1, 0]).placed(
                [x * width, -0.32, z * length], turn(0, 0, np.pi / 2)
            )
            parts.append(wheel)
    return join(parts)


def tree(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A tree of this height: crossing cards, clumps or a conifer's cones on a trunk."""
    trunk_height = size * rng.uniform(0.2, 0.5)
    trunk = cylinder(0.04 * size, trunk_height * 1.2, stock.material(rng), 0.025 * size)
    green = int(rng.choice(stock.foliage))
    crown_size = size - trunk_height
    kind = rng.integers(3)
    if kind == 0:
        crown = leaves(rng, stock, crown_size)
    elif kind == 1:
        clumps = rng.normal(0, 0.2, (6, 3)) * crown_size
        sizes = rng.uniform(0.35, 0.7, (6, 3)) * crown_size
        pairs = zip(clumps, sizes, strict=True)
        crown = join(ellipsoid(s, green).placed(c - [0, 0.2 * crown_size, 0]) for c, s in pairs)
    else:
        tiers = [(0.0, 0.5), (0.25, 0.4), (0.5, 0.28)]
        crown = join(
            cylinder(r * 0.6 * crown_size, 0.5 * crown_size, green, 0.0).placed(
                [0, -h * crown_size, 0]
            )
            for h, r in tiers
        )
    return join([trunk, crown.placed([0, -trunk_height, 0])])


def fence(rng: np.random.Generator, stock: Stock, length: float, height: float) -> Model:
    """A fence of bars along x, or a wall."""
    if rng.random() < 0.35:
        stone = stock.paint(rng)
        return box([length, height, 0.25], (stone,) * 3, repeat=max(1, length // 3))
    texture = int(rng.choice(stock.fences))
    bars = rectangle(
        np.array([-length / 2, -height, 0]),
        np.array([length, 0, 0]),
        np.array([0, height, 0]),
        texture,
    )
    along = bars.uv * np.array([max(1.0, length / (2 * height)), 0.999], np.float32)
    cut = np.ones(len(bars.faces), np.bool_)
    return replace(bars, uv=along.astype(np.float32), cutout=cut)


def columns(rng: np.random.Generator, stock: Stock, count: int, height: float) -> Model:
    """A row of columns along z under a beam, the first one at the origin."""
    stone, radius, gap = stock.material(rng), height * rng.uniform(0.05, 0.12), height * 0.8
    beam = box([2.4 * radius, 0.15 * height, gap * count], (stone,) * 3)
    parts = [beam.placed([0, -height, 0.5 * gap * (count - 1)])]
    for k in range(count):
        parts.append(cylinder(radius, height, stone, 0.85 * radius).placed([0, 0, k * gap]))
    return join(parts)
