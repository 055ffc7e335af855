"""Portraits: somebody, an animal or a bird close up, before whatever is behind them."""

import numpy as np

from stereopsis.train.worlds.animals import animal, bird
from stereopsis.train.worlds.clutter import any_clutter, potted_plant
from stereopsis.train.worlds.model import Model, Vector, join, turn
from stereopsis.train.worlds.outdoors import landscape
from stereopsis.train.worlds.people import bust, person
from stereopsis.train.worlds.rooms import interior
from stereopsis.train.worlds.seats import chair, sofa
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.shapes import slab
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.trees import branch
from stereopsis.train.worlds.view import View, look_at


def portrait(rng: np.random.Generator, stock: Stock) -> View:
    """A subject that fills much of the picture, indoors, outdoors or on bare ground."""
    subjects = _subjects(rng, stock)
    kind = rng.random()
    if kind < 0.35:
        inside = interior(rng, stock)
        size = inside.layout.size
        spot = np.array([rng.uniform(-0.3, 0.3) * size[0], 0, rng.uniform(0.3, 0.7) * size[2]])
        behind, shell, outdoors = join(inside.layout.models), inside.shell, False
    elif kind < 0.7:
        behind, relief = landscape(rng, stock)
        spot = np.array([rng.normal(0, 1), 0, rng.uniform(0.5, 3)])
        spot[1] = -float(relief(np.array(spot[0]), np.array(spot[2])))
        shell, outdoors = join([]), True
    else:
        behind, shell, outdoors = _bare_ground(rng, stock), join([]), True
        spot = np.zeros(3)
    stood = subjects.placed(spot)
    position, target = _framing(rng, subjects, spot)
    clear = _cleared(behind, position, target)
    yaw, pitch = look_at(position, target)
    yaw, pitch = yaw + rng.normal(0, 0.1), pitch + rng.normal(0, 0.06)
    fov, roll = np.radians(rng.uniform(30, 75)), rng.normal(0, 0.05)
    return View(join([clear, stood]), shell, position, yaw, pitch, roll, fov, outdoors)


def _subjects(rng: np.random.Generator, stock: Stock) -> Model:
    """One or a few, around the origin."""
    kind = rng.random()
    if kind < 0.3:
        first = person(rng, stock, rng.uniform(1.0, 1.95))
    elif kind < 0.36:
        seat = [chair, sofa][rng.integers(2)](rng, stock)
        sitter = person(rng, stock, rng.uniform(1.5, 1.9), "sitting")
        first = join([seat, sitter.placed([0, 0, -0.1], turn(np.pi))]).placed(
            [0, 0, 0], turn(np.pi)
        )
    elif kind < 0.42:
        first = bust(rng, stock, rng.uniform(0.3, 1.0))
    elif kind < 0.78:
        first = animal(rng, stock, float(np.exp(rng.uniform(np.log(0.25), np.log(2.2)))))
    elif kind < 0.88:
        first = _on_a_branch(rng, stock)
    elif kind < 0.94:
        first = bird(rng, stock, rng.uniform(0.15, 1.0))
    else:
        first = potted_plant(rng, stock)
    parts = [first.placed(np.zeros(3), turn(np.pi + rng.normal(0, 0.8)))]
    reach = float(np.ptp(first.vertices, axis=0).max())
    if kind < 0.3 or (0.42 < kind < 0.78 and rng.random() < 0.35):
        for _ in range(rng.choice([0, 0, 1, 2, 4])):
            made = animal(rng, stock, reach * rng.uniform(0.6, 1.1))
            if kind < 0.3:
                made = person(rng, stock, rng.uniform(1.0, 1.95))
            spot = rng.normal(0, 0.6, 3) * [1, 0, 1] * reach
            parts.append(made.placed(spot, turn(np.pi + rng.normal(0, 1.0))))
    return join(parts)


def _on_a_branch(rng: np.random.Generator, stock: Stock) -> Model:
    """A bird sitting on a branch well above the ground."""
    size, lift = rng.uniform(0.12, 0.5), rng.uniform(0.8, 2.5)
    bough = branch(rng, stock, size * rng.uniform(3, 7))
    along = float(bough.vertices[:, 0].max()) * rng.uniform(0.3, 0.6)
    near = np.abs(bough.vertices[:, 0] - along) < 0.3 * size
    top = float(bough.vertices[near, 1].min()) if near.any() else 0.0
    perched = bird(rng, stock, size).placed([0, 0.02 * size, 0], turn(rng.normal(0, 1.0)))
    return join([bough.placed([-along, -lift, 0]), perched.placed([0, top - lift, 0])])


def _framing(rng: np.random.Generator, subjects: Model, spot: Vector) -> tuple[Vector, Vector]:
    """A camera at the subject's own height, from above as of a pet, or from below."""
    low, high = subjects.vertices.min(0), subjects.vertices.max(0)
    tall = float(high[1] - low[1])
    reach = max(tall, 0.7 * float(np.ptp(subjects.vertices[:, 0])))
    aim = low + (high - low) * np.array([0.5, rng.uniform(0.1, 0.7), 0.5])
    steep = rng.choice([rng.uniform(-0.1, 0.25), rng.uniform(0.3, 1.2)], p=[0.6, 0.4])
    away = turn(np.pi + rng.normal(0, 0.6), steep)[:, 2]
    distance = reach * float(np.exp(rng.uniform(np.log(0.75), np.log(2.2)))) + 0.15
    position = spot + aim + distance * away
    position[1] = min(position[1], spot[1] - 0.08)
    return np.asarray(position, np.float64), np.asarray(spot + aim, np.float64)


def _cleared(behind: Model, position: Vector, target: Vector) -> Model:
    """The surroundings without upright things between the camera and what it looks at."""
    distance = np.linalg.norm(target - position)
    corners = behind.vertices[behind.faces]
    way = (target - position) / distance
    along = (corners - position) @ way
    beside = np.linalg.norm(corners - position - along[..., None] * way, axis=-1)
    ground = np.isin(
        behind.semantic, (Semantic.GROUND, Semantic.FLOOR, Semantic.ROAD, Semantic.WATER)
    )
    blocks = ((along > -0.2) & (along < distance) & (beside < 0.3 * distance)).any(1) & ~ground
    return behind.only(~blocks)


def _bare_ground(rng: np.random.Generator, stock: Stock) -> Model:
    """A floor, lawn or pavement as far as one sees, with a few small things on it."""
    texture = stock.surface(rng, "grass", "soil", "paving", "wood", "cloth", "white")
    texture = stock.paint(rng) if rng.random() < 0.2 else texture
    wide = float(rng.choice([8.0, 30.0, 200.0]))
    corner = np.array([-wide, 0, -wide])
    along, down = np.array([2 * wide, 0, 0]), np.array([0, 0, 2 * wide])
    parts = [slab(corner, along, down, texture, rng.uniform(0.3, 2)).labelled(Semantic.GROUND)]
    for _ in range(rng.integers(0, 7)):
        spot = rng.uniform(-2, 2, 3) * [1, 0, 1]
        parts.append(any_clutter(rng, stock).placed(spot))
    if rng.random() < 0.5:
        away = rng.uniform(0.6, 5)
        wall = stock.surface(rng, "wall", "masonry", "wood", "cloth")
        backdrop = slab(
            np.array([-wide, -6.0, away]), along, np.array([0, 6.0, 0]),
            stock.photo(rng) if rng.random() < 0.3 else wall, rng.uniform(2, 8),
        )  # fmt: skip
        parts.append(backdrop.labelled(Semantic.WALL))
    return join(parts)
