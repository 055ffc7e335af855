"""Furniture: tables, chairs, sofas, beds, shelves and lamps, feet at the origin, backs at +z."""

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.shapes import box, cylinder
from stereopsis.train.worlds.stock import Stock


def any_furniture(rng: np.random.Generator, stock: Stock) -> Model:
    """A piece to be put against a wall."""
    makers = [chair, sofa, sofa, bed, shelf, shelf, cupboard, lamp]
    return makers[rng.integers(len(makers))](rng, stock)


def table(
    rng: np.random.Generator, stock: Stock, width: float, height: float, depth: float
) -> Model:
    """A table on four legs, or a closed cupboard."""
    wood = stock.material(rng)
    if rng.random() < 0.3:
        return box([width, height, depth], (stock.paint(rng), wood, stock.paint(rng)))
    return table_top(wood, width, height, depth)


def chair(rng: np.random.Generator, stock: Stock) -> Model:
    """A chair with a back and, now and then, arms."""
    wood, side, seat = stock.material(rng), rng.uniform(0.38, 0.55), rng.uniform(0.4, 0.5)
    back = box([side, rng.uniform(0.35, 0.7), 0.05], (wood, wood, stock.paint(rng)))
    parts = [table_top(wood, side, seat, side), back.placed([0, -seat, 0.45 * side])]
    if rng.random() < 0.4:
        arm = box([0.05, 0.22, 0.8 * side], (wood,) * 3)
        parts += [arm.placed([x * side, -seat, 0]) for x in (-0.5, 0.5)]
    return join(parts)


def sofa(rng: np.random.Generator, stock: Stock) -> Model:
    """An armchair or sofa with cushions."""
    cloth, cushion = stock.material(rng), stock.paint(rng)
    width, depth, seat = rng.uniform(0.8, 2.4), rng.uniform(0.75, 1.0), rng.uniform(0.35, 0.48)
    arm = box([0.2, seat + 0.22, depth], (cloth,) * 3)
    parts = [
        box([width, seat, depth], (cloth,) * 3),
        box([width, seat + rng.uniform(0.3, 0.55), 0.25], (cloth,) * 3).placed([0, 0, depth / 2]),
        arm.placed([-width / 2, 0, 0]),
        arm.placed([width / 2, 0, 0]),
    ]
    for _ in range(rng.integers(0, 4)):
        pillow = box([0.45, 0.4, 0.14], (cushion,) * 3)
        spot = [rng.uniform(-0.4, 0.4) * width, -seat, 0.25 * depth]
        parts.append(pillow.placed(spot, turn(rng.normal(0, 0.2), -0.3)))
    return join(parts)


def bed(rng: np.random.Generator, stock: Stock) -> Model:
    """A bed, its head at +z."""
    width, cloth, wood = rng.uniform(0.9, 1.8), stock.paint(rng), stock.material(rng)
    head = box([width, rng.uniform(0.7, 1.2), 0.08], (wood,) * 3)
    pillow = box([0.6, 0.14, 0.4], (stock.material(rng),) * 3)
    parts = [box([width, rng.uniform(0.35, 0.6), 2.0], (cloth,) * 3), head.placed([0, 0, 1.0])]
    parts += [pillow.placed([x * width, -0.5, 0.7]) for x in (-0.22, 0.22)]
    return join(parts)


def shelf(rng: np.random.Generator, stock: Stock) -> Model:
    """An open shelf with rows of books."""
    width, rows, gap, depth = rng.uniform(0.6, 1.8), int(rng.integers(2, 7)), 0.36, 0.3
    wood, height = stock.material(rng), gap * rows
    board = box([width, 0.03, depth], (wood,) * 3)
    upright = box([0.03, height, depth], (wood,) * 3)
    parts = [upright.placed([x * width, 0, 0]) for x in (-0.5, 0.5)]
    parts.append(box([width, height, 0.02], (wood,) * 3).placed([0, 0, depth / 2]))
    for row in range(rows + 1):
        parts.append(board.placed([0, -row * gap, 0]))
        x = -width / 2 + 0.03
        while row < rows and x < width / 2 - 0.15 and rng.random() < 0.93:
            thick = rng.uniform(0.02, 0.12)
            size = [thick, rng.uniform(0.15, 0.32), rng.uniform(0.12, 0.27)]
            book = box(size, (stock.paint(rng),) * 3)
            parts.append(book.placed([x + thick / 2, -row * gap - 0.03, 0]))
            x += thick + rng.choice([0.0, 0.0, 0.05])
    return join(parts)


def cupboard(rng: np.random.Generator, stock: Stock) -> Model:
    """A closed cupboard, chest or wardrobe."""
    wood = stock.material(rng)
    return box(rng.uniform([0.5, 0.5, 0.35], [1.8, 2.2, 0.7]), (wood, wood, stock.paint(rng)))


def lamp(rng: np.random.Generator, stock: Stock) -> Model:
    """A standing lamp."""
    metal, height, wide = stock.material(rng), rng.uniform(1.1, 1.8), rng.uniform(0.15, 0.3)
    shade = cylinder(wide, 0.35, stock.material(rng), wide * rng.uniform(0.4, 1.0))
    parts = [cylinder(0.02, height, metal), cylinder(0.18, 0.03, metal)]
    return join([*parts, shade.placed([0, -height, 0])])


def table_top(texture: int, width: float, height: float, depth: float) -> Model:
    """A board on four legs."""
    parts = [box([width, 0.05, depth], (texture,) * 3).placed([0, 0.05 - height, 0])]
    for x in (-0.45, 0.45):
        for z in (-0.45, 0.45):
            leg = box([0.05, height - 0.05, 0.05], (texture,) * 3)
            parts.append(leg.placed([x * width, 0, z * depth]))
    return join(parts)
