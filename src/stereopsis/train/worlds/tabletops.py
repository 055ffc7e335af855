"""Table tops: close-ups of things on a table, as food and product photos show them."""

import numpy as np

from stereopsis.train.worlds.clutter import any_clutter, bottle, cup
from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.people import person
from stereopsis.train.worlds.props import any_prop, ball, crate, vessel
from stereopsis.train.worlds.rooms import interior
from stereopsis.train.worlds.seats import chair
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shapes import box, cushion, lathe, rectangle, rod, slab
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.view import View, look_at

HEIGHT = 0.74  # metres of the table's top above the floor


def tabletop(rng: np.random.Generator, stock: Stock) -> View:
    """Some things on a table from arm's length, a wall, a room or the table itself behind them."""
    reach = float(np.exp(rng.uniform(np.log(0.3), np.log(1.6))))
    extent = reach * rng.uniform(0.7, 3.0)
    laid = [_main_thing(rng, stock, reach)]
    for _ in range(rng.integers(0, 12)):
        x, z = rng.uniform(-0.7, 0.7) * reach, rng.uniform(-0.4, 0.9) * min(extent, 2 * reach)
        laid.append(_beside(rng, stock, reach).placed([x, 0, z]))
    things = [_top(rng, stock, extent), join(laid)]
    if rng.random() < 0.25:  # somebody or a chair at the other side
        guest = person(rng, stock, 1.7, "sitting").placed([0, 0.55, 0])
        opposite = (
            guest if rng.random() < 0.6 else chair(rng, stock).placed([0, HEIGHT, 0], turn(np.pi))
        )
        spot = [rng.normal(0, 0.4), 0, extent + rng.uniform(0.15, 0.5)]
        things.append(opposite.placed(spot, turn(np.pi + rng.normal(0, 0.3))))
    steepness = rng.uniform(0.05, 1.3)
    target = reach * np.array([rng.normal(0, 0.12), -rng.uniform(0, 0.2), rng.normal(0, 0.1)])
    position = target - reach * turn(rng.normal(0, 0.4), -steepness)[:, 2]
    yaw, pitch = look_at(position, target)
    if rng.random() < 0.4:
        around, shell = _room_around(rng, stock, extent)
        things.append(around)
    else:
        shell = _plain_surroundings(rng, stock, extent)
    fov = np.radians(rng.uniform(32, 75))
    roll = rng.normal(0, 0.08)
    return View(join(things), shell, position, yaw, pitch, roll, fov, outdoors=False)


def _main_thing(rng: np.random.Generator, stock: Stock, reach: float) -> Model:
    """What the picture is of."""
    kind = rng.random()
    if kind < 0.35:
        return _served_plate(rng, stock, 0.35 * reach)
    if kind < 0.55:
        return _loaf(rng, stock, reach)
    if kind < 0.75:
        made = any_clutter(rng, stock)
        wide = float(np.ptp(made.vertices, axis=0).max())
        return made.placed(np.zeros(3), scale=reach * rng.uniform(0.3, 0.6) / wide)
    return any_prop(rng, stock, reach * rng.uniform(0.25, 0.6))


def _beside(rng: np.random.Generator, stock: Stock, reach: float) -> Model:
    """What stands about it: mostly in its true size."""
    kind = rng.random()
    if kind < 0.6:
        return any_clutter(rng, stock)
    if kind < 0.75:
        return [cup, bottle][rng.integers(2)](rng, stock)
    if kind < 0.85:
        return _cutlery(rng, stock)
    if kind < 0.93:
        return _served_plate(rng, stock, rng.uniform(0.07, 0.14))
    return any_prop(rng, stock, reach * rng.uniform(0.08, 0.4))


def _cutlery(rng: np.random.Generator, stock: Stock) -> Model:
    """A knife, spoon or pen lying down."""
    metal, length = stock.surface(rng, "metal", "dark"), rng.uniform(0.12, 0.22)
    lift = np.array([0, -0.006, 0])
    handle = rod(lift, lift + np.array([0, 0, length]), 0.005, metal)
    blade = cushion([0.02, 0.006, 0.4 * length], metal, 0.6).placed([0, -0.003, length])
    made = join([handle, blade]).labelled(Semantic.OBJECT, Finish.GLOSSY)
    return made.placed(np.zeros(3), turn(rng.uniform(0, 2 * np.pi)))


def _loaf(rng: np.random.Generator, stock: Stock, reach: float) -> Model:
    """A board or cloth with a heap of rounded pieces of food, all of one sort."""
    side, size = stock.surface(rng, "wood", "cloth", "white"), reach * rng.uniform(0.3, 0.55)
    parts = [box([size, 0.02 * size, 0.7 * size], (side,) * 3)]
    crust, bite = stock.surface(rng, "food", "food", "wood"), size * rng.uniform(0.15, 0.5, 3)
    for _ in range(rng.integers(1, 9)):
        x, z = rng.uniform(-0.32, 0.32) * size, rng.uniform(-0.2, 0.2) * size
        piece = cushion(bite * rng.uniform(0.8, 1.2, 3), crust, rng.uniform(0.4, 1.0))
        facing = turn(rng.uniform(0, 2 * np.pi), rng.normal(0, 0.15), rng.normal(0, 0.15))
        parts.append(piece.placed([x, -0.02 * size, z], facing))
    return join(parts).placed(np.zeros(3), turn(rng.normal(0, 0.5)))


def _top(rng: np.random.Generator, stock: Stock, extent: float) -> Model:
    """The table's top at height 0, often with a mat or cloth under the things."""
    wood = stock.surface(rng, "wood", "wood", "white", "cloth", "metal", "paving")
    wood = stock.paint(rng) if rng.random() < 0.3 else wood
    near, width = rng.uniform(0.3, 2.0) + extent, rng.choice([1.2, 2.0, 4.0]) * extent + 0.4
    corner = np.array([-width / 2, 0, -near])
    x, z = np.array([width, 0, 0]), np.array([0, 0, near + extent])
    finish = Finish.GLOSSY if rng.random() < 0.35 else Finish.MATTE
    board = box([width, 0.04, near + extent], (wood,) * 3)
    parts = [
        slab(corner, x, z, wood, rng.uniform(0.2, 1.5)).labelled(Semantic.FURNITURE, finish),
        board.placed([0, 0.041, (extent - near) / 2]).labelled(Semantic.FURNITURE),
    ]
    if rng.random() < 0.35:
        mat = box([rng.uniform(0.3, 0.6), 0.004, rng.uniform(0.25, 0.4)], (stock.paint(rng),) * 3)
        parts.append(mat.placed([rng.normal(0, 0.1), 0, rng.normal(0, 0.1)]))
    return join(parts)


def _room_around(rng: np.random.Generator, stock: Stock, extent: float) -> tuple[Model, Model]:
    """A furnished room that the table stands in, without what would stand on its place."""
    inside = interior(rng, stock)
    size = inside.layout.size
    away = min(0.5 * size[2], extent + rng.uniform(0.5, 3.0))
    shift = np.array([rng.uniform(-0.3, 0.3) * size[0], HEIGHT, away - size[2]])
    low, high = np.array([-extent, -2.0, -3.0]), np.array([extent, 0.8, 1.1 * extent])
    kept = []
    for model in inside.layout.models:
        moved = model.placed(shift)
        overlaps = (moved.vertices.min(0) < high) & (moved.vertices.max(0) > low)
        if not overlaps.all():
            kept.append(moved)
    return join(kept), inside.shell.placed(shift)


def _plain_surroundings(rng: np.random.Generator, stock: Stock, extent: float) -> Model:
    """The floor below and a wall behind, which a photo of some place may stand for."""
    far = extent + rng.choice([0.0, rng.uniform(0.3, 1.5), rng.uniform(1.5, 6.0)])
    wide, high = 4 * far + 8, 2 * far + 4
    plain = rng.random() < 0.5
    paint = stock.surface(rng, "wall", "wall", "masonry", "wood") if plain else stock.paint(rng)
    backdrop = rectangle(
        np.array([-wide / 2, -high, far]), np.array([wide, 0, 0]), np.array([0, high + 0.9, 0]),
        paint, 1.0 if plain else float(rng.choice([1, 2, 3])),
    )  # fmt: skip
    floor = rectangle(
        np.array([-wide / 2, HEIGHT, -4]), np.array([wide, 0, 0]), np.array([0, 0, far + 4]),
        stock.surface(rng, "wood", "paving", "soil"), 6.0,
    )  # fmt: skip
    return join([backdrop.labelled(Semantic.WALL), floor.labelled(Semantic.FLOOR)])


def _served_plate(rng: np.random.Generator, stock: Stock, radius: float) -> Model:
    """A plate or bowl with a heap of food."""
    depth = radius * rng.choice([0.08, 0.15, 0.5])
    heights = np.array([0, 0, 0.3, 1.0, 1.0, 0.35, 0.1]) * depth
    radii = np.array([0, 0.5, 0.7, 1.0, 0.97, 0.66, 0.0]) * radius
    china = stock.surface(rng, "white", "white", "wood", "cloth")
    china = stock.paint(rng) if rng.random() < 0.25 else china
    parts = [lathe(heights, radii, china).labelled(Semantic.OBJECT, Finish.GLOSSY)]
    bite = radius * rng.uniform(0.15, 0.5)
    makers = [_morsel, _morsel, _morsel, ball, vessel, crate]
    maker = makers[rng.integers(len(makers))]
    for k in range(rng.integers(1, 16)):
        spread = max(0.0, 0.75 * radius - 0.5 * bite) / (1 + 0.12 * k)
        angle, reach = rng.uniform(0, 2 * np.pi), spread * np.sqrt(rng.random())
        lift = 0.15 * depth + 0.06 * k * bite
        spot = np.array([reach * np.cos(angle), -lift, reach * np.sin(angle)])
        parts.append(maker(rng, stock, bite).placed(spot, turn(angle, rng.normal(0, 0.4))))
    return join(parts)


def _morsel(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A bite of food."""
    piece = cushion(
        size * rng.uniform(0.4, 1.0, 3), stock.surface(rng, "food"), rng.uniform(0.3, 1)
    )
    return piece
