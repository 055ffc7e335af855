"""Seats and beds, feet at the origin, backs at +z."""

import numpy as np

from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.shapes import box, capsule, cushion, cylinder, rod
from stereopsis.train.worlds.stock import Stock


def chair(rng: np.random.Generator, stock: Stock) -> Model:
    """A dining chair, an office chair or a stool."""
    kind = rng.random()
    if kind < 0.65:
        return _wooden_chair(rng, stock).labelled(Semantic.FURNITURE)
    if kind < 0.85:
        return _office_chair(rng, stock).labelled(Semantic.FURNITURE)
    return _stool(rng, stock).labelled(Semantic.FURNITURE)


def sofa(rng: np.random.Generator, stock: Stock) -> Model:
    """An armchair or sofa with seat and back cushions and some pillows."""
    cloth, places = stock.surface(rng, "cloth"), int(rng.choice([1, 1, 2, 3, 4]))
    place, depth, seat = rng.uniform(0.55, 0.8), rng.uniform(0.75, 1.0), rng.uniform(0.36, 0.46)
    width, arm, back = place * places, rng.uniform(0.12, 0.26), rng.uniform(0.3, 0.55)
    soft = rng.uniform(0.15, 0.45)
    low = rng.uniform(0.05, 0.14)
    parts = [
        box([width + 2 * arm, seat - 0.16 - low, depth], (cloth,) * 3).placed([0, -low, 0]),
        cushion([width + 2 * arm, seat + 0.7 * back - low, 0.22], cloth, soft).placed(
            [0, -low, depth / 2 - 0.11]
        ),
    ]
    rest = cushion([arm, seat + rng.uniform(0.08, 0.24) - low, depth], cloth, soft)
    leg = cylinder(0.025, low + 0.02, stock.surface(rng, "wood", "metal", "dark"))
    for side in (-1, 1):
        parts.append(rest.placed([side * (width + arm) / 2, -low, 0]))
        parts += [leg.placed([side * width / 2, 0, z]) for z in (-0.42 * depth, 0.42 * depth)]
    for k in range(places):
        x = (k - (places - 1) / 2) * place
        mat = cushion([0.98 * place, 0.19, 0.8 * depth], cloth, soft)
        parts.append(mat.placed([x, 0.17 - seat, -0.08 * depth]))
        rear = cushion([0.96 * place, back, 0.2], cloth, soft)
        parts.append(rear.placed([x, -seat, depth / 2 - 0.27], turn(0, -rng.uniform(0.05, 0.25))))
    for _ in range(rng.integers(0, 2 * places + 1)):
        pillow = cushion([0.45, 0.42, 0.15], _pillow_case(rng, stock), 0.6)
        spot = [rng.uniform(-0.42, 0.42) * width, -seat, rng.uniform(-0.05, 0.2) * depth]
        parts.append(pillow.placed(spot, turn(rng.normal(0, 0.5), -rng.uniform(0.1, 0.6))))
    return join(parts).labelled(Semantic.FURNITURE)


def bed(rng: np.random.Generator, stock: Stock) -> Model:
    """A made or unmade bed, its head at +z."""
    width, lift = rng.uniform(0.9, 1.8), rng.uniform(0.2, 0.35)
    wood, sheet = stock.surface(rng, "wood", "cloth", "metal"), stock.surface(rng, "white", "cloth")
    quilt = stock.paint(rng) if rng.random() < 0.3 else stock.surface(rng, "cloth", "white")
    head = cushion([width + 0.08, rng.uniform(0.7, 1.25), 0.09], wood, 0.1)
    parts = [
        box([width, 0.14, 2.0], (wood,) * 3).placed([0, 0.14 - lift, 0]),
        cushion([width, 0.24, 2.0], sheet, 0.15).placed([0, -lift, 0]),
        head.placed([0, 0, 1.02]),
    ]
    cover = cushion([width + 0.08, rng.uniform(0.1, 0.22), rng.uniform(0.9, 1.6)], quilt, 0.3)
    parts.append(cover.placed([rng.normal(0, 0.04), -lift - 0.16, -0.3], turn(rng.normal(0, 0.04))))
    for x in (-0.25, 0.25):
        pillow = cushion([0.42 * width, 0.16, 0.42], _pillow_case(rng, stock), 0.7)
        lean = -rng.choice([0.0, 0.9]) + rng.normal(0, 0.1)
        parts.append(pillow.placed([x * width, -lift - 0.22, 0.7], turn(rng.normal(0, 0.1), lean)))
    for x in (-0.47, 0.47):
        leg = box([0.06, lift, 0.06], (wood,) * 3)
        parts += [leg.placed([x * width, 0, z]) for z in (-0.95, 0.95)]
    return join(parts).labelled(Semantic.FURNITURE)


def bench(rng: np.random.Generator, stock: Stock) -> Model:
    """A bench of slats, as in parks and halls."""
    wood, metal = stock.surface(rng, "wood"), stock.surface(rng, "metal", "dark", "wood")
    width = rng.uniform(1.2, 2.2)
    slat = box([width, 0.03, 0.08], (wood,) * 3)
    parts = [slat.placed([0, -0.42, z]) for z in (-0.2, -0.1, 0, 0.1)]
    back = box([width, 0.09, 0.03], (wood,) * 3)
    if rng.random() < 0.7:
        parts += [back.placed([0, -h, 0.18 + 0.15 * (h - 0.5)]) for h in (0.52, 0.66, 0.8)]
    for x in (-0.42, 0.42):
        spine = rod(
            np.array([x * width, 0, 0.15]), np.array([x * width, -0.88, 0.26]), 0.025, metal
        )
        front = rod(
            np.array([x * width, 0, -0.2]), np.array([x * width, -0.42, -0.18]), 0.025, metal
        )
        parts += [front, spine]
    return join(parts).labelled(Semantic.FURNITURE)


def _pillow_case(rng: np.random.Generator, stock: Stock) -> int:
    return stock.paint(rng) if rng.random() < 0.3 else stock.surface(rng, "cloth", "white")


def _wooden_chair(rng: np.random.Generator, stock: Stock) -> Model:
    """Four round or square legs, a seat and a back of bars, slats or one board."""
    wood, side, seat = stock.surface(rng, "wood", "metal", "white"), rng.uniform(0.38, 0.5), 0.46
    top, thick = seat + rng.uniform(0.3, 0.55), rng.uniform(0.012, 0.025)
    pad = stock.surface(rng, "cloth") if rng.random() < 0.4 else wood
    parts = [cushion([side, 0.05, side], pad, 0.25).placed([0, 0.05 - seat, 0])]
    lean = np.array([0, 0, rng.uniform(0, 0.1)])
    for x in (-0.45, 0.45):
        foot = np.array([x * side * rng.uniform(1, 1.15), 0, -0.45 * side])
        parts.append(rod(foot, np.array([x * side, -seat, -0.42 * side]), thick, wood))
        rear = np.array([x * side, 0, 0.48 * side])
        parts.append(rod(rear, np.array([x * side, -top, 0.45 * side]) + lean, thick, wood))
    style = rng.integers(3)
    if style == 0:
        board = box([side, 0.45 * (top - seat), 0.02], (wood,) * 3)
        parts.append(board.placed([0, -top + 0.4 * (top - seat), 0.45 * side + 0.8 * lean[2]]))
    elif style == 1:
        for x in np.linspace(-0.3, 0.3, 5):
            end = np.array([x * side, -top, 0.45 * side]) + lean
            parts.append(rod(np.array([x * side, -seat, 0.45 * side]), end, 0.4 * thick, wood))
        rail = [np.array([s * 0.45 * side, -top, 0.45 * side]) + lean for s in (-1, 1)]
        parts.append(rod(rail[0], rail[1], thick, wood))
    else:
        for share in (0.35, 0.65, 0.95):
            slat = box([0.95 * side, 0.06, 0.015], (wood,) * 3)
            height = seat + share * (top - seat)
            parts.append(slat.placed([0, -height + 0.03, 0.45 * side + share * lean[2]]))
    return join(parts)


def _office_chair(rng: np.random.Generator, stock: Stock) -> Model:
    """A padded seat and back on a column with five feet."""
    metal, cloth = stock.surface(rng, "dark", "metal"), stock.surface(rng, "cloth", "dark")
    parts = [rod(np.array([0, -0.05, 0]), np.array([0, -0.45, 0]), 0.03, metal)]
    for k in range(5):
        angle = 2 * np.pi * k / 5
        tip = [0.3 * np.cos(angle), -0.03, 0.3 * np.sin(angle)]
        parts.append(capsule([0, -0.09, 0], tip, 0.025, 0.03, metal))
    parts.append(cushion([0.5, 0.1, 0.48], cloth, 0.4).placed([0, -0.44, 0]))
    parts.append(rod(np.array([0, -0.48, 0.22]), np.array([0, -0.7, 0.28]), 0.025, metal))
    back = cushion([0.46, rng.uniform(0.4, 0.7), 0.09], cloth, 0.4)
    return join([*parts, back.placed([0, -0.58, 0.27], turn(0, -0.1))])


def _stool(rng: np.random.Generator, stock: Stock) -> Model:
    """A round seat on three or four splayed legs."""
    wood, height, wide = stock.surface(rng, "wood", "metal"), rng.uniform(0.42, 0.78), 0.17
    parts = [
        cylinder(wide, 0.04, stock.surface(rng, "wood", "cloth")).placed([0, 0.04 - height, 0])
    ]
    legs = int(rng.integers(3, 5))
    for k in range(legs):
        angle = 2 * np.pi * k / legs
        out = np.array([np.cos(angle), 0, np.sin(angle)])
        parts.append(rod(1.15 * wide * out, 0.75 * wide * out - [0, height - 0.02, 0], 0.016, wood))
    return join(parts)
