"""Props: things that stand on a floor, a table or the ground, feet at the origin."""

from dataclasses import replace

import numpy as np

from stereopsis.train.worlds.animals import animal, bird
from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.people import bust, person
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.shapes import box, cutout_card, cylinder, ellipsoid, lathe, rectangle
from stereopsis.train.worlds.stock import Stock


def any_prop(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """Some thing of about this size in metres, turned at random."""
    if stock.things and rng.random() < 0.35:
        thing = stock.things[rng.integers(len(stock.things))].placed(np.zeros(3), scale=1.2 * size)
    else:
        makers = [crate, vessel, vessel, ball, bust, person, animal, bird, plant, pedestal]
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


def stone(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A rough stone or rock."""
    rock = ellipsoid(size * rng.uniform(0.5, 1.0, 3), stock.surface(rng, "soil", "paving"))
    middle = rock.vertices.mean(0)
    angle = rock.vertices / size * rng.uniform(3, 8, 3) + rng.uniform(0, 6, 3)
    dent = 1 + 0.12 * np.sin(angle).sum(1, keepdims=True)
    rough = replace(rock, vertices=((rock.vertices - middle) * dent + middle).astype(np.float32))
    return rough.labelled(Semantic.GROUND)


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
    return replace(bars, uv=along.astype(np.float32), cutout=cut).labelled(Semantic.FENCE)


def columns(rng: np.random.Generator, stock: Stock, count: int, height: float) -> Model:
    """A row of columns along z under a beam, the first one at the origin."""
    stone, radius = (
        stock.surface(rng, "paving", "masonry", "wall"),
        height * rng.uniform(0.04, 0.12),
    )
    gap = height * rng.uniform(0.5, 1.1)
    beam = box([2.4 * radius, 0.15 * height, gap * count], (stone,) * 3)
    parts = [beam.placed([0, -height, 0.5 * gap * (count - 1)])]
    for k in range(count):
        parts.append(cylinder(radius, height, stone, 0.85 * radius).placed([0, 0, k * gap]))
        plinth = box([2.5 * radius, 0.5 * radius, 2.5 * radius], (stone,) * 3)
        parts += [
            plinth.placed([0, 0, k * gap]),
            plinth.placed([0, 0.5 * radius - height, k * gap]),
        ]
    return join(parts).labelled(Semantic.BUILDING)


def stairs(rng: np.random.Generator, stock: Stock, width: float, steps: int) -> Model:
    """A flight of stairs that rises towards +z, its back upright."""
    stone, rise, tread = stock.surface(rng, "paving", "wood"), 0.17, 0.28
    blocks = [
        box([width, (k + 1) * rise, tread], (stone,) * 3).placed([0, 0, (k + 0.5) * tread])
        for k in range(steps)
    ]
    return join(blocks).placed([0, 0, -steps * tread / 2]).labelled(Semantic.BUILDING)
