"""Rooms: homes, offices, shops and halls, seen as people photograph them."""

from dataclasses import dataclass

import numpy as np

from stereopsis.train.worlds.arrangements import arrange, arrange_hall
from stereopsis.train.worlds.clutter import any_clutter
from stereopsis.train.worlds.furniture import any_furniture
from stereopsis.train.worlds.layout import Layout
from stereopsis.train.worlds.model import Model, Vector, join, turn
from stereopsis.train.worlds.people import person
from stereopsis.train.worlds.props import any_prop
from stereopsis.train.worlds.stock import Stock, above
from stereopsis.train.worlds.view import View, look_at
from stereopsis.train.worlds.walls import (
    Opening,
    doorway,
    floor_and_ceiling,
    hanging,
    pierced_wall,
    sampled_opening,
    window,
)


@dataclass(frozen=True)
class Interior:
    """A furnished room: its layout, its shell, and a place beyond its doorway to look in from."""

    layout: Layout
    shell: Model
    outside: Vector | None


def room(rng: np.random.Generator, stock: Stock) -> View:
    """A room from a hand-held camera anywhere in it."""
    inside = interior(rng, stock)
    layout = inside.layout
    position, target = _framing(rng, layout)
    if inside.outside is not None and rng.random() < 0.25:
        position = above(inside.outside, rng.uniform(0.9, 1.75))
        target = layout.size * rng.uniform([-0.4, -0.6, 0.2], [0.4, -0.1, 0.6])
    yaw, pitch = look_at(position, target)
    fov, roll = np.radians(rng.uniform(40, 100)), rng.normal(0, 0.03)
    things = join(layout.models)
    return View(things, inside.shell, position, yaw, pitch, roll, fov, outdoors=False)


def interior(rng: np.random.Generator, stock: Stock) -> Interior:
    """A room with its furniture, openings and what hangs on its walls."""
    halls = rng.random() < 0.12
    low, high = ([5, 3, 8], [14, 6, 24]) if halls else ([2.3, 2.3, 2.4], [5.5, 3.0, 6.5])
    layout = Layout(rng, rng.uniform(low, high))
    (arrange_hall if halls else arrange)(layout, stock)
    area = layout.size[0] * layout.size[2]
    for _ in range(0 if halls else int(area * rng.uniform(0, 0.25))):
        layout.against_wall(any_furniture(rng, stock), gap=float(rng.choice([0.0, 0.05, 0.6])))
    for _ in range(rng.integers(0, 7)):
        layout.freely(any_clutter(rng, stock))
    for _ in range(rng.choice([0, 0, 1, 3])):
        layout.freely(any_prop(rng, stock, rng.uniform(0.2, 1.3)))
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        layout.freely(person(rng, stock, rng.uniform(1.0, 1.9)))
    return Interior(layout, *_shell(layout, stock))


def _shell(layout: Layout, stock: Stock) -> tuple[Model, Vector | None]:
    """Walls, floor and ceiling, with windows, a doorway and hangings; and the place beyond it."""
    rng, size = layout.rng, layout.size
    low, high = np.array([-size[0] / 2, -size[1], 0]), np.array([size[0] / 2, 0, size[2]])
    paint, thick, outside = stock.surface(rng, "wall"), rng.uniform(0.1, 0.35), None
    accent = [paint if rng.random() < 0.8 else _wallpaper(rng, stock) for _ in range(4)]
    parts = [floor_and_ceiling(rng, stock, low, high)]
    for k, frame in enumerate(layout.walls()):
        length, opening = layout.wall_length(k), None
        leads_on = k == 0 and rng.random() < 0.45
        if leads_on or rng.random() < 0.4:
            opening = sampled_opening(rng, length, size[1], door=leads_on)
        parts.append(pierced_wall(frame, length, size[1], opening, accent[k], thick))
        if opening is not None and leads_on:
            deep, middle = rng.uniform(1.2, 6.0), (opening.left + opening.right) / 2
            outside = frame.at(middle, 0, thick + rng.uniform(0.1, min(2.0, deep - 0.2)))
            parts += [doorway(rng, stock, frame, opening)]
            parts += _next_room(rng, stock, size, opening, thick, deep)
        elif opening is not None:
            parts.append(window(rng, stock, frame, opening))
        elif rng.random() < 0.8:
            for _ in range(rng.integers(0, 5)):
                model, lift = hanging(rng, stock)
                lift = min(lift, size[1] + float(model.vertices[:, 1].min()) - 0.05)
                parts.append(frame.hung(model, rng.uniform(0.1, 0.9) * length, max(0.0, lift)))
    return join(parts), outside


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
