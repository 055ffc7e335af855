"""Clutter: what lies and stands on tables, shelves and floors, in its true size, feet at 0."""

from collections.abc import Callable

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shapes import box, cushion, cylinder, ellipsoid, lathe, rod, tube
from stereopsis.train.worlds.stock import Stock

Maker = Callable[[np.random.Generator, Stock], Model]


def any_clutter(rng: np.random.Generator, stock: Stock) -> Model:
    """Something that fits on a table, turned at random."""
    made = CLUTTER[rng.integers(len(CLUTTER))](rng, stock)
    return made.placed(np.zeros(3), turn(rng.uniform(0, 2 * np.pi)))


def strewn(
    rng: np.random.Generator, stock: Stock, width: float, depth: float, count: int
) -> list[Model]:
    """So many things on a surface (width, depth) around the origin; some may overlap."""
    things = []
    for _ in range(count):
        x, z = rng.uniform(-0.45, 0.45, 2) * [width, depth]
        things.append(any_clutter(rng, stock).placed([x, 0, z]))
    return things


def book(rng: np.random.Generator, stock: Stock) -> Model:
    """A book standing upright, its spine towards -z."""
    cover = stock.photo(rng) if rng.random() < 0.3 else stock.surface(rng, "cloth", "dark", "white")
    size = rng.uniform([0.012, 0.16, 0.11], [0.05, 0.31, 0.24])
    return box(size, (cover, stock.surface(rng, "white"), cover))


def book_stack(rng: np.random.Generator, stock: Stock) -> Model:
    """Books or papers lying on each other, a little askew."""
    parts, height = [], 0.0
    for _ in range(rng.integers(1, 7)):
        thick, cover = rng.uniform(0.005, 0.05), stock.paint(rng)
        page = stock.surface(rng, "white")
        lying = box([rng.uniform(0.14, 0.22), thick, rng.uniform(0.2, 0.3)], (page, cover, page))
        parts.append(lying.placed([0, -height, 0], turn(rng.normal(0, 0.15))))
        height += thick
    return join(parts)


def cup(rng: np.random.Generator, stock: Stock) -> Model:
    """A cup, mug or glass with a handle."""
    radius, height = rng.uniform(0.03, 0.045), rng.uniform(0.06, 0.13)
    glaze, flare = stock.surface(rng, "white", "cloth"), rng.uniform(0.9, 1.3)
    outline = np.array([0, 0.75, 1.0, flare, 0.9 * flare, 0.8, 0.0]) * radius
    body = lathe(np.array([0, 0, 0.25, 1.0, 1.0, 0.7, 0.7]) * height, outline, glaze)
    turns = np.linspace(-1.2, 1.2, 7)
    ring = np.stack([radius * (0.85 + 0.6 * np.cos(turns)), -height * 0.5 - 0.03 * np.sin(turns)])
    handle = tube(np.stack([ring[0], ring[1], 0 * turns], 1), np.full(7, 0.005), glaze, sides=6)
    return join([body, handle]).labelled(Semantic.OBJECT, Finish.GLOSSY)


def bottle(rng: np.random.Generator, stock: Stock) -> Model:
    """A bottle, jar or carafe."""
    radius, height = rng.uniform(0.025, 0.055), rng.uniform(0.1, 0.33)
    neck = rng.uniform(0.25, 0.9)
    outline = np.array([0, 0.95, 1, 1, neck, neck, 0]) * radius
    heights = np.array([0, 0, 0.05, rng.uniform(0.5, 0.8), 0.87, 1, 1]) * height
    glass = lathe(heights, outline, stock.surface(rng, "dark", "cloth", "white", "food"))
    label = cylinder(1.02 * radius, 0.3 * height, stock.photo(rng)).placed([0, -0.12 * height, 0])
    parts = [glass.labelled(Semantic.OBJECT, Finish.GLOSSY)]
    return join([*parts, label] if rng.random() < 0.6 else parts)


def bowl(rng: np.random.Generator, stock: Stock) -> Model:
    """A bowl or plate, often with fruit."""
    radius = rng.uniform(0.07, 0.17)
    depth = radius * rng.choice([0.15, 0.45, 0.7])
    heights = np.array([0, 0, 0.25, 1.0, 1.0, 0.35, 0.15]) * depth
    radii = np.array([0, 0.45, 0.65, 1.0, 0.96, 0.62, 0.0]) * radius
    glaze = stock.surface(rng, "white", "cloth", "wood", "metal")
    parts = [lathe(heights, radii, glaze).labelled(Semantic.OBJECT, Finish.GLOSSY)]
    for _ in range(rng.integers(0, 8)):
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.55) * radius
        fruit = ellipsoid(
            rng.uniform(0.03, 0.085) * rng.uniform(0.8, 1.2, 3), stock.surface(rng, "food")
        )
        lift = rng.uniform(0.2, 0.7) * depth
        parts.append(fruit.placed([reach * np.cos(angle), -lift, reach * np.sin(angle)]))
    return join(parts)


def laptop(rng: np.random.Generator, stock: Stock) -> Model:
    """An open laptop facing -z."""
    case, screen = stock.surface(rng, "metal", "dark"), stock.photo(rng)
    width, depth = rng.uniform(0.29, 0.38), rng.uniform(0.2, 0.26)
    lid = box([width, depth, 0.008], (case, case, screen))
    tilt = turn(0, -rng.uniform(0.1, 0.5))
    return join(
        [box([width, 0.016, depth], (case, stock.surface(rng, "dark"), case)),
         lid.placed([0, -0.012, depth / 2], tilt)]
    )  # fmt: skip


def monitor(rng: np.random.Generator, stock: Stock) -> Model:
    """A screen on a foot, facing -z."""
    case, width = stock.surface(rng, "dark", "metal"), rng.uniform(0.45, 0.75)
    height, lift = 0.58 * width, rng.uniform(0.08, 0.16)
    shown = stock.photo(rng) if rng.random() < 0.6 else stock.surface(rng, "dark")
    panel = box([width, height, 0.03], (case, case, case)).placed([0, -lift, 0])
    face = box([0.95 * width, 0.92 * height, 0.004], (case, case, shown))
    face = face.placed([0, -lift - 0.04 * height, -0.016]).labelled(Semantic.OBJECT, Finish.GLOSSY)
    stem = rod(np.array([0, -lift - 0.1, 0.03]), np.array([0, 0, 0.03]), 0.02, case)
    return join([panel, face, stem, box([0.25, 0.012, 0.18], (case,) * 3)])


def table_lamp(rng: np.random.Generator, stock: Stock) -> Model:
    """A lamp with a shade, or one on a bent arm."""
    height, radius = rng.uniform(0.25, 0.6), rng.uniform(0.07, 0.18)
    foot = stock.surface(rng, "metal", "dark", "wood", "white")
    shade = cylinder(radius, rng.uniform(0.12, 0.24), stock.surface(rng, "white"), 0.7 * radius)
    if rng.random() < 0.65:
        stem = lathe(np.linspace(0, height, 7), rng.uniform(0.012, 0.07, 7), foot)
        return join([stem, cylinder(0.07, 0.02, foot), shade.placed([0, -height, 0])])
    elbow = np.array([0, -height, 0.12])
    tip = np.array([0, -height * 1.05, -0.2])
    arms = [rod(np.zeros(3), elbow, 0.008, foot), rod(elbow, tip, 0.008, foot)]
    bell = shade.placed(tip, turn(0, 0.4), 0.6)
    return join([*arms, cylinder(0.09, 0.02, foot), bell])


def potted_plant(rng: np.random.Generator, stock: Stock) -> Model:
    """A pot or vase with arching leaves or stems with flowers."""
    size = rng.uniform(0.15, 0.5)
    pot_height = size * rng.uniform(0.25, 0.5)
    wide = rng.uniform(0.12, 0.25) * size
    pot = cylinder(wide, pot_height, stock.surface(rng, "white", "masonry", "cloth"), 1.25 * wide)
    return join([pot, sprays(rng, stock, size).placed([0, -0.9 * pot_height, 0])])


def sprays(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """Arching leaves or flower stems from one root, about `size` metres long."""
    green, flowers = stock.surface(rng, "grass"), rng.random() < 0.4
    bloom = stock.surface(rng, "cloth", "food", "white")
    share = np.linspace(0, 1, 6)
    flat = rng.uniform(0.02, 0.14) if not flowers else 0.012
    parts = []
    for _ in range(rng.integers(6, 26)):
        angle, lean, length = (
            rng.uniform(0, 2 * np.pi),
            rng.uniform(0.1, 1.2),
            size * rng.uniform(0.5, 1),
        )
        out = length * np.sin(lean) * share**1.3
        up = length * (np.cos(lean) * share - rng.uniform(0, 0.5) * share**3)
        path = np.stack([out * np.cos(angle), -up, out * np.sin(angle)], 1)
        width = flat * size * np.sin(np.pi * np.clip(share, 0.06, 0.97))
        parts.append(tube(path, width, green, sides=4))
        if flowers:
            head = ellipsoid(np.array([0.16, 0.1, 0.16]) * size * rng.uniform(0.5, 1), bloom)
            parts.append(head.placed(path[-1]))
    return join(parts).labelled(Semantic.PLANT)


def picture_frame(rng: np.random.Generator, stock: Stock) -> Model:
    """A small picture leaning back, facing -z."""
    frame, height = stock.surface(rng, "wood", "metal", "dark"), rng.uniform(0.12, 0.4)
    flat = box([height * rng.uniform(0.7, 1.4), height, 0.02], (frame, frame, stock.photo(rng)))
    return flat.placed(np.zeros(3), turn(0, -0.2))


def carton(rng: np.random.Generator, stock: Stock) -> Model:
    """A packet or box."""
    side, front = stock.surface(rng, "cloth", "white", "wood"), stock.paint(rng)
    return box(rng.uniform(0.04, 0.3, 3), (side, side, front))


def basket(rng: np.random.Generator, stock: Stock) -> Model:
    """A basket or bin, open at the top, with something soft in it."""
    radius, height = rng.uniform(0.1, 0.25), rng.uniform(0.15, 0.4)
    outline = np.array([0, 0.8, 1.0, 0.97, 0.8, 0.0]) * radius
    weave = stock.surface(rng, "wood", "cloth", "metal")
    made = lathe(np.array([0, 0, 1, 1, 0.3, 0.3]) * height, outline, weave)
    filling = cushion([1.5 * radius, 0.6 * height, 1.4 * radius], stock.surface(rng, "cloth"), 0.8)
    return join([made, filling.placed([0, -0.45 * height, 0])] if rng.random() < 0.6 else [made])


def toy(rng: np.random.Generator, stock: Stock) -> Model:
    """A ball, a soft heap or a finished thing."""
    size = rng.uniform(0.06, 0.3)
    if stock.things and rng.random() < 0.5:
        return stock.things[rng.integers(len(stock.things))].placed(np.zeros(3), scale=size)
    if rng.random() < 0.5:
        return ellipsoid(np.full(3, size), stock.paint(rng))
    return cushion(size * rng.uniform(0.5, 1.5, 3), stock.surface(rng, "cloth"), 0.6)


CLUTTER: tuple[Maker, ...] = (
    book_stack,
    book_stack,
    cup,
    cup,
    bottle,
    bottle,
    bowl,
    laptop,
    monitor,
    table_lamp,
    potted_plant,
    potted_plant,
    picture_frame,
    carton,
    carton,
    basket,
    toy,
)
