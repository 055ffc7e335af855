"""Boards: slanted photos hung in space, where only occlusion and texture tell the depth."""

import numpy as np

from stereopsis.train.worlds.model import Model, join
from stereopsis.train.worlds.props import any_prop
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.shapes import rectangle
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.view import View


def boards(rng: np.random.Generator, stock: Stock) -> View:
    """A photo wall, slanted boards before it and some things, on a floor or in the air."""
    far = rng.uniform(2, 6)
    parts = [_board(rng, stock, np.array([0, 0, far]), 4 * far)]
    for _ in range(rng.integers(1, 8)):
        z = rng.uniform(0.25, 0.95) * far
        middle = z * np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.5, 0.5), 1])
        parts.append(_board(rng, stock, middle, z * rng.uniform(0.3, 1.1)))
    floor = rng.uniform(0.1, 0.3) * far if rng.random() < 0.6 else None
    if floor is not None:
        tiles = float(rng.choice([3, 6, 10]))
        corner, along = np.array([-3 * far, floor, 0]), np.array([6 * far, 0, 0])
        down = np.array([0, 0, 2 * far])
        ground = rectangle(corner, along, down, stock.material(rng), tiles)
        parts.append(ground.labelled(Semantic.GROUND))
    for _ in range(rng.integers(0, 8)):
        z = rng.uniform(0.3, 0.95) * far
        y = floor if floor is not None else rng.uniform(-0.3, 0.6) * z
        prop = any_prop(rng, stock, z * rng.uniform(0.15, 0.6))
        parts.append(prop.placed([rng.uniform(-0.6, 0.6) * z, y, z]))
    fov = np.radians(rng.uniform(38, 60))
    pitch = rng.normal(0, 0.1)
    return View(join(parts), join([]), np.zeros(3), 0.0, pitch, 0.0, fov, outdoors=False)


def _board(rng: np.random.Generator, stock: Stock, middle: np.ndarray, width: float) -> Model:
    sideways, back = rng.normal(0, 0.45), rng.normal(0, 0.35)
    along = width * np.array([np.cos(sideways), 0, np.sin(sideways)])
    down = width * rng.uniform(0.6, 1.2) * np.array([0, np.cos(back), np.sin(back)])
    return rectangle(middle - along / 2 - down / 2, along, down, stock.photo(rng))
