"""Outdoors: open country with hills, paths, water, woods, fences, people and animals."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stereopsis.train.worlds.animals import animal
from stereopsis.train.worlds.barriers import picket_fence, pole_line, railing
from stereopsis.train.worlds.clutter import sprays
from stereopsis.train.worlds.model import Model, join, turn
from stereopsis.train.worlds.people import person
from stereopsis.train.worlds.props import any_prop, fence, stone
from stereopsis.train.worlds.seats import bench
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shapes import grid
from stereopsis.train.worlds.stock import Stock, above
from stereopsis.train.worlds.streets import building
from stereopsis.train.worlds.trees import bush, tree
from stereopsis.train.worlds.view import View

FAR = 2500.0  # metres to the edge of the ground
KINDS_OF_TREE = 5  # in one landscape

Relief = Callable[[np.ndarray, np.ndarray], np.ndarray]  # x, z -> height above 0 (metres)


def meadow(rng: np.random.Generator, stock: Stock) -> View:
    """Open country from anywhere between the grass and a hill above it."""
    scene, relief = landscape(rng, stock)
    height = float(np.exp(rng.uniform(np.log(0.25), np.log(3.0))))
    if rng.random() < 0.15:
        height = rng.uniform(3, 20)
    yaw = rng.normal(0, 0.25)
    parts = [scene]
    for _ in range(rng.integers(0, 4)):
        parts.append(_subject(rng, stock, relief, yaw))
    position = above(np.array([0, -_height_at(relief, 0, 0), 0]), height)
    pitch = rng.normal(-0.03, 0.12) - 0.02 * height * (height > 2)
    fov, roll = np.radians(rng.uniform(38, 85)), rng.normal(0, 0.03)
    return View(join(parts), join([]), position, yaw, pitch, roll, fov, outdoors=True)


def landscape(rng: np.random.Generator, stock: Stock) -> tuple[Model, Relief]:
    """The ground with all that grows and stands on it, and its relief; free near the origin."""
    relief, has_lake = _sample_relief(rng), rng.random() < 0.3
    if has_lake:
        relief = _with_basin(rng, relief)
    parts = [_ground(rng, stock, relief)]
    if has_lake:
        parts.append(_lake(rng, stock, relief))
    if rng.random() < 0.45:
        parts.append(_path(rng, stock, relief))
    density = float(rng.choice([0.1, 0.4, 1.0]))
    trees = [tree(rng, stock, rng.uniform(2, 12)) for _ in range(KINDS_OF_TREE)]
    bushes = [bush(rng, stock, rng.uniform(0.2, 1.6)) for _ in range(KINDS_OF_TREE)]
    for kinds, count, near in (
        (trees, rng.integers(0, 35), 5.0),
        (bushes, rng.integers(0, 30), 1.5),
    ):
        for _ in range(int(density * count)):
            one, scale = kinds[rng.integers(len(kinds))], rng.uniform(0.6, 1.4)
            spot = _spot(rng, relief, near, 120.0 if near > 2 else 30.0)
            parts.append(one.placed(spot, turn(rng.uniform(0, 6.3)), scale))
    if rng.random() < 0.6:
        parts.append(_undergrowth(rng, stock, relief))
    if rng.random() < 0.5:
        parts.append(_far_woods(rng, relief, trees))
    for _ in range(rng.integers(0, 7)):
        made = _landmark(rng, stock)
        parts.append(made.placed(_spot(rng, relief, 4.0, 60.0), turn(rng.normal(0, 0.8))))
    return join(parts), relief


def _subject(rng: np.random.Generator, stock: Stock, relief: Relief, yaw: float) -> Model:
    """A person, an animal or a thing at 1 to 12 metres, nearly ahead."""
    distance = float(np.exp(rng.uniform(np.log(1.0), np.log(12.0))))
    spot = turn(yaw + rng.normal(0, 0.35))[:, 2] * distance
    spot[1] = -_height_at(relief, spot[0], spot[2])
    kind = rng.integers(4)
    if kind <= 1:
        made = person(rng, stock, rng.uniform(1.0, 1.9))
    elif kind == 2:
        made = animal(rng, stock, rng.uniform(0.3, 2.2))
    else:
        made = any_prop(rng, stock, rng.uniform(0.2, 0.7) * max(0.6, distance))
    return made.placed(spot, turn(rng.uniform(0, 2 * np.pi)))


def _landmark(rng: np.random.Generator, stock: Stock) -> Model:
    """A fence, railing, line of poles, house, bench, herd or rocks."""
    kind = rng.integers(8)
    if kind == 0:
        return fence(rng, stock, rng.uniform(4, 30), rng.uniform(0.8, 2.2))
    if kind == 1:
        return picket_fence(rng, stock, rng.uniform(4, 20), rng.uniform(0.6, 1.8))
    if kind == 2:
        return railing(rng, stock, rng.uniform(4, 20), rng.uniform(0.8, 1.3))
    if kind == 3:
        return pole_line(rng, stock, 120.0)
    if kind == 4:
        return building(rng, stock)
    if kind == 5:
        return bench(rng, stock)
    if kind == 6:
        kept = [animal(rng, stock, rng.uniform(0.8, 2.0)) for _ in range(2)]
        return join(
            kept[k % 2].placed(rng.normal(0, 5, 3) * [1, 0, 1], turn(rng.uniform(0, 6.3)))
            for k in range(int(rng.integers(2, 8)))
        )
    return join(
        stone(rng, stock, rng.uniform(0.3, 3.0)).placed(rng.normal(0, 2, 3) * [1, 0, 1])
        for _ in range(int(rng.integers(1, 6)))
    )


def _undergrowth(rng: np.random.Generator, stock: Stock, relief: Relief) -> Model:
    """Tufts, flowers and stones that are scattered over the ground nearby."""
    kinds = [sprays(rng, stock, rng.uniform(0.08, 0.6)) for _ in range(2)]
    kinds += [stone(rng, stock, rng.uniform(0.05, 0.5)) for _ in range(2)]
    parts = []
    for _ in range(rng.integers(5, 60)):
        one = kinds[int(rng.integers(4) * rng.integers(2))]
        spot = _spot(rng, relief, 0.7, 20.0)
        parts.append(one.placed(spot, turn(rng.uniform(0, 6.3)), rng.uniform(0.5, 1.5)))
    return join(parts)


def _far_woods(rng: np.random.Generator, relief: Relief, trees: list[Model]) -> Model:
    """An edge of woods at 30 to 200 metres."""
    distance, start, end = rng.uniform(30, 200), *np.sort(rng.uniform(-1.2, 1.2, 2))
    small = [t for t in trees if len(t.faces) < 3000] or trees[:1]
    parts = []
    for angle in np.arange(start, end, 3.5 / distance)[:70]:
        reach = distance + rng.normal(0, 4)
        x, z = reach * np.sin(angle), reach * np.cos(angle)
        spot = [x, -_height_at(relief, x, z), z]
        one = small[rng.integers(len(small))]
        parts.append(one.placed(spot, turn(rng.uniform(0, 6)), rng.uniform(0.8, 1.5)))
    return join(parts)


def _lake(rng: np.random.Generator, stock: Stock, relief: Relief) -> Model:
    """Level water; the ground stands out of it where it is higher."""
    level = _height_at(relief, 0, 0) - rng.uniform(0.15, 0.8)
    extent = FAR * 0.9
    z = np.concatenate([[-20.0], np.geomspace(3, extent, 16)])
    x = np.concatenate([-np.geomspace(extent, 3, 12), [0.0], np.geomspace(3, extent, 12)])
    points = np.stack(np.broadcast_arrays(x[None], -level, z[:, None]), -1)
    sheet = grid(points.astype(np.float64), stock.surface(rng, "dark", "cloth"))
    uv = sheet.vertices[sheet.faces][..., [0, 2]] / np.float32(7)
    return replace(sheet, uv=uv).labelled(Semantic.WATER, Finish.WATER)


def _path(rng: np.random.Generator, stock: Stock, relief: Relief) -> Model:
    """A winding strip that lies on the ground and leads away."""
    z = np.concatenate([np.linspace(-6, 8, 24), np.geomspace(8.5, 250, 50)])
    wide, bend, phase = rng.uniform(0.5, 3.0), rng.uniform(0, 6), rng.uniform(0, 6.3)
    middle = bend * (np.sin(z / rng.uniform(8, 30) + phase) - np.sin(phase)) + rng.normal(0, 1.5)
    middle = middle + rng.normal(0, 0.2) * z
    x = middle[:, None] + wide * np.linspace(-1, 1, 5)
    deep = np.broadcast_to(z[:, None], x.shape)
    lift = 0.02 + 0.004 * np.abs(deep)
    sheet = grid(
        np.stack([x, -relief(x, deep) - lift, deep], -1), stock.surface(rng, "soil", "paving")
    )
    uv = sheet.vertices[sheet.faces][..., [0, 2]] / np.float32(rng.uniform(1, 4))
    return replace(sheet, uv=uv.astype(np.float32)).labelled(Semantic.ROAD)


def _sample_relief(rng: np.random.Generator) -> Relief:
    """Nearly level around the origin, hills or mountains farther off."""
    waves = rng.normal(0, 1, (8, 2)) * np.geomspace(0.008, 0.08, 8)[:, None]
    phases, bump = rng.uniform(0, 2 * np.pi, 8), rng.uniform(0.0, 0.3)
    mountains = rng.choice([0.0, rng.uniform(3, 15), rng.uniform(20, 90)])
    ranges = rng.choice([0.0, rng.uniform(60, 350)])
    slope = rng.choice([0.0, rng.normal(0, 0.06)])

    def relief(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        angles = np.multiply.outer(x, waves[:, 0]) + np.multiply.outer(z, waves[:, 1]) + phases
        swell = np.sin(angles)
        distance = np.hypot(x, z)
        rise = np.clip((distance - 25) / 250, 0, 1)
        far = mountains * rise * (swell[..., :4].sum(-1) + 1.0)
        ridge = np.abs(np.sin(np.arctan2(x, z + 1e-9) * 7 + distance / 330) * swell[..., 1])
        far = far + ranges * np.clip((distance - 300) / 1200, 0, 1) * (ridge + 0.4 * swell[..., 0])
        far = far + slope * np.clip(z, -40, 80)
        return np.asarray(bump * swell[..., 4:].sum(-1) * np.clip(distance / 5, 0, 1) + far)

    return relief


def _with_basin(rng: np.random.Generator, relief: Relief) -> Relief:
    """The relief with a trough 3 metres deep across the view, from a shore near the camera."""
    angle, shore = rng.normal(0, 0.5), rng.uniform(2, 25)
    far, bend = shore + rng.uniform(30, 800), rng.uniform(0, 4)

    def deeper(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        away = z * np.cos(angle) + x * np.sin(angle) + bend * np.sin(x / 9)
        sunk = np.clip((away - shore) / 5, 0, 1) * np.clip((far - away) / 20, 0, 1)
        return np.asarray(relief(x, z) - 3 * sunk)

    return deeper


def _height_at(relief: Relief, x: float, z: float) -> float:
    return float(relief(np.array(x), np.array(z)))


def _spot(rng: np.random.Generator, relief: Relief, nearest: float, farthest: float) -> np.ndarray:
    """A point of the ground before the camera."""
    distance = float(np.exp(rng.uniform(np.log(nearest), np.log(farthest))))
    angle = rng.uniform(-0.9, 0.9)
    x, z = distance * np.sin(angle), distance * np.cos(angle)
    return np.array([x, -_height_at(relief, x, z), z])


def _ground(rng: np.random.Generator, stock: Stock, relief: Relief) -> Model:
    """The ground as rings around the origin that grow with the distance."""
    radius = np.concatenate([[0.0], np.geomspace(0.5, FAR, 56)])[:, None]
    angle = np.linspace(0, 2 * np.pi, 81)[None]
    x, z = radius * np.sin(angle), radius * np.cos(angle)
    texture = stock.surface(rng, "grass", "grass", "soil", "white", "paving")
    texture = stock.material(rng) if rng.random() < 0.3 else texture
    sheet = grid(np.stack([x, -relief(x, z), z], -1), texture)
    tile = rng.uniform(0.8, 5.0)
    uv = sheet.vertices[sheet.faces][..., [0, 2]] / np.float32(tile)
    return replace(sheet, uv=uv.astype(np.float32)).labelled(Semantic.GROUND)
