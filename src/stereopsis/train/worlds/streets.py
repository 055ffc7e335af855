"""Streets and squares: fronts with recessed windows, kerbs, cars, lamps, people."""

from dataclasses import replace

import numpy as np

from stereopsis.train.worlds.barriers import bicycle, car, lamp_post, pole_line, railing, sign
from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.people import person
from stereopsis.train.worlds.props import any_prop, columns
from stereopsis.train.worlds.seats import bench
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shapes import box, gable, rectangle, slab
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.trees import tree
from stereopsis.train.worlds.view import View

END = 160.0  # metres to the end of a street


def street(rng: np.random.Generator, stock: Stock) -> View:
    """A street seen from the roadway, as by a driver, or from the pavement."""
    half, pavement = rng.uniform(2.2, 8.0), rng.uniform(1.0, 4.0)
    kerb = float(rng.choice([0.0, 0.12, 0.16]))
    parts = [_roadway(rng, stock, half, pavement, kerb)]
    for side in (-1, 1):
        parts += _fronts(rng, stock, side, half + pavement)
        parts += _pavement_life(rng, stock, side, half, pavement, kerb)
        if rng.random() < 0.6:
            parts += _parked_cars(rng, stock, side * (half - 1.1))
    for _ in range(rng.integers(0, 4)):
        spot = [rng.uniform(-0.6, 0.6) * half, 0, rng.uniform(4, 60)]
        parts.append(_mover(rng, stock).placed(spot, turn(rng.choice([0, np.pi]))))
    if rng.random() < 0.4:
        parts.append(pole_line(rng, stock, 80).placed([rng.choice([-1, 1]) * (half + 0.5), 0, -5]))
    driving = rng.random() < 0.5
    x = rng.uniform(-0.6, 0.6) * half if driving else rng.choice([-1, 1]) * (half + 0.5 * pavement)
    height = rng.uniform(1.1, 1.7) if driving or rng.random() < 0.7 else rng.uniform(0.4, 5.0)
    yaw = rng.normal(0, 0.15) if driving else rng.normal(0, 0.5)
    pitch = rng.normal(-0.02, 0.06) if driving else rng.normal(0, 0.12)
    fov, roll = np.radians(rng.uniform(38, 90)), rng.normal(0, 0.02)
    position = np.array([x, -height, 0.0])
    return View(join(parts), join([]), position, yaw, pitch, roll, fov, outdoors=True)


def square(rng: np.random.Generator, stock: Stock) -> View:
    """An open square, court or arcade with fronts behind, people and furniture before them."""
    far, wide = rng.uniform(6, 45), rng.uniform(8, 50)
    ground = stock.surface(rng, "paving", "paving", "soil", "grass")
    corner, deep = np.array([-4 * wide, 0, -20.0]), np.array([0, 0, far + 60])
    sheet = slab(corner, np.array([8 * wide, 0, 0]), deep, ground, rng.uniform(1, 6))
    parts = [sheet.labelled(Semantic.ROAD)]
    x = -wide
    while x < wide:
        front = building(rng, stock)
        width = float(np.ptp(front.vertices[:, 2]))
        parts.append(front.placed([x + width / 2, 0, far + rng.choice([0, 0, 2])], turn(np.pi / 2)))
        x += width + rng.choice([0.0, 0.0, rng.uniform(1, 6)])
    if rng.random() < 0.45:  # an arcade that the camera looks through or along
        height = rng.uniform(2.6, 6)
        row = columns(rng, stock, int(rng.integers(3, 10)), height)
        angle = rng.choice([np.pi / 2, rng.normal(0, 0.3)])
        parts.append(row.placed([rng.uniform(-3, 3), 0, rng.uniform(1.5, 8)], turn(angle)))
    if rng.random() < 0.4:
        bars = railing(rng, stock, rng.uniform(4, 16), rng.uniform(0.8, 1.3))
        parts.append(bars.placed([0, 0, rng.uniform(1.0, 6)], turn(rng.normal(0, 0.4))))
    for _ in range(rng.integers(2, 16)):
        z = float(np.exp(rng.uniform(np.log(1.5), np.log(far))))
        spot = [rng.uniform(-0.8, 0.8) * z, 0, z]
        made = _street_thing(rng, stock).placed(spot, turn(rng.uniform(0, 2 * np.pi)))
        parts.append(made)
    position = np.array([0, -float(np.exp(rng.uniform(np.log(0.4), np.log(3.5)))), 0])
    yaw, pitch, roll = rng.normal(0, 0.3), rng.normal(0.0, 0.12), rng.normal(0, 0.02)
    fov = np.radians(rng.uniform(38, 90))
    return View(join(parts), join([]), position, yaw, pitch, roll, fov, outdoors=True)


def building(rng: np.random.Generator, stock: Stock) -> Model:
    """A house of several storeys; windows lie back in both long fronts (at +x and -x)."""
    length, width = rng.uniform(5, 16), rng.uniform(6, 14)
    storey, floors = (
        rng.uniform(2.6, 4.0),
        int(rng.choice([1, 2, 3, 4, 6], p=[0.2, 0.3, 0.2, 0.2, 0.1])),
    )
    height = storey * floors + 0.6
    photo = rng.random() < 0.15
    wall = (
        stock.photo(rng)
        if photo
        else stock.surface(rng, "masonry", "wall", "wall", "paving", "wood")
    )
    tile = rng.uniform(2, 4)
    block = box([width - 0.3, height, length], (wall, wall, wall), 1.0 if photo else height / tile)
    parts = [block]
    if not photo:
        front = _front(rng, stock, wall, (length, storey, floors), tile)
        for side in (-1, 1):
            parts.append(front.placed([side * width / 2, 0, 0], turn(side * np.pi / 2)))
    if rng.random() < 0.5:
        tiles = stock.surface(rng, "masonry", "dark", "metal")
        roof = gable(1.1 * width, rng.uniform(1, 4), 1.02 * length, tiles)
        parts.append(roof.placed([0, -height, 0]))
    return join(parts).labelled(Semantic.BUILDING)


def _front(
    rng: np.random.Generator, stock: Stock, wall: int, size: tuple[float, float, int], tile: float
) -> Model:
    """A front in the plane z = 0 (seen from +z) around recessed windows and doors.

    `size` is its length, the height of a storey and their number.
    """
    length, storey, floors = size
    bays = max(1, round(length / rng.uniform(1.8, 3.5)))
    wide, depth = length / bays, rng.uniform(0.1, 0.3)
    hole = (rng.uniform(0.35, 0.7) * wide, rng.uniform(0.1, 0.35) * storey)
    head = rng.uniform(0.7, 0.92) * storey
    trim = stock.surface(rng, "white", "wood", "paving")
    panes = (stock.surface(rng, "dark"), stock.photo(rng))

    def bay(sill: float, pane: int) -> Model:
        opening = (hole[0], sill, head, depth)
        return _bay((wide, storey), opening, (wall, pane, trim), tile)

    kinds = [bay(hole[1], panes[0]), bay(hole[1], panes[1]), bay(0.02, panes[0])]
    if rng.random() < 0.25:  # balconies
        floor = box([hole[0] + 0.5, 0.12, 1.0], (trim,) * 3)
        rails = railing(rng, stock, hole[0] + 0.5, 1.0).placed([0, -0.1, 1.0])
        kinds[0] = join([kinds[0], floor.placed([0, 0.02, 0.5]), rails])
    parts = []
    for storey_index in range(floors):
        for k in range(bays):
            kind = 2 if storey_index == 0 and k % 3 == 1 else int(rng.random() < 0.15)
            spot = [(k + 0.5) * wide - length / 2, -storey_index * storey, 0]
            parts.append(kinds[kind].placed(spot))
    return join(parts)


def _bay(
    size: tuple[float, float],
    opening: tuple[float, float, float, float],
    textures: tuple[int, int, int],
    tile: float,
) -> Model:
    """A piece of front (width, height) around one window (width, sill, head, depth)."""
    (wide, high), (hole, sill, head, depth) = size, opening
    wall, glass, trim = textures
    x, y, back = np.eye(3)[0], np.eye(3)[1], np.array([0, 0, -depth])
    side, half = (wide - hole) / 2, hole / 2
    corner, tall = np.array([-half, -head, 0]), (head - sill) * y
    pane = rectangle(corner + back, hole * x, tall, glass)
    parts = [
        slab(np.array([-wide / 2, -high, 0]), side * x, high * y, wall, tile),
        slab(np.array([half, -high, 0]), side * x, high * y, wall, tile),
        slab(np.array([-half, -high, 0]), hole * x, (high - head) * y, wall, tile),
        slab(np.array([-half, -sill, 0]), hole * x, sill * y, wall, tile),
        pane.labelled(Semantic.BUILDING, Finish.GLOSSY),
        rectangle(corner, back, tall, trim),
        rectangle(corner + hole * x, back, tall, trim),
        rectangle(corner, hole * x, back, trim),
        rectangle(corner + tall, hole * x, back, trim),
        rectangle(np.array([-0.03, -head, 0.03 - depth]), 0.06 * x, tall, trim),
        box([hole + 0.2, 0.06, 0.14], (trim,) * 3).placed([0, -sill, 0.06]),
    ]
    return join(parts)


def _fronts(rng: np.random.Generator, stock: Stock, side: int, at: float) -> list[Model]:
    """A row of houses, sometimes trees or nothing between them."""
    parts, z = [], rng.uniform(-12, 0)
    variants = [building(rng, stock) for _ in range(4)]
    green, reach = rng.random() < 0.25, rng.uniform(25, 90)
    while z < reach:
        if green:
            high = rng.uniform(3, 12)
            x = side * (at + rng.uniform(0.5, 4))
            parts.append(tree(rng, stock, high).placed([x, 0, z]))
            z += rng.uniform(3, 12)
            continue
        house = variants[rng.integers(len(variants))]
        low, high_corner = house.vertices.min(0), house.vertices.max(0)
        width, length = (high_corner - low)[[0, 2]]
        x = side * (at + width / 2 + rng.choice([0.0, 0.0, rng.uniform(0, 4)]))
        parts.append(house.placed([x, 0, z + length / 2]))
        z += length + rng.choice([0.0, 0.0, rng.uniform(0, 8)])
    return parts


def _roadway(
    rng: np.random.Generator, stock: Stock, half: float, pavement: float, kerb: float
) -> Model:
    """Road, markings, raised pavements and the ground beyond them."""
    tar = stock.surface(rng, "paving", "paving", "soil")
    side_stone, beyond = stock.surface(rng, "paving"), stock.surface(rng, "grass", "paving", "soil")
    deep = np.array([0, 0, END + 20])

    def strip(left: float, right: float, height: float, texture: int, tile: float) -> Model:
        corner = np.array([left, -height, -20.0])
        return slab(corner, np.array([right - left, 0, 0]), deep, texture, tile)

    parts = [strip(-half, half, 0, tar, rng.uniform(2, 6))]
    edge = half + pavement
    for side in (-1, 1):
        low, high = sorted((side * half, side * edge))
        parts.append(strip(low, high, kerb, side_stone, rng.uniform(0.8, 2.5)))
        face = slab(
            np.array([side * half, -kerb, -20]), deep, np.array([0, kerb + 1e-3, 0]), side_stone, 1
        )
        parts.append(face)
        low, high = sorted((side * edge, side * 400.0))
        parts.append(strip(low, high, kerb, beyond, 3.0).labelled(Semantic.GROUND))
    white = stock.surface(rng, "white")
    if rng.random() < 0.6:
        for z in np.arange(0, 60, 6.0):
            mark = box([0.14, 0.004, 3.0], (white,) * 3)
            parts.append(mark.placed([0, 0, z]))
    if rng.random() < 0.3:
        start = rng.uniform(3, 15)
        for x in np.arange(-half + 0.4, half - 0.4, 1.0):
            parts.append(box([0.5, 0.004, 3.0], (white,) * 3).placed([x, 0, start]))
    ground = join(parts)
    semantic = np.where(ground.semantic == Semantic.OBJECT, Semantic.ROAD, ground.semantic)
    return replace(ground, semantic=semantic.astype(np.int32))


def _pavement_life(
    rng: np.random.Generator, stock: Stock, side: int, half: float, pavement: float, kerb: float
) -> list[Model]:
    """Lamp posts in a row, and people, bicycles, benches and signs on the pavement."""
    parts = []
    if rng.random() < 0.6:
        post, gap = lamp_post(rng, stock), rng.uniform(10, 30)
        facing = turn(np.pi if side > 0 else 0.0)
        for z in np.arange(rng.uniform(2, 10), 90, gap):
            parts.append(post.placed([side * (half + 0.4), -kerb, z], facing))
    if rng.random() < 0.35:
        planted, gap = tree(rng, stock, rng.uniform(3, 9)), rng.uniform(6, 14)
        for z in np.arange(rng.uniform(2, 8), 80, gap):
            parts.append(planted.placed([side * (half + 0.6), -kerb, z], turn(rng.uniform(0, 6))))
    for _ in range(rng.integers(0, 9)):
        z = float(np.exp(rng.uniform(np.log(1.5), np.log(50))))
        x = side * (half + rng.uniform(0.2, 0.95) * pavement)
        made = _street_thing(rng, stock).placed([x, -kerb, z], turn(rng.uniform(0, 2 * np.pi)))
        parts.append(made)
    return parts


def _street_thing(rng: np.random.Generator, stock: Stock) -> Model:
    """Somebody or something on a pavement or square."""
    kind = rng.random()
    if kind < 0.5:
        return person(rng, stock, rng.uniform(1.0, 1.95))
    if kind < 0.6:
        return bicycle(rng, stock)
    if kind < 0.7:
        return bench(rng, stock)
    if kind < 0.78:
        return sign(rng, stock)
    if kind < 0.85:
        return lamp_post(rng, stock)
    if kind < 0.9:
        return car(rng, stock)
    return any_prop(rng, stock, rng.uniform(0.4, 2.2))


def _mover(rng: np.random.Generator, stock: Stock) -> Model:
    """Who or what is on the roadway."""
    kind = rng.random()
    if kind < 0.5:
        return car(rng, stock)
    if kind < 0.7:
        rider = person(rng, stock, 1.7, "sitting").placed([0, -0.45, -0.2])
        return join([bicycle(rng, stock), rider])
    return person(rng, stock, rng.uniform(1.1, 1.9))


def _parked_cars(rng: np.random.Generator, stock: Stock, x: float) -> list[Model]:
    """A row of cars with gaps, along the street."""
    cars, z = [], rng.uniform(1, 8)
    for _ in range(rng.integers(1, 9)):
        cars.append(car(rng, stock).placed([x + rng.normal(0, 0.12), 0, z]))
        z += rng.uniform(5.0, 6.2) if rng.random() < 0.7 else rng.uniform(8, 25)
    return cars
