"""Walls of rooms: with doorways and windows to look through, and with what hangs on them."""

from dataclasses import dataclass, replace

import numpy as np

from stereopsis.train.worlds.furniture import curtain
from stereopsis.train.worlds.model import Model, Vector, join
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shapes import box, rectangle, slab
from stereopsis.train.worlds.stock import Stock


@dataclass(frozen=True)
class Opening:
    """A hole in a wall: where it begins and ends along it, and its sill and head (metres)."""

    left: float
    right: float
    sill: float
    head: float


@dataclass(frozen=True)
class Frame:
    """Where a wall stands: its foot's start, unit vectors along it and out of the room."""

    foot: Vector
    along: Vector
    outward: Vector

    def at(self, x: float, height: float, out: float = 0.0) -> Vector:
        """The point so far along the wall, above the floor and out of the room."""
        up = np.array([0.0, -height, 0.0])
        return np.asarray(self.foot + x * self.along + up + out * self.outward)

    def hung(self, model: Model, x: float, height: float) -> Model:
        """The model, its back at +z, against the wall."""
        rotation = np.stack([self.along, [0, 1, 0], self.outward], 1)
        back = float(model.vertices[:, 2].max())
        return model.placed(self.at(x, height, -back), rotation)


def sampled_opening(
    rng: np.random.Generator, length: float, height: float, door: bool
) -> Opening | None:
    """A doorway or window that fits into a wall of this length and height, if one does."""
    wide = rng.uniform(0.8, 1.6) if door else rng.uniform(0.7, min(3.2, max(0.8, length - 0.6)))
    if wide + 0.4 > length:
        return None
    left = rng.uniform(0.2, length - wide - 0.2)
    sill = 0.0 if door else float(rng.choice([0.1, rng.uniform(0.5, 1.1)]))
    head = min(height - 0.15, rng.uniform(2.0, 2.4))
    return Opening(left, left + wide, sill, head)


def pierced_wall(
    frame: Frame, length: float, height: float, opening: Opening | None, paint: int, thick: float
) -> Model:
    """The wall around its opening, with the opening's inner faces `thick` metres deep."""
    if opening is None:
        full = np.array([0, height, 0])
        whole = rectangle(frame.at(0, height), length * frame.along, full, paint)
        return whole.labelled(Semantic.WALL)
    o = opening
    pieces = [(0.0, o.left, 0.0, height), (o.right, length, 0.0, height)]
    pieces += [(o.left, o.right, o.head, height), (o.left, o.right, 0.0, o.sill)]
    parts = []
    for left, right, bottom, top in pieces:
        if right - left > 1e-6 and top - bottom > 1e-6:
            along, down = (right - left) * frame.along, np.array([0, top - bottom, 0])
            part = rectangle(frame.at(left, top), along, down, paint)
            corner = np.array([left / length, 1 - top / height])
            extent = np.array([(right - left) / length, (top - bottom) / height])
            uv = (corner + part.uv * extent).astype(np.float32)
            parts.append(replace(part, uv=uv))
    deep, high = thick * frame.outward, np.array([0, o.head - o.sill, 0])
    wide = (o.right - o.left) * frame.along
    parts += [rectangle(frame.at(x, o.head), deep, high, paint) for x in (o.left, o.right)]
    parts += [rectangle(frame.at(o.left, y), wide, deep, paint) for y in (o.head, o.sill)]
    return join(parts).labelled(Semantic.WALL)


def window(rng: np.random.Generator, stock: Stock, frame: Frame, opening: Opening) -> Model:
    """Frame, bars, pane and curtains in an opening, and the view through it: a distant photo."""
    wood, o = stock.surface(rng, "white", "wood", "dark"), opening
    wide, high, middle = o.right - o.left, o.head - o.sill, (o.left + o.right) / 2
    rotation = np.stack([frame.along, [0, 1, 0], frame.outward], 1)
    bars = []
    for x in np.linspace(o.left, o.right, int(rng.integers(2, 5))):
        bars.append(box([0.06, high, 0.06], (wood,) * 3).placed(frame.at(x, o.sill, 0.1), rotation))
    for y in np.linspace(o.sill, o.head - 0.05, int(rng.integers(2, 4))):
        bar = box([wide, 0.06, 0.06], (wood,) * 3)
        bars.append(bar.placed(frame.at(middle, y, 0.1), rotation))
    board = box([wide + 0.1, 0.03, 0.25], (wood,) * 3)
    bars.append(board.placed(frame.at(middle, o.sill - 0.03, 0.02), rotation))
    parts = [join(bars).labelled(Semantic.WINDOW)]
    pane = rectangle(
        frame.at(o.left, o.head, 0.11), wide * frame.along, np.array([0, high, 0]), wood
    )
    parts.append(pane.labelled(Semantic.WINDOW, Finish.GLASS))
    far = rng.uniform(6, 40)
    corner = frame.at(middle - 2.2 * far, 1.7 * far, far)
    outside = rectangle(
        corner, 4.4 * far * frame.along, np.array([0, 3.0 * far, 0]), stock.photo(rng)
    )
    parts.append(outside.labelled(Semantic.BUILDING))
    if rng.random() < 0.5:
        for x in (o.left - 0.1, o.right + 0.1):
            hung = curtain(rng, stock, rng.uniform(0.25, 0.7), o.head + 0.1)
            parts.append(frame.hung(hung, x, 0.0))
    return join(parts)


def doorway(rng: np.random.Generator, stock: Stock, frame: Frame, opening: Opening) -> Model:
    """A frame around an opening and, mostly, its door, closed or ajar."""
    wood, o = stock.surface(rng, "white", "wood"), opening
    rotation = np.stack([frame.along, [0, 1, 0], frame.outward], 1)
    parts = []
    for x in (o.left, o.right):
        post = box([0.09, o.head, 0.05], (wood,) * 3)
        parts.append(post.placed(frame.at(x, 0, -0.02), rotation))
    lintel = box([o.right - o.left + 0.18, 0.09, 0.05], (wood,) * 3)
    parts.append(lintel.placed(frame.at((o.left + o.right) / 2, o.head, -0.02), rotation))
    if rng.random() < 0.6:
        leaf = _door_leaf(rng, stock, wood, o.right - o.left, o.head)
        swing = rng.uniform(0.6, 1.7) * rng.choice([-1, 1])
        c, s = np.cos(swing), np.sin(swing)
        hinge = np.stack([c * frame.along + s * frame.outward, [0, 1, 0],
                          c * frame.outward - s * frame.along], 1)  # fmt: skip
        parts.append(leaf.placed(frame.at(o.left, 0), hinge))
    return join(parts).labelled(Semantic.WINDOW)


def closed_door(rng: np.random.Generator, stock: Stock) -> Model:
    """A door in its frame that hangs flat on a wall."""
    wood, wide = stock.surface(rng, "white", "wood"), rng.uniform(0.75, 1.0)
    leaf = _door_leaf(rng, stock, wood, wide, 2.0).placed([-wide / 2, 0, 0])
    frame = box([wide + 0.18, 2.08, 0.03], (wood,) * 3).placed([0, 0, 0.02])
    return join([leaf, frame]).labelled(Semantic.WINDOW)


def hanging(rng: np.random.Generator, stock: Stock) -> tuple[Model, float]:
    """Something flat for a wall (back at +z), and the height at which it hangs."""
    kind = rng.random()
    if kind < 0.2:
        return closed_door(rng, stock), 0.0
    frame = stock.surface(rng, "wood", "dark", "white", "metal")
    if kind < 0.35:  # a wall board with things
        from_floor, wide = rng.uniform(1.1, 1.7), rng.uniform(0.5, 1.4)
        return box([wide, 0.03, 0.2], (frame,) * 3).labelled(Semantic.FURNITURE), from_floor
    width, height = rng.uniform(0.2, 1.3), rng.uniform(0.2, 1.0)
    thick = rng.uniform(0.01, 0.05)
    picture = box([width - 0.04, height - 0.04, 0.004], (frame, frame, stock.photo(rng)))
    parts = [
        box([width, height, thick], (frame,) * 3).labelled(Semantic.WALL),
        picture.placed([0, -0.02, -thick / 2 - 0.002]).labelled(
            Semantic.WALL, Finish.GLOSSY if rng.random() < 0.4 else Finish.MATTE
        ),
    ]
    return join(parts), rng.uniform(0.9, 1.7)


def carpet(rng: np.random.Generator, stock: Stock, width: float, length: float) -> Model:
    """A carpet lying on the floor around the origin."""
    weave = stock.paint(rng) if rng.random() < 0.6 else stock.surface(rng, "cloth")
    corner = np.array([-width / 2, -0.01, -length / 2])
    along, down = np.array([width, 0, 0]), np.array([0, 0, length])
    return rectangle(corner, along, down, weave).labelled(Semantic.FLOOR)


def floor_and_ceiling(rng: np.random.Generator, stock: Stock, low: Vector, high: Vector) -> Model:
    """Both, over the ground from `low` to `high` (metres; heights are -y)."""
    x, z = np.array([high[0] - low[0], 0, 0]), np.array([0, 0, high[2] - low[2]])
    boards = stock.surface(rng, "wood", "wood", "paving", "soil", "white", "cloth")
    finish = Finish.GLOSSY if rng.random() < 0.25 else Finish.MATTE
    corner = np.array([low[0], 0, low[2]])
    ground = slab(corner, x, z, boards, rng.uniform(0.6, 3.0)).labelled(Semantic.FLOOR, finish)
    roof = rectangle(
        corner + np.array([0, low[1], 0]), x, z, stock.surface(rng, "wall", "white", "wood")
    )
    return join([ground, roof.labelled(Semantic.CEILING)])


def _door_leaf(
    rng: np.random.Generator, stock: Stock, wood: int, width: float, height: float
) -> Model:
    """A door from its hinge at the origin along x, with panels and a handle."""
    leaf = box([width, height, 0.04], (wood,) * 3).placed([width / 2, 0, 0])
    parts = [leaf]
    rows = int(rng.choice([0, 1, 2, 3]))
    for row in range(rows):
        panel = box([0.65 * width, 0.7 * height / rows, 0.055], (wood,) * 3)
        parts.append(panel.placed([width / 2, -(0.12 + row / rows * 0.85) * height, 0]))
    grip = box([0.12, 0.02, 0.13], (stock.surface(rng, "metal"),) * 3)
    return join([*parts, grip.placed([0.88 * width, -1.0, 0])])
