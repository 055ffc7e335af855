"""Rooms: a furnished box seen from inside."""

import numpy as np

from stereopsis.train.worlds.furniture import any_furniture, table
from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.props import any_prop, person
from stereopsis.train.worlds.shapes import box, rectangle
from stereopsis.train.worlds.stock import Stock, above
from stereopsis.train.worlds.view import View, look_at


def room(rng: np.random.Generator, stock: Stock) -> View:
    """A room with pictures and windows on its walls, tables and things, from near one wall."""
    size = rng.uniform([2.5, 2.3, 3.0], [7.0, 3.3, 9.0])
    things, tops = [], []
    for _ in range(rng.integers(0, 4)):
        furniture, top = _laid_table(rng, stock, size)
        things.append(furniture)
        tops.append(top)
    for _ in range(rng.integers(0, 7)):
        things.append(_against_a_wall(rng, any_furniture(rng, stock), size))
    for _ in range(rng.integers(1, 10)):
        spot = _floor_spot(rng, size, 0.25)
        things.append(any_prop(rng, stock, rng.uniform(0.2, 1.5)).placed(spot))
    low, high = np.array([-size[0] / 2, -size[1], 0]), np.array([size[0] / 2, 0, size[2]])
    position = np.array([rng.uniform(-0.4, 0.4) * size[0], -rng.uniform(0.4, 2.0), 0.0])
    position[2] = rng.uniform(0.05, 0.3) * size[2]
    target = np.array([rng.uniform(-0.4, 0.4) * size[0], -rng.uniform(0.2, 1.6), 0.8 * size[2]])
    if tops and rng.random() < 0.4:
        target = above(tops[rng.integers(len(tops))], 0.1)
        away = turn(rng.uniform(-1, 1), -rng.uniform(0, 0.8))[:, 2]
        position = np.clip(target - rng.uniform(0.6, 2.2) * away, low + 0.15, high - 0.15)
    yaw, pitch = look_at(position, target)
    if rng.random() < 0.25:
        things.append(_portrayed(rng, stock, position, yaw))
    shell = join([_walls(rng, stock, size), *_wall_hangings(rng, stock, size)])
    fov = np.radians(rng.uniform(38, 80))
    roll = rng.normal(0, 0.03)
    return View(join(things), shell, position, yaw, pitch, roll, fov, outdoors=False)


def _walls(rng: np.random.Generator, stock: Stock, size: np.ndarray) -> Model:
    x, y, z = np.diag(size)
    left, right = np.array([-size[0] / 2, 0, 0]), np.array([size[0] / 2, 0, 0])
    wall, repeat = stock.material(rng), float(rng.choice([1, 2, 3, 5]))
    floor, ceiling = (float(rng.choice([1, 2, 3, 5])) for _ in range(2))
    paper = [wall if rng.random() < 0.7 else stock.paint(rng) for _ in range(4)]
    return join(
        [
            rectangle(left, x, z, stock.material(rng), floor),
            rectangle(left - y, x, z, stock.material(rng), ceiling),
            rectangle(left - y, z, y, paper[0], repeat),
            rectangle(left + z - y, x, y, paper[1], repeat),
            rectangle(right + z - y, -z, y, paper[2], repeat),
            rectangle(right - y, -x, y, paper[3], repeat),
        ]
    )


def _wall_hangings(rng: np.random.Generator, stock: Stock, size: np.ndarray) -> list[Model]:
    """Pictures, windows, doors and shelves: flat boxes against the far and side walls."""
    hangings = []
    for _ in range(rng.integers(0, 8)):
        width, height, thick = rng.uniform([0.3, 0.3, 0.01], [1.6, 1.8, 0.4])
        lift = rng.uniform(0.0, max(0.1, size[1] - height - 0.2))
        front, frame = stock.photo(rng), stock.material(rng)
        flat = box([width, height, thick], (frame, frame, front))
        wall = rng.integers(3)
        if wall == 0:
            spot = np.array([rng.uniform(-0.5, 0.5) * size[0], 0, size[2] - thick / 2])
            hangings.append(flat.placed(above(spot, lift)))
        else:
            side = 1 if wall == 1 else -1
            spot = np.array([side * (size[0] - thick) / 2, 0, rng.uniform(0, 1) * size[2]])
            hangings.append(flat.placed(above(spot, lift), turn(np.pi / 2)))
    return hangings


def _floor_spot(rng: np.random.Generator, size: np.ndarray, nearest: float) -> np.ndarray:
    return np.array([rng.uniform(-0.45, 0.45) * size[0], 0, rng.uniform(nearest, 0.97) * size[2]])


def _against_a_wall(rng: np.random.Generator, furniture: Model, size: np.ndarray) -> Model:
    """The furniture with its back to the far, left or right wall."""
    back = float(furniture.vertices[:, 2].max()) + rng.choice([0.0, rng.uniform(0, 0.5)])
    wall, share = rng.integers(3), rng.uniform(0.05, 0.95)
    if wall == 0:
        return furniture.placed([(share - 0.5) * size[0], 0, size[2] - back])
    side = 1 if wall == 1 else -1
    return furniture.placed(
        [side * (size[0] / 2 - back), 0, share * size[2]], turn(side * np.pi / 2)
    )


def _laid_table(
    rng: np.random.Generator, stock: Stock, size: np.ndarray
) -> tuple[Model, np.ndarray]:
    """A table with things on it, and the middle of its top."""
    width, height, depth = rng.uniform([0.5, 0.4, 0.5], [2.0, 1.1, 1.4])
    spot = _floor_spot(rng, size, 0.35)
    rotation = turn(rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else 0.0)
    parts = [table(rng, stock, width, height, depth)]
    for _ in range(rng.integers(1, 9)):
        x, z = rng.uniform(-0.45, 0.45, 2) * [width, depth]
        parts.append(any_prop(rng, stock, rng.uniform(0.08, 0.5)).placed([x, -height, z]))
    return join(parts).placed(spot, rotation), above(spot, height)


def _portrayed(rng: np.random.Generator, stock: Stock, position: np.ndarray, yaw: float) -> Model:
    """Somebody before the camera at eye level, as in a portrait."""
    spot = position + turn(yaw + rng.normal(0, 0.2))[:, 2] * rng.uniform(0.7, 2.0)
    spot[1] = 0
    height = -position[1] * rng.uniform(0.95, 1.15)
    return person(rng, stock, height).placed(spot, turn(yaw + np.pi + rng.normal(0, 0.5)))
