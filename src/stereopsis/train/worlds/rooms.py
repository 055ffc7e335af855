"""Rooms: homes, offices, shops and halls, seen as people photograph them."""

from dataclasses import dataclass

import numpy as np

from stereopsis.train.worlds.clutter import any_clutter
from stereopsis.train.worlds.furniture import (
    any_furniture,
    big_plant,
    cupboard,
    desk,
    hanging_lamp,
    kitchen,
    laid_table,
    lamp,
    media_bench,
    radiator,
    shelf,
)
from stereopsis.train.worlds.layout import Layout
from stereopsis.train.worlds.model import Model, Vector, join, turn
from stereopsis.train.worlds.people import person
from stereopsis.train.worlds.props import any_prop, columns, stairs
from stereopsis.train.worlds.seats import bed, bench, chair, sofa
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.view import View, look_at
from stereopsis.train.worlds.walls import (
    Opening,
    carpet,
    doorway,
    floor_and_ceiling,
    hanging,
    pierced_wall,
    sampled_opening,
    window,
)


@dataclass(frozen=True)
class Interior:
    """A furnished room: its layout, its shell, and the depth (metres) of what lies beyond."""

    layout: Layout
    shell: Model
    beyond: float


def room(rng: np.random.Generator, stock: Stock) -> View:
    """A room from a hand-held camera anywhere in it."""
    inside = interior(rng, stock)
    layout = inside.layout
    position, target = _framing(rng, layout)
    yaw, pitch = look_at(position, target)
    fov, roll = np.radians(rng.uniform(40, 100)), rng.normal(0, 0.03)
    things = join(layout.models)
    return View(things, inside.shell, position, yaw, pitch, roll, fov, outdoors=False)


def interior(rng: np.random.Generator, stock: Stock) -> Interior:
    """A room with its furniture, openings and what hangs on its walls."""
    halls = rng.random() < 0.12
    low, high = ([5, 3, 8], [14, 6, 24]) if halls else ([2.3, 2.3, 2.6], [6.5, 3.2, 8.0])
    layout = Layout(rng, rng.uniform(low, high))
    kinds = [_living, _living, _living, _dining, _dining, _bedroom, _study, _kitchen, _shop, _mixed]
    (_hall if halls else kinds[rng.integers(len(kinds))])(layout, stock)
    for _ in range(rng.integers(0, 7)):
        layout.freely(any_clutter(rng, stock))
    for _ in range(rng.choice([0, 0, 1, 3])):
        layout.freely(any_prop(rng, stock, rng.uniform(0.2, 1.3)))
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        layout.freely(person(rng, stock, rng.uniform(1.0, 1.9)))
    return Interior(layout, *_shell(layout, stock))


def _shell(layout: Layout, stock: Stock) -> tuple[Model, float]:
    """Walls, floor and ceiling, with windows, a doorway to another room, and hangings."""
    rng, size = layout.rng, layout.size
    low, high = np.array([-size[0] / 2, -size[1], 0]), np.array([size[0] / 2, 0, size[2]])
    paint, thick, beyond = stock.surface(rng, "wall"), rng.uniform(0.1, 0.35), 0.0
    accent = [paint if rng.random() < 0.8 else _wallpaper(rng, stock) for _ in range(4)]
    parts = [floor_and_ceiling(rng, stock, low, high)]
    for k, frame in enumerate(layout.walls()):
        length, opening = layout.wall_length(k), None
        leads_on = k == 0 and rng.random() < 0.45
        if leads_on or rng.random() < 0.4:
            opening = sampled_opening(rng, length, size[1], door=leads_on)
        parts.append(pierced_wall(frame, length, size[1], opening, accent[k], thick))
        if opening is not None and leads_on:
            beyond = rng.uniform(1.2, 6.0)
            parts += [doorway(rng, stock, frame, opening)]
            parts += _next_room(rng, stock, size, opening, thick, beyond)
        elif opening is not None:
            parts.append(window(rng, stock, frame, opening))
        elif rng.random() < 0.8:
            for _ in range(rng.integers(0, 5)):
                model, lift = hanging(rng, stock)
                lift = min(lift, size[1] + float(model.vertices[:, 1].min()) - 0.05)
                parts.append(frame.hung(model, rng.uniform(0.1, 0.9) * length, max(0.0, lift)))
    return join(parts), beyond


def _next_room(
    rng: np.random.Generator, stock: Stock, size: Vector, door: Opening, thick: float, deep: float
) -> list[Model]:
    """A plain room or corridor beyond the far wall's doorway, with some furniture."""
    left = -size[0] / 2 + door.left - rng.uniform(0.1, 2.5)
    right = -size[0] / 2 + door.right + rng.uniform(0.1, 2.5)
    low, high = np.array([left, -size[1], 0]), np.array([right, 0, deep])
    paint = stock.surface(rng, "wall")
    inner = Layout(rng, np.array([right - left, size[1], deep]))
    for _ in range(rng.integers(0, 4)):
        inner.against_wall(any_furniture(rng, stock), wall=int(rng.integers(3)))
    walls = [
        pierced_wall(f, inner.wall_length(k), size[1], None, paint, thick)
        for k, f in enumerate(inner.walls()[:3])
    ]
    start = np.array([(left + right) / 2, 0, size[2] + thick])
    box_low, box_high = low - [(left + right) / 2, 0, 0], high - [(left + right) / 2, 0, 0]
    made = [floor_and_ceiling(rng, stock, box_low, box_high), *walls, *inner.models]
    sill = floor_and_ceiling(
        rng, stock, np.array([left, -size[1], size[2]]), np.array([right, 0, start[2]])
    )
    return [join(made).placed(start), sill]


def _wallpaper(rng: np.random.Generator, stock: Stock) -> int:
    if rng.random() < 0.3:
        return stock.paint(rng)
    return stock.surface(rng, "wall", "masonry", "wood", "cloth")


def _framing(rng: np.random.Generator, layout: Layout) -> tuple[Vector, Vector]:
    """Where the camera is and what it looks at: standing, sitting, low, or close to something."""
    size, rough = layout.size, rng.random()
    low = np.array([-size[0] / 2, -size[1], 0.0]) + 0.12
    high = np.array([size[0] / 2, -0.05, size[2]]) - [0.12, 0, 0.12]
    heights = ((1.3, 1.8), (0.9, 1.3), (0.15, 0.8), (1.7, 2.3))
    band = heights[rng.choice(4, p=[0.45, 0.25, 0.15, 0.15])]
    centers = [(a + b) / 2 for a, b in layout.extents]
    target = rng.uniform(low, high) * [1, 0.6, 1]
    position = np.zeros(3)
    for _ in range(30):
        if centers and rough < 0.3:  # close to something
            target = centers[rng.integers(len(centers))]
            away = turn(rng.uniform(0, 2 * np.pi), -rng.uniform(0.05, 1.0))[:, 2]
            position = target - rng.uniform(0.5, 2.0) * away
        else:  # from near a wall or a corner, mostly across the room
            position = rng.uniform(low, high)
            position[1] = -rng.uniform(*band)
            if rough < 0.8:
                side = rng.integers(3)
                position[0] = position[0] if side == 0 else rng.choice([low[0], high[0]]) * 0.93
                position[2] = position[2] if side == 1 else rng.choice([0.2, high[2] - 0.1])
                target = np.array([-0.5 * position[0], target[1], size[2] - position[2]])
                target = target + rng.normal(0, 0.6, 3) * [1, 0.5, 1]
        inside = ((position > low) & (position < high)).all()
        if inside and layout.is_free(position, 0.15) and np.linalg.norm(target - position) > 0.4:
            break
    return np.clip(position, low, high), target


def _living(layout: Layout, stock: Stock) -> None:
    """Sofas around a low table on a carpet, a television, shelves, lamps, plants."""
    rng, size = layout.rng, layout.size
    wide, deep = rng.uniform([1.2, 1.0], [3.0, 2.2])
    seats = [sofa(rng, stock).placed([0, 0, deep / 2 + rng.uniform(0.1, 0.5)])]
    measures = rng.uniform([0.5, 0.3, 0.4], [1.3, 0.5, 0.8])
    low = laid_table(rng, stock, measures, int(rng.integers(0, 7)))
    if rng.random() < 0.75:
        seats.append(low)
    if rng.random() < 0.6:
        seats.append(carpet(rng, stock, wide, deep))
    for side in (-1, 1):
        if rng.random() < 0.45:
            spot = [side * (wide / 2 + 0.5), 0, rng.uniform(-0.4, 0.4)]
            seats.append(sofa(rng, stock).placed(spot, turn(side * np.pi / 2 + rng.normal(0, 0.3))))
    if rng.random() < 0.5:
        layout.freely(join(seats), squarely=True)
    else:
        layout.against_wall(join(seats))
    for maker, chance in ((media_bench, 0.6), (shelf, 0.6), (cupboard, 0.5), (radiator, 0.4)):
        if rng.random() < chance:
            layout.against_wall(maker(rng, stock))
    for maker in (lamp, big_plant, chair, big_plant):
        if rng.random() < 0.45:
            layout.freely(maker(rng, stock))
    if rng.random() < 0.3:
        drop = hanging_lamp(rng, stock, rng.uniform(0.3, 0.8))
        layout.models.append(drop.placed([0, -size[1], size[2] / 2]))


def _dining(layout: Layout, stock: Stock) -> None:
    """A table with chairs around it, a lamp above, cupboards along the walls."""
    rng, size = layout.rng, layout.size
    width, depth = rng.uniform([0.8, 0.7], [2.2, 1.1])
    parts = [
        laid_table(rng, stock, [width, rng.uniform(0.7, 0.78), depth], int(rng.integers(0, 10)))
    ]
    state = rng.integers(1 << 31)
    for k in range(int(rng.integers(2, 9))):
        piece = chair(np.random.default_rng(state), stock)  # all alike
        along = rng.uniform(-0.35, 0.35) * width
        pull = rng.uniform(-0.1, 0.5) + depth / 2 + 0.1
        side = -1 if k % 2 else 1
        spot = [along, 0, side * pull]
        if k % 5 == 4:
            spot = [side * (width / 2 + rng.uniform(0.1, 0.4)), 0, 0]
        face = np.arctan2(spot[0] * (k % 5 == 4), spot[2]) + rng.normal(0, 0.25)
        parts.append(piece.placed(spot, turn(face)))
    layout.freely(join(parts), squarely=True)
    for _ in range(rng.integers(1, 4)):
        layout.against_wall(any_furniture(rng, stock))
    if rng.random() < 0.5:
        middle = (layout.extents[0][0] + layout.extents[0][1]) / 2
        cord = hanging_lamp(rng, stock, rng.uniform(0.5, 1.2))
        layout.models.append(cord.placed([middle[0], -size[1], middle[2]]))


def _bedroom(layout: Layout, stock: Stock) -> None:
    """A bed with its head at a wall, night tables, a wardrobe."""
    rng = layout.rng
    parts = [bed(rng, stock)]
    half = float(np.ptp(parts[0].vertices[:, 0])) / 2
    for side in (-1, 1):
        if rng.random() < 0.7:
            night = laid_table(rng, stock, [0.45, 0.5, 0.4], int(rng.integers(1, 4)))
            parts.append(night.placed([side * (half + 0.3), 0, 0.8]))
    layout.against_wall(join(parts))
    for maker in (cupboard, cupboard, desk, chair, shelf, big_plant, radiator):
        if rng.random() < 0.4:
            layout.against_wall(maker(rng, stock), gap=float(rng.choice([0.0, 0.1])))


def _study(layout: Layout, stock: Stock) -> None:
    """Desks at the walls or free, shelves, cupboards."""
    rng = layout.rng
    for _ in range(rng.integers(1, 5)):
        if rng.random() < 0.6:
            layout.against_wall(desk(rng, stock))
        else:
            layout.freely(desk(rng, stock), squarely=True)
    for _ in range(rng.integers(0, 4)):
        layout.against_wall([shelf, shelf, cupboard, big_plant][rng.integers(4)](rng, stock))


def _kitchen(layout: Layout, stock: Stock) -> None:
    """Rows of kitchen cupboards, maybe an island or a table."""
    rng = layout.rng
    for _ in range(rng.integers(1, 3)):
        layout.against_wall(kitchen(rng, stock))
    if rng.random() < 0.7:
        measures = rng.uniform([0.8, 0.72, 0.6], [2.0, 0.95, 0.95])
        layout.freely(laid_table(rng, stock, measures, int(rng.integers(2, 12))), squarely=True)
    for _ in range(rng.integers(0, 5)):
        layout.freely(chair(rng, stock))


def _shop(layout: Layout, stock: Stock) -> None:
    """Rows of full shelves with aisles, as in shops and libraries."""
    rng, size = layout.rng, layout.size
    aisle, full = rng.uniform(0.8, 1.6), [shelf(rng, stock) for _ in range(4)]
    x = -size[0] / 2 + 0.3
    while x < size[0] / 2 - 0.2:
        z = rng.uniform(0.5, 1.5)
        side = rng.choice([-1, 1])
        while z < min(5.0, size[2] - 0.8) and rng.random() < 0.95:
            one = full[rng.integers(len(full))]
            step = float(np.ptp(one.vertices[:, 0]))
            stood = one.placed([x, 0, z + step / 2], turn(side * np.pi / 2))
            layout.models.append(stood)
            layout.extents.append((stood.vertices.min(0) + 0.0, stood.vertices.max(0) + 0.0))
            z += step
        x += aisle + 0.35


def _hall(layout: Layout, stock: Stock) -> None:
    """A high hall with rows of columns, stairs, benches and people."""
    rng, size = layout.rng, layout.size
    if rng.random() < 0.75:
        inset = rng.uniform(0.15, 0.4) * size[0]
        for side in (-1, 1):
            count, height = int(rng.integers(3, 9)), 0.87 * size[1]
            row = columns(rng, stock, count, height)
            layout.models.append(row.placed([side * inset, 0, rng.uniform(0.5, 2.5)]))
    if rng.random() < 0.4:
        layout.against_wall(stairs(rng, stock, rng.uniform(1.2, 3.0), int(rng.integers(5, 16))))
    for _ in range(rng.integers(0, 8)):
        layout.freely(bench(rng, stock), squarely=True)
    for _ in range(rng.integers(0, 6)):
        layout.freely(person(rng, stock, rng.uniform(1.5, 1.9)))
    for _ in range(rng.integers(0, 6)):
        layout.against_wall(any_furniture(rng, stock))


def _mixed(layout: Layout, stock: Stock) -> None:
    """Any pieces anywhere."""
    rng = layout.rng
    for _ in range(rng.integers(1, 8)):
        if rng.random() < 0.6:
            layout.against_wall(any_furniture(rng, stock), gap=float(rng.choice([0.0, 0.4])))
        else:
            layout.freely(any_furniture(rng, stock))
