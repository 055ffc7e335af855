"""Trees and bushes: trunks that branch, crowns of leaf clumps, conifers, reeds; feet at 0."""

import numpy as np

from stereopsis.train.worlds.clutter import sprays
from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.shapes import cutout_card, cylinder, ellipsoid, tube
from stereopsis.train.worlds.stock import Stock


def tree(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A tree of about this height: leafy, bare, a conifer or one of round clumps."""
    kind = rng.random()
    if kind < 0.6:
        made = _branching_tree(rng, stock, size, leafy=kind < 0.48)
    elif kind < 0.85:
        made = _conifer(rng, stock, size)
    else:
        made = _clumped_tree(rng, stock, size)
    return made.labelled(Semantic.PLANT)


def bush(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A bush, tuft or hedge plant about `size` metres high."""
    if rng.random() < 0.35:
        return sprays(rng, stock, size).labelled(Semantic.PLANT)
    texture, count = int(rng.choice(stock.foliage)), int(rng.integers(5, 12))
    cards = []
    for _ in range(count):
        wide = size * rng.uniform(0.5, 0.9)
        spot = rng.normal(0, 0.25, 3) * [size, 0, size]
        card = cutout_card(wide, wide, texture).placed([0, 0.12 * wide, 0])
        cards.append(card.placed(spot, turn(rng.uniform(0, np.pi), rng.normal(0, 0.25))))
    return join(cards).labelled(Semantic.PLANT)


def branch(rng: np.random.Generator, stock: Stock, length: float) -> Model:
    """A bare or leafy branch from the origin along x, rising and falling a little."""
    share = np.linspace(0, 1, 7)
    path = np.cumsum(rng.normal(0, 0.03, (7, 3)), 0) * length
    path[:, 0] = share * length
    bark = stock.surface(rng, "bark", "wood")
    parts = [tube(path, 0.035 * length * (1.15 - share), bark, sides=8)]
    for _ in range(rng.integers(2, 8)):
        root = path[rng.integers(1, 7)]
        tip = root + length * rng.uniform(0.1, 0.4) * _unit(rng, [0.6, -0.3, 0])
        parts.append(_limb(root, tip, 0.012 * length, bark))
        if rng.random() < 0.6:
            parts.append(_leaf_clump(rng, stock, tip, 0.22 * length))
    return join(parts).labelled(Semantic.PLANT)


def _branching_tree(rng: np.random.Generator, stock: Stock, size: float, leafy: bool) -> Model:
    """A trunk that forks twice; leaf cards at the ends of the branches."""
    bark, texture = stock.surface(rng, "bark"), int(rng.choice(stock.foliage))
    fork, thick = size * rng.uniform(0.2, 0.5), size * rng.uniform(0.015, 0.035)
    crown = size - fork
    top = np.array([rng.normal(0, 0.04) * size, -fork - 0.4 * crown, rng.normal(0, 0.04) * size])
    parts = [_limb(np.zeros(3), top, thick, bark)]
    tips = [top]
    for _ in range(rng.integers(4, 9)):
        root = top * rng.uniform(fork / (fork + 0.4 * crown), 1.0)
        tip = root + crown * rng.uniform(0.3, 0.55) * _unit(rng, [0, -0.6, 0])
        parts.append(_limb(root, tip, 0.45 * thick, bark))
        for _ in range(rng.integers(1, 4)):
            end = tip + crown * rng.uniform(0.1, 0.25) * _unit(rng, [0, -0.4, 0])
            parts.append(_limb(tip, end, 0.2 * thick, bark))
            tips += [end]
        tips.append(tip)
    if leafy:
        wide = crown * rng.uniform(0.25, 0.45)
        for tip in tips:
            for _ in range(2):
                card = cutout_card(wide, wide, texture).placed([0, wide / 2, 0])
                facing = turn(rng.uniform(0, np.pi), rng.uniform(-0.8, 0.8))
                parts.append(card.placed(tip, facing))
    return join(parts)


def _conifer(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """Drooping skirts of needles around a straight trunk."""
    green = stock.surface(rng, "grass") if rng.random() < 0.5 else int(rng.choice(stock.foliage))
    bare, wide, tiers = (
        size * rng.uniform(0.05, 0.25),
        rng.uniform(0.12, 0.26),
        int(rng.integers(4, 9)),
    )
    parts = [cylinder(0.02 * size, 0.9 * size, stock.surface(rng, "bark"), 0.004 * size)]
    for k in range(tiers):
        share = k / tiers
        radius = wide * size * (1.05 - share) * rng.uniform(0.85, 1.1)
        high = 1.5 * (size - bare) / tiers
        skirt = cylinder(radius, high, green, 0.03 * radius)
        parts.append(skirt.placed([0, -bare - share * (size - bare), 0], turn(rng.uniform(0, 6))))
    return join(parts)


def _clumped_tree(rng: np.random.Generator, stock: Stock, size: float) -> Model:
    """A trunk under overlapping round clumps, as clipped and distant trees look."""
    green, trunk = int(rng.choice(stock.foliage)), size * rng.uniform(0.2, 0.45)
    crown = size - trunk
    parts = [cylinder(0.03 * size, 1.2 * trunk, stock.surface(rng, "bark"), 0.02 * size)]
    for _ in range(rng.integers(4, 12)):
        middle = rng.normal(0, 0.2, 3) * crown - [0, 0.3 * crown, 0]
        clump = ellipsoid(rng.uniform(0.3, 0.6, 3) * crown, green)
        parts.append(clump.placed(middle - [0, trunk - 0.15 * crown, 0]))
    return join(parts)


def _leaf_clump(rng: np.random.Generator, stock: Stock, at: np.ndarray, size: float) -> Model:
    texture = int(rng.choice(stock.foliage))
    card = cutout_card(size, size, texture).placed([0, size / 2, 0])
    return join(card.placed(at, turn(rng.uniform(0, np.pi), rng.normal(0, 0.5))) for _ in range(2))


def _limb(root: np.ndarray, tip: np.ndarray, radius: float, bark: int) -> Model:
    """A tapering, slightly bent limb."""
    share = np.array([0, 0.5, 1.0])[:, None]
    path = root + share * (tip - root)
    path[1] += 0.06 * np.linalg.norm(tip - root) * np.array([0.6, 0.3, -0.5])
    return tube(path, radius * np.array([1.0, 0.75, 0.45]), bark, sides=7)


def _unit(rng: np.random.Generator, tendency: list[float]) -> np.ndarray:
    direction = rng.normal(0, 0.5, 3) + tendency
    return np.asarray(direction / (np.linalg.norm(direction) + 1e-9))
