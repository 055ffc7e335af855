"""Furniture: tables, shelves, cupboards, kitchens, lamps, feet at the origin, backs at +z."""

import numpy as np
from numpy.typing import ArrayLike

from stereopsis.train.worlds.clutter import any_clutter, book, monitor, sprays, strewn
from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.seats import bed, bench, chair, sofa
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shapes import box, cushion, cylinder, grid, rod
from stereopsis.train.worlds.stock import Stock


def any_furniture(rng: np.random.Generator, stock: Stock) -> Model:
    """A piece to be put against a wall."""
    makers = [chair, sofa, bench, bed, shelf, shelf, cupboard, cupboard, lamp, desk, kitchen]
    makers += [big_plant, radiator, media_bench]
    return makers[rng.integers(len(makers))](rng, stock)


def table(
    rng: np.random.Generator, stock: Stock, width: float, height: float, depth: float
) -> Model:
    """A table on four legs, on one column, or a closed chest."""
    wood, kind = stock.surface(rng, "wood", "wood", "white", "metal"), rng.random()
    if kind < 0.15:
        made = box([width, height, depth], (stock.surface(rng, "wood", "cloth"), wood, wood))
    elif kind < 0.35:
        made = _round_table(wood, width, height, depth)
    else:
        made = table_top(wood, width, height, depth, rng.uniform(0.03, 0.09))
    return _polished(rng, made)


def laid_table(rng: np.random.Generator, stock: Stock, size: ArrayLike, count: int) -> Model:
    """A table (width, height, depth) with so many things on it."""
    width, height, depth = np.asarray(size, np.float64)
    parts = [table(rng, stock, width, height, depth)]
    parts += [t.placed([0, -height, 0]) for t in strewn(rng, stock, width, depth, count)]
    return join(parts)


def desk(rng: np.random.Generator, stock: Stock) -> Model:
    """A desk with a screen, papers and a chair before it."""
    width, depth = rng.uniform(1.0, 1.9), rng.uniform(0.55, 0.8)
    parts = [laid_table(rng, stock, [width, 0.73, depth], int(rng.integers(1, 9)))]
    if rng.random() < 0.7:
        spot = [rng.uniform(-0.2, 0.2) * width, -0.73, 0.2 * depth]
        parts.append(monitor(rng, stock).placed(spot, turn(rng.normal(0, 0.2))))
    if rng.random() < 0.7:
        away = -depth / 2 - rng.uniform(0.0, 0.3)
        parts.append(chair(rng, stock).placed([0, 0, away], turn(np.pi + rng.normal(0, 0.5))))
    return join(parts)


def shelf(rng: np.random.Generator, stock: Stock) -> Model:
    """An open shelf with rows of books and other things, now and then without a back."""
    width, rows, depth = rng.uniform(0.5, 1.6), int(rng.integers(1, 7)), rng.uniform(0.24, 0.38)
    gap = rng.uniform(0.28, 0.4)
    wood, height, tidy = stock.surface(rng, "wood", "white", "dark"), gap * rows, rng.uniform(0, 1)
    board = box([width, 0.025, depth], (wood,) * 3)
    upright = box([0.025, height + 0.06, depth], (wood,) * 3)
    frame = [upright.placed([x * width, 0, 0]) for x in (-0.5, 0.5)]
    if rng.random() < 0.7:
        frame.append(box([width, height, 0.01], (wood,) * 3).placed([0, 0, depth / 2]))
    frame += [board.placed([0, -0.05 - row * gap, 0]) for row in range(rows + 1)]
    things = [join(frame).labelled(Semantic.FURNITURE)]
    for row in range(rows):
        level = [0, -0.075 - row * gap, 0]
        things += [m.placed(level) for m in _shelved(rng, stock, width, gap - 0.03, tidy)]
    return join(things)


def cupboard(rng: np.random.Generator, stock: Stock) -> Model:
    """A cupboard, chest of drawers or wardrobe with doors or drawers that stand out a little."""
    wood, knob = stock.surface(rng, "wood", "white", "cloth"), stock.surface(rng, "metal", "dark")
    width, height, depth = rng.uniform([0.5, 0.45, 0.35], [1.8, 2.2, 0.65])
    columns, rows = int(rng.integers(1, 5)), int(rng.choice([1, 1, 2, 3, 4]))
    wide, high = width / columns, (height - 0.08) / rows
    door = box([wide - 0.015, high - 0.015, 0.02], (wood,) * 3)
    parts = [box([width, height, depth], (wood,) * 3)]
    for column in range(columns):
        for row in range(rows):
            x, up = (column + 0.5) * wide - width / 2, 0.05 + row * high
            parts.append(door.placed([x, -up, -depth / 2 - 0.01]))
            grip = [x + 0.35 * wide * rng.choice([-1, 0, 1]), -up - 0.6 * high, -depth / 2 - 0.045]
            parts.append(cushion([0.1, 0.015, 0.02], knob, 0.5).placed(grip))
    made = [_polished(rng, join(parts))]
    if height < 1.4:
        tops = strewn(rng, stock, width, depth, int(rng.integers(0, 6)))
        made += [thing.placed([0, -height, 0]) for thing in tops]
    return join(made)


def kitchen(rng: np.random.Generator, stock: Stock) -> Model:
    """A row of kitchen cupboards with a worktop, things on it and hanging cupboards above."""
    front, top = stock.surface(rng, "wood", "white", "cloth"), stock.surface(rng, "wood", "paving")
    units, wide, depth = int(rng.integers(2, 6)), 0.6, 0.6
    width, grip = units * wide, stock.surface(rng, "metal")
    parts = [
        box([width, 0.86, depth - 0.04], (front,) * 3),
        box([width + 0.04, 0.04, depth + 0.02], (top,) * 3).placed([0, -0.86, 0]),
    ]
    hanging, high = rng.random() < 0.6, rng.uniform(0.5, 0.8)
    if hanging:
        parts.append(box([width, high, 0.34], (front,) * 3).placed([0, -1.4, depth / 2 - 0.17]))
    for k in range(units):
        x = (k + 0.5) * wide - width / 2
        metal = rng.random() < 0.2
        face = stock.surface(rng, "dark", "metal") if metal else front
        parts.append(
            box([wide - 0.01, 0.74, 0.02], (face,) * 3).placed([x, -0.1, -depth / 2 + 0.01])
        )
        bar = box([0.3, 0.015, 0.03], (grip,) * 3)
        parts.append(bar.placed([x, -0.76, -depth / 2 - 0.01]))
        if hanging:
            door = box([wide - 0.01, high - 0.01, 0.02], (front,) * 3)
            parts.append(door.placed([x, -1.405, depth / 2 - 0.35]))
    tops = strewn(rng, stock, width, 0.9 * depth, int(rng.integers(2, 10)))
    fittings = _polished(rng, join(parts))
    return join([fittings, *(thing.placed([0, -0.9, 0]) for thing in tops)])


def media_bench(rng: np.random.Generator, stock: Stock) -> Model:
    """A low board with a television."""
    width = rng.uniform(1.0, 2.0)
    board = laid_table(rng, stock, [width, 0.45, 0.4], int(rng.integers(0, 4)))
    return join([board, monitor(rng, stock).placed([0, -0.45, 0.05], None, rng.uniform(1.2, 1.9))])


def lamp(rng: np.random.Generator, stock: Stock) -> Model:
    """A standing lamp."""
    metal, height, wide = (
        stock.surface(rng, "metal", "dark"),
        rng.uniform(1.1, 1.8),
        rng.uniform(0.12, 0.28),
    )
    shade = cylinder(
        wide, rng.uniform(0.2, 0.4), stock.surface(rng, "white"), wide * rng.uniform(0.4, 1.0)
    )
    parts = [
        rod(np.zeros(3), np.array([0, -height, 0]), 0.012, metal),
        cylinder(0.15, 0.025, metal),
    ]
    return join([*parts, shade.placed([0, 0.08 - height, 0])]).labelled(Semantic.FURNITURE)


def hanging_lamp(rng: np.random.Generator, stock: Stock, drop: float) -> Model:
    """A lamp on a cord, hung `drop` metres below the origin."""
    wide, shade = rng.uniform(0.12, 0.3), stock.surface(rng, "white", "metal", "cloth")
    bell = cylinder(wide, 0.25, shade, wide * rng.uniform(0.2, 1.0)).placed([0, drop, 0])
    cord = rod(np.array([0, drop - 0.25, 0]), np.zeros(3), 0.006, stock.surface(rng, "dark"))
    return join([bell, cord]).labelled(Semantic.FURNITURE)


def big_plant(rng: np.random.Generator, stock: Stock) -> Model:
    """A plant in a tub on the floor."""
    size, tub = rng.uniform(0.6, 1.6), rng.uniform(0.2, 0.4)
    pot = cylinder(0.4 * tub, tub, stock.surface(rng, "white", "masonry", "metal"), 0.55 * tub)
    stem = rod(np.zeros(3), np.array([0, -tub - 0.3 * size, 0]), 0.015, stock.surface(rng, "bark"))
    crown = join([sprays(rng, stock, size).placed([0, -tub - h * size, 0]) for h in (0.0, 0.3)])
    return join([pot, stem, crown]).labelled(Semantic.PLANT)


def radiator(rng: np.random.Generator, stock: Stock) -> Model:
    """A ribbed radiator."""
    white, height = stock.surface(rng, "white"), rng.uniform(0.4, 0.8)
    rib = cushion([0.05, height, 0.1], white, 0.4).placed([0, -0.12, 0])
    count = int(rng.integers(6, 20))
    ribs = [rib.placed([(k - count / 2) * 0.055, 0, 0]) for k in range(count)]
    feet = [
        box([0.03, 0.2, 0.03], (white,) * 3).placed([x * 0.05 * count, 0, 0]) for x in (-0.4, 0.4)
    ]
    return join([*ribs, *feet]).labelled(Semantic.FURNITURE)


def curtain(rng: np.random.Generator, stock: Stock, width: float, height: float) -> Model:
    """A curtain hanging in folds, its foot around the origin."""
    across = np.linspace(-0.5, 0.5, 41)[None]
    deep = rng.uniform(0.02, 0.06) * np.sin(across * width * rng.uniform(25, 60)) * np.ones((2, 1))
    down = np.array([-height, 0.0])[:, None] + 0 * across
    sheet = grid(
        np.stack([across * width + 0 * deep, down, deep], -1), stock.surface(rng, "cloth", "white")
    )
    return sheet.labelled(Semantic.WALL)


def table_top(texture: int, width: float, height: float, depth: float, leg: float = 0.05) -> Model:
    """A board on four legs."""
    parts = [box([width, 0.04, depth], (texture,) * 3).placed([0, 0.04 - height, 0])]
    for x in (-0.5, 0.5):
        for z in (-0.5, 0.5):
            post = box([leg, height - 0.04, leg], (texture,) * 3)
            parts.append(post.placed([x * (width - leg), 0, z * (depth - leg)]))
    return join(parts).labelled(Semantic.FURNITURE)


def _round_table(texture: int, width: float, height: float, depth: float) -> Model:
    """An oval top on a column with a foot."""
    oval = np.diag([width, 1.0, depth])
    top = cylinder(0.5, 0.03, texture).placed([0, 0.03 - height, 0], oval)
    foot = cylinder(0.25, 0.04, texture).placed(np.zeros(3), oval)
    column = cylinder(0.05, height - 0.02, texture)
    return join([top, foot, column]).labelled(Semantic.FURNITURE)


def _shelved(
    rng: np.random.Generator, stock: Stock, width: float, room: float, tidy: float
) -> list[Model]:
    """What one board of a shelf holds: mostly books, the last one leaning, or things."""
    things, x = [], -width / 2 + 0.02
    while x < width / 2 - 0.12:
        if rng.random() < 0.5 + 0.45 * tidy:
            thing = book(rng, stock)
            step = float(np.ptp(thing.vertices[:, 0]))
            lean = rng.uniform(0.1, 0.3) if rng.random() < 0.06 else 0.0
            thing = thing.placed(np.zeros(3), turn(0, 0, lean))
            step += 0.2 * np.sin(lean)
        else:
            thing = any_clutter(rng, stock)
            step = float(np.ptp(thing.vertices[:, 0])) + rng.uniform(0, 0.1)
        high = -float(thing.vertices[:, 1].min())
        shrink = min(1.0, 0.95 * room / high, 0.3 / (float(np.ptp(thing.vertices[:, 2])) + 1e-6))
        things.append(thing.placed([x + shrink * step / 2, 0, rng.normal(0, 0.02)], None, shrink))
        x += shrink * step + rng.choice([0.001, 0.001, 0.04])
    return things


def _polished(rng: np.random.Generator, model: Model) -> Model:
    """Furniture, now and then varnished."""
    return model.labelled(Semantic.FURNITURE, Finish.GLOSSY if rng.random() < 0.2 else None)
