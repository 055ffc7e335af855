"""Outdoors: rolling ground under the sky with trees, fences, houses, columns and people."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.props import animal, any_prop, car, columns, fence, person, tree
from stereopsis.train.worlds.shapes import box, cylinder, gable, grid
from stereopsis.train.worlds.stock import Stock, above
from stereopsis.train.worlds.view import View

FAR = 600.0  # metres to the edge of the ground

Relief = Callable[[np.ndarray, np.ndarray], np.ndarray]  # x, z -> height above 0 (metres)


def meadow(rng: np.random.Generator, stock: Stock) -> View:
    """Open country from eye level, somebody or something often in the foreground."""
    relief = _sample_relief(rng)
    parts = [_ground(rng, stock, relief)]
    for _ in range(rng.integers(2, 30)):
        height = rng.uniform(1.5, 14)
        parts.append(tree(rng, stock, height).placed(_spot(rng, relief, 1.2 * height, 90.0)))
    for _ in range(rng.integers(0, 8)):
        parts.append(
            _landmark(rng, stock).placed(_spot(rng, relief, 8.0, 60.0), turn(rng.normal()))
        )
    return _seen_at_eye_level(rng, stock, parts, relief)


def street(rng: np.random.Generator, stock: Stock) -> View:
    """A street or arcade: fronts or columns to both sides, going away from the camera."""
    relief = _flat
    parts = [_ground(rng, stock, relief)]
    half_width, arcade = rng.uniform(1.5, 9.0), rng.random() < 0.3
    for side in (-1, 1):
        if arcade:
            row = columns(rng, stock, int(rng.integers(3, 12)), rng.uniform(2.5, 6))
            parts.append(row.placed([side * half_width, 0, rng.uniform(0.5, 4)]))
        z = rng.uniform(-8, 2)
        while z < rng.uniform(20, 120) and rng.random() < 0.95:
            house = _house(rng, stock)
            width, length = np.ptp(house.vertices[:, 0]), np.ptp(house.vertices[:, 2])
            x = side * (half_width * (1.3 if arcade else 1.0) + width / 2 + rng.uniform(0, 1.0))
            parts.append(house.placed([x, 0, z + length / 2]))
            z += length + rng.choice([0.0, 0.0, rng.uniform(0, 8)])
        if half_width > 3 and rng.random() < 0.6:
            parts += _parked_cars(rng, stock, side * (half_width - 1.2))
    for _ in range(rng.integers(0, 10)):
        spot = np.array([rng.uniform(-1, 1) * half_width, 0, rng.uniform(3, 40)])
        parts.append(any_prop(rng, stock, rng.uniform(0.5, 2.0)).placed(spot))
    return _seen_at_eye_level(rng, stock, parts, relief)


def _parked_cars(rng: np.random.Generator, stock: Stock, x: float) -> list[Model]:
    """A row of cars with gaps, along the street."""
    cars, z = [], rng.uniform(2, 8)
    for _ in range(rng.integers(1, 9)):
        cars.append(car(rng, stock).placed([x + rng.normal(0, 0.15), 0, z]))
        z += rng.uniform(5.5, 6.5) if rng.random() < 0.7 else rng.uniform(8, 25)
    return cars


def _seen_at_eye_level(
    rng: np.random.Generator, stock: Stock, parts: list[Model], relief: Relief
) -> View:
    """The parts with a subject in the foreground, the camera at the origin at 0.3 to 4 metres."""
    height = float(np.exp(rng.uniform(np.log(0.3), np.log(4.0))))
    yaw = rng.normal(0, 0.25)
    for _ in range(rng.integers(0, 4)):
        parts.append(_subject(rng, stock, relief, yaw, height))
    position = above(np.array([0, -_height_at(relief, 0, 0), 0]), height)
    pitch = rng.normal(-0.05, 0.12) - 0.1 * (height > 2)
    fov = np.radians(rng.uniform(40, 80))
    roll = rng.normal(0, 0.03)
    return View(join(parts), join([]), position, yaw, pitch, roll, fov, outdoors=True)


def _subject(
    rng: np.random.Generator, stock: Stock, relief: Relief, yaw: float, eye: float
) -> Model:
    """A person, an animal, a portrait or a thing at 0.8 to 8 metres, nearly ahead."""
    distance = float(np.exp(rng.uniform(np.log(0.8), np.log(8.0))))
    spot = turn(yaw + rng.normal(0, 0.3))[:, 2] * distance
    spot[1] = -_height_at(relief, spot[0], spot[2])
    facing = turn(yaw + np.pi + rng.normal(0, 0.7))
    kind = rng.integers(4)
    if kind == 0:
        return person(rng, stock, rng.uniform(1.0, 1.9)).placed(spot, facing)
    if kind == 1:
        return animal(rng, stock, rng.uniform(0.3, 1.8)).placed(spot, facing)
    if kind == 2:
        return person(rng, stock, eye * rng.uniform(0.95, 1.2)).placed(spot, facing)
    return any_prop(rng, stock, rng.uniform(0.3, 0.8) * max(0.6, distance)).placed(spot)


def _landmark(rng: np.random.Generator, stock: Stock) -> Model:
    """A fence, a pole, a house or a rock."""
    kind = rng.integers(4)
    if kind == 0:
        return fence(rng, stock, rng.uniform(4, 30), rng.uniform(0.8, 2.2))
    if kind == 1:
        return cylinder(rng.uniform(0.05, 0.2), rng.uniform(2.5, 9), stock.material(rng))
    if kind == 2:
        return _house(rng, stock)
    return any_prop(rng, stock, rng.uniform(0.5, 4.0))


def _house(rng: np.random.Generator, stock: Stock) -> Model:
    """A block with a photo on its fronts, now and then a roof."""
    size = rng.uniform([4, 3, 4], [14, 16, 18])
    front, side, roof = stock.photo(rng), stock.paint(rng), stock.material(rng)
    block = box(size, (front, roof, side), float(rng.choice([1, 1, 2])))
    if rng.random() < 0.5:
        return block
    top = gable(1.1 * size[0], rng.uniform(1, 5), 1.05 * size[2], roof)
    return join([block, top.placed(np.array([0, -size[1], 0]))])


def _flat(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.zeros(np.broadcast(x, z).shape)


def _sample_relief(rng: np.random.Generator) -> Relief:
    """Nearly level around the origin, hills or mountains farther off."""
    waves = rng.normal(0, 1, (8, 2)) * np.geomspace(0.008, 0.08, 8)[:, None]
    phases, bump = rng.uniform(0, 2 * np.pi, 8), rng.uniform(0.0, 0.3)
    mountains = rng.choice([0.0, rng.uniform(3, 15), rng.uniform(20, 90)])

    def relief(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        angles = np.multiply.outer(x, waves[:, 0]) + np.multiply.outer(z, waves[:, 1]) + phases
        swell = np.sin(angles)
        distance = np.hypot(x, z)
        rise = np.clip((distance - 25) / 250, 0, 1)
        far = mountains * rise * (swell[..., :4].sum(-1) + 1.0)
        return np.asarray(bump * swell[..., 4:].sum(-1) * np.clip(distance / 5, 0, 1) + far)

    return relief


def _height_at(relief: Relief, x: float, z: float) -> float:
    return float(relief(np.array(x), np.array(z)))


def _spot(rng: np.random.Generator, relief: Relief, nearest: float, farthest: float) -> np.ndarray:
    """A point of the ground before the camera."""
    distance = float(np.exp(rng.uniform(np.log(nearest), np.log(farthest))))
    angle = rng.uniform(-0.9, 0.9)
    x, z = distance * np.sin(angle), distance * np.cos(angle)
    return np.array([x, -_height_at(relief, x, z), z])


def _ground(rng: np.random.Generator, stock: Stock, relief: Relief) -> Model:
    """The ground as rings around the camera that grow with the distance."""
    radius = np.concatenate([[0.0], np.geomspace(0.5, FAR, 60)])[:, None]
    angle = np.linspace(0, 2 * np.pi, 73)[None]
    x, z = radius * np.sin(angle), radius * np.cos(angle)
    sheet = grid(np.stack([x, -relief(x, z), z], -1), stock.material(rng))
    tile = rng.uniform(0.8, 5.0)
    uv = sheet.vertices[sheet.faces][..., [0, 2]] / np.float32(tile)
    return replace(sheet, uv=uv.astype(np.float32))
