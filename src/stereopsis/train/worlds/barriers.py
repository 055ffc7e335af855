"""Thin structures: railings, fences, poles with cables, lamp posts, bicycles; feet at 0."""

from itertools import pairwise

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shapes import box, cushion, cylinder, ellipsoid, rod, tube
from stereopsis.train.worlds.stock import Stock

CABLE = np.linspace(-1, 1, 13)


def railing(rng: np.random.Generator, stock: Stock, length: float, height: float) -> Model:
    """Posts along x with upright bars, level rails, crossed bars or wide boards between them."""
    paint = stock.surface(rng, "metal", "dark", "wood", "white")
    style, thick = rng.integers(4), rng.uniform(0.008, 0.02)
    gap = rng.uniform(1.0, 2.5)
    posts = np.linspace(-length / 2, length / 2, max(2, round(length / gap) + 1))
    parts = [rod(_at(x, 0), _at(x, height), 2 * thick, paint) for x in posts]
    rails = [height, 0.08] if style == 0 else np.linspace(height, 0.15, int(rng.integers(2, 6)))
    if style == 3:
        parts += [
            box([length, 0.1, 0.02], (paint,) * 3).placed([0, -0.9 * share * height, 0])
            for share in (0.2, 0.55, 0.9)
        ]
        return join(parts).labelled(Semantic.FENCE)
    parts += [rod(_at(-length / 2, y), _at(length / 2, y), thick, paint) for y in rails]
    if style == 0:
        step = rng.uniform(0.09, 0.2)
        bars = np.arange(-length / 2 + step, length / 2, step)[:150]
        parts += [rod(_at(x, 0.08), _at(x, height), 0.6 * thick, paint, sides=4) for x in bars]
    if style == 2:
        for left, right in pairwise(posts):
            parts.append(rod(_at(left, 0.1), _at(right, height), thick, paint))
            parts.append(rod(_at(left, height), _at(right, 0.1), thick, paint))
    return join(parts).labelled(Semantic.FENCE)


def picket_fence(rng: np.random.Generator, stock: Stock, length: float, height: float) -> Model:
    """Boards with gaps along x on two rails."""
    wood, wide = stock.surface(rng, "wood", "white"), rng.uniform(0.05, 0.14)
    step = wide * rng.uniform(1.02, 2.2)
    board = box([wide, height, 0.02], (wood,) * 3)
    places = np.arange(-length / 2, length / 2, step)[:160]
    parts = [board.placed([x, rng.normal(0, 0.01), 0]) for x in places]
    for share in (0.2, 0.75):
        rail = box([length, 0.07, 0.03], (wood,) * 3)
        parts.append(rail.placed([0, -share * height, 0.025]))
    return join(parts).labelled(Semantic.FENCE)


def pole_line(rng: np.random.Generator, stock: Stock, length: float) -> Model:
    """Poles along z with sagging cables between them."""
    wood, height = stock.surface(rng, "bark", "metal"), rng.uniform(5, 10)
    gap, wires = rng.uniform(12, 30), int(rng.integers(1, 5))
    dark = stock.surface(rng, "dark")
    places = np.arange(0, length, gap)
    parts = [rod(np.array([0, 0, z]), np.array([0, -height, z]), 0.13, wood, 8) for z in places]
    arm = box([1.8, 0.12, 0.12], (wood,) * 3)
    parts += [arm.placed([0, 0.6 - height, z]) for z in places]
    for z in places[:-1]:
        for k in range(wires):
            x = 0.8 * (2 * k / max(1, wires - 1) - 1)
            sag = 0.03 * gap * (1 - CABLE**2)
            path = np.stack([0 * CABLE + x, 0.5 - height + sag, z + gap * (CABLE + 1) / 2], 1)
            parts.append(tube(path, np.full(13, 0.02), dark, sides=4))
    return join(parts).labelled(Semantic.FENCE)


def lamp_post(rng: np.random.Generator, stock: Stock) -> Model:
    """A street lamp with an arm towards +x, or a lantern."""
    metal, height = stock.surface(rng, "metal", "dark"), rng.uniform(3, 8)
    parts = [cylinder(0.09, height, metal, 0.05)]
    if rng.random() < 0.5:
        reach = rng.uniform(0.6, 2.0)
        tip = np.array([reach, -height - 0.3, 0])
        parts.append(rod(np.array([0, -height, 0]), tip, 0.04, metal))
        head = cushion([0.6, 0.12, 0.2], stock.surface(rng, "white", "metal"), 0.5)
        parts.append(head.placed(tip + np.array([0, 0.08, 0])))
    else:
        glow = ellipsoid(np.array([0.4, 0.5, 0.4]), stock.surface(rng, "white"))
        parts.append(glow.placed([0, -height, 0]))
    return join(parts).labelled(Semantic.FENCE)


def sign(rng: np.random.Generator, stock: Stock) -> Model:
    """A traffic or shop sign on a pole, facing -z."""
    metal, height, wide = stock.surface(rng, "metal"), rng.uniform(1.8, 3.0), rng.uniform(0.4, 0.9)
    parts = [rod(np.zeros(3), _at(0, height), 0.03, metal, 8)]
    shown = stock.photo(rng) if rng.random() < 0.5 else stock.surface(rng, "food", "cloth", "white")
    if rng.random() < 0.5:
        disc = cylinder(wide / 2, 0.02, shown).placed(np.zeros(3), turn(0, np.pi / 2))
        parts.append(disc.placed([0, -height + wide / 2, -0.05]))
    else:
        plate = box([wide, wide * rng.uniform(0.6, 1.3), 0.02], (metal, metal, shown))
        parts.append(plate.placed([0, -height + wide, -0.05]))
    return join(parts).labelled(Semantic.FENCE)


def bicycle(rng: np.random.Generator, stock: Stock) -> Model:
    """A bicycle along z."""
    paint, rubber = stock.surface(rng, "cloth", "metal", "food"), stock.surface(rng, "dark")
    angle = np.linspace(0, 2 * np.pi, 25)
    radius, rear, front = 0.34, -0.52, 0.52
    parts = []
    for z in (rear, front):
        rim = np.stack(
            [0 * angle, -radius - 0.02 + radius * np.sin(angle), z + radius * np.cos(angle)], 1
        )
        parts += [_ring(rim, 0.02, rubber)]
        for spoke in angle[:-1:3]:
            end = np.array([0, -radius - 0.02 + radius * np.sin(spoke), z + radius * np.cos(spoke)])
            parts.append(rod(np.array([0, -radius - 0.02, z]), end, 0.003, rubber, 3))
    hub, axle = np.array([0, -0.36, rear]), np.array([0, -0.36, front])
    pedal, saddle = np.array([0, -0.3, -0.08]), np.array([0, -0.88, -0.24])
    head = np.array([0, -0.85, 0.36])
    links = [
        (hub, pedal),
        (hub, saddle * [1, 0.93, 1]),
        (pedal, saddle),
        (pedal, head),
        (saddle, head),
        (head, axle),
    ]
    parts += [rod(a, b, 0.016, paint) for a, b in links]
    bar = head - [0, 0.12, 0]
    parts.append(rod(head, bar, 0.016, paint))
    parts.append(
        rod(bar - np.array([0.3, 0, 0.05]), bar + np.array([0.3, 0, -0.05]), 0.014, rubber)
    )
    parts.append(cushion([0.16, 0.06, 0.27], rubber, 0.6).placed(saddle))
    return join(parts).labelled(Semantic.VEHICLE)


def car(rng: np.random.Generator, stock: Stock) -> Model:
    """A car or van, its length along z, with windows, wheels and lamps."""
    paint, glass = stock.surface(rng, "cloth", "metal", "dark", "white"), stock.surface(rng, "dark")
    width, length = rng.uniform(1.65, 1.95), rng.uniform(3.6, 5.0)
    hood, roof = rng.uniform(0.72, 0.95), rng.uniform(1.35, 1.6)
    if rng.random() < 0.2:
        roof = rng.uniform(1.8, 2.5)
    body = cushion([width, hood - 0.2, length], paint, 0.2).placed([0, -0.22, 0])
    back = rng.uniform(-0.48, -0.3) * length
    ahead = rng.uniform(0.12, 0.3) * length
    parts = [body, _cabin(width, (back, ahead), (hood - 0.05, roof), paint, glass)]
    for x in (-0.5, 0.5):
        for z in (-0.31, 0.31):
            tyre = cylinder(0.31, 0.2, stock.surface(rng, "dark")).placed([0, 0.1, 0])
            hub = cylinder(0.18, 0.22, stock.surface(rng, "metal")).placed([0, 0.11, 0])
            at = [x * (width - 0.1), -0.31, z * length]
            parts += [part.placed(at, turn(0, 0, np.pi / 2)) for part in (tyre, hub)]
        for z, color in ((0.5, stock.surface(rng, "white")), (-0.5, stock.surface(rng, "food"))):
            lamp = cushion([0.3, 0.14, 0.08], color, 0.5)
            parts.append(lamp.placed([x * 0.75 * width, -0.58, z * (length - 0.1)]))
    return join(parts).labelled(Semantic.VEHICLE, Finish.GLOSSY)


def _cabin(
    width: float, z: tuple[float, float], height: tuple[float, float], paint: int, glass: int
) -> Model:
    """A tapering block of glass under a roof, with posts at its corners."""
    low, high = height
    base = np.array([[-0.47, z[0]], [0.47, z[0]], [0.47, z[1]], [-0.47, z[1]]]) * [width, 1]
    roof = np.array(
        [[-0.38, z[0] * 0.8], [0.38, z[0] * 0.8], [0.38, z[1] * 0.5], [-0.38, z[1] * 0.5]]
    )
    roof = roof * [width, 1]
    corners = np.concatenate(
        [np.stack([p[:, 0], np.full(4, -h), p[:, 1]], 1) for p, h in ((base, low), (roof, high))]
    )
    sides = np.array([[k, (k + 1) % 4, 4 + (k + 1) % 4, 4 + k] for k in range(4)])
    faces = np.concatenate([sides[:, :3], sides[:, [0, 2, 3]]])
    uv = np.zeros((len(faces), 3, 2))
    uv[:, 1] = [0.3, 0.4]
    uv[:, 2] = [0.1, 0.6]
    posts = [rod(corners[k], corners[4 + k], 0.05, paint) for k in range(4)]
    top = np.ptp(roof, axis=0)
    lid = cushion([top[0] + 0.1, 0.1, top[1] + 0.1], paint, 0.3)
    middle = [0, -high + 0.06, (z[0] * 0.8 + z[1] * 0.5) / 2]
    return join([Model.painted(corners, faces, uv, glass), lid.placed(middle), *posts])


def _ring(path: np.ndarray, radius: float, texture: int) -> Model:
    """A closed tube, as two half rings."""
    half = len(path) // 2
    return join(
        tube(part, np.full(len(part), radius), texture, sides=5)
        for part in (path[: half + 1], path[half:])
    )


def _at(x: float, height: float) -> np.ndarray:
    return np.array([x, -height, 0.0])
