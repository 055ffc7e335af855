"""Table tops: close-ups of things on a table, as food and product photos show them."""

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.props import any_prop, ball, crate, vessel
from stereopsis.train.worlds.shapes import lathe, rectangle
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.view import View, look_at


def tabletop(rng: np.random.Generator, stock: Stock) -> View:
    """Some things on a table, from arm's length; behind it a wall, a far room, or the table on."""
    reach = rng.uniform(0.35, 1.5)
    extent = reach * rng.uniform(0.7, 3.0)
    things = [_top(rng, stock, extent)]
    if rng.random() < 0.45:
        things.append(_served_plate(rng, stock, 0.35 * reach))
    else:
        things.append(any_prop(rng, stock, reach * rng.uniform(0.25, 0.6)))
    for _ in range(rng.integers(0, 10)):
        x, z = rng.uniform(-0.6, 0.6) * reach, rng.uniform(-0.4, 0.9) * min(extent, 2 * reach)
        prop = any_prop(rng, stock, reach * rng.uniform(0.08, 0.4))
        things.append(prop.placed([x, 0, z]))
    steepness = rng.uniform(0.1, 1.2)
    target = reach * np.array([rng.normal(0, 0.08), -rng.uniform(0, 0.2), 0])
    position = target - reach * turn(rng.normal(0, 0.3), -steepness)[:, 2]
    yaw, pitch = look_at(position, target)
    shell = _surroundings(rng, stock, extent)
    fov = np.radians(rng.uniform(35, 68))
    roll = rng.normal(0, 0.08)
    return View(join(things), shell, position, yaw, pitch, roll, fov, outdoors=False)


def _top(rng: np.random.Generator, stock: Stock, extent: float) -> Model:
    """The table's top at height 0, a thin slab."""
    wood = stock.paint(rng)
    near, width = 2.0 + extent, 4 * extent
    corner = np.array([-width / 2, 0, -near])
    x, z = np.array([width, 0, 0]), np.array([0, 0, near + extent])
    edge = rectangle(corner + z, x, np.array([0, 0.04, 0]), wood)
    return join([rectangle(corner, x, z, wood, float(rng.choice([1, 2, 4, 8]))), edge])


def _surroundings(rng: np.random.Generator, stock: Stock, extent: float) -> Model:
    """The floor below and a wall behind, which a photo of some place may stand for."""
    far = extent + rng.choice([0.0, rng.uniform(0.3, 1.5), rng.uniform(1.5, 6.0)])
    wide, high = 4 * far + 8, 2 * far + 4
    backdrop = rectangle(
        np.array([-wide / 2, -high, far]), np.array([wide, 0, 0]), np.array([0, high + 0.9, 0]),
        stock.paint(rng), float(rng.choice([1, 2, 3])),
    )  # fmt: skip
    floor = rectangle(
        np.array([-wide / 2, 0.75, -4]), np.array([wide, 0, 0]), np.array([0, 0, far + 4]),
        stock.material(rng), 6.0,
    )  # fmt: skip
    return join([backdrop, floor])


def _served_plate(rng: np.random.Generator, stock: Stock, radius: float) -> Model:
    """A plate or bowl with a heap of food."""
    depth = radius * rng.choice([0.08, 0.15, 0.5])
    heights = np.array([0, 0, 0.3, 1.0, 1.0, 0.35, 0.1]) * depth
    radii = np.array([0, 0.5, 0.7, 1.0, 0.97, 0.66, 0.0]) * radius
    parts = [lathe(heights, radii, stock.paint(rng))]
    bite = radius * rng.uniform(0.15, 0.5)
    makers = [ball, ball, vessel, crate]
    maker = makers[rng.integers(len(makers))]
    for k in range(rng.integers(1, 16)):
        spread = max(0.0, 0.75 * radius - 0.5 * bite) / (1 + 0.12 * k)
        angle, reach = rng.uniform(0, 2 * np.pi), spread * np.sqrt(rng.random())
        lift = 0.15 * depth + 0.06 * k * bite
        spot = np.array([reach * np.cos(angle), -lift, reach * np.sin(angle)])
        parts.append(maker(rng, stock, bite).placed(spot, turn(angle, rng.normal(0, 0.4))))
    return join(parts)
