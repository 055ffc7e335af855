"""Procedural shapes: rectangles, boxes, tubes and solids of revolution, as textured models."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from stereopsis.train.worlds.model import Model, Vector, join

SIDES = 24  # of a round thing; half of them divide by 4, so that balls have their full width
RINGS = 16
SMALL = 0.08  # metres; what is no thicker gets half as many


def grid(points: Float[np.ndarray, "rows columns 3"], texture: int, repeat: float = 1.0) -> Model:
    """A sheet through a grid of points, the texture laid over it `repeat` times each way."""
    rows, columns = points.shape[0] - 1, points.shape[1] - 1
    first = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    right, below = first + 1, first + columns + 1
    faces = np.concatenate(
        [np.stack([first, right, below + 1], 1), np.stack([first, below + 1, below], 1)]
    )
    v, u = np.meshgrid(np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1), indexing="ij")
    uv = np.stack([u, v], -1).reshape(-1, 2) * repeat
    return Model.painted(points.reshape(-1, 3), faces, uv[faces], texture)


def rectangle(
    corner: Vector, along: Vector, down: Vector, texture: int, repeat: float = 1.0
) -> Model:
    """The parallelogram from `corner` (the texture's top left) by the edges `along` and `down`."""
    corner, along, down = (np.asarray(v, np.float64) for v in (corner, along, down))
    points = np.stack([[corner, corner + along], [corner + down, corner + along + down]])
    return grid(points, texture, repeat)


def cutout_card(width: float, height: float, texture: int) -> Model:
    """An upright card, feet at the origin, whose texture's alpha is its outline."""
    card = rectangle(
        np.array([-width / 2, -height, 0]),
        np.array([width, 0, 0]),
        np.array([0, height, 0]),
        texture,
    )
    return replace(card, cutout=np.ones(len(card.faces), np.bool_))


def slab(corner: Vector, along: Vector, down: Vector, texture: int, tile: float) -> Model:
    """The parallelogram of `rectangle`, its texture repeating every `tile` metres."""
    sheet = rectangle(corner, along, down, texture)
    repeats = np.array([np.linalg.norm(along), np.linalg.norm(down)]) / tile
    return replace(sheet, uv=(sheet.uv * repeats).astype(np.float32))


def box(size: ArrayLike, textures: tuple[int, int, int], repeat: float = 1.0) -> Model:
    """A box (width, height, length) standing on the origin; textures of sides, top and ends."""
    return replace(
        UNIT_BOX,
        vertices=(UNIT_BOX.vertices * np.asarray(size)).astype(np.float32),
        uv=UNIT_BOX.uv * np.float32(repeat),
        texture=np.asarray(textures, np.int32)[UNIT_BOX.texture],
    )


def _unit_box() -> Model:
    x, y, z = np.eye(3)
    corner = np.array([-0.5, -1, -0.5])
    side, top, end = range(3)
    return join(
        [
            rectangle(corner, x, y, end),
            rectangle(corner + z + x, -x, y, end),
            rectangle(corner + z, -z, y, side),
            rectangle(corner + x, z, y, side),
            rectangle(corner + z, x, -z, top),
            rectangle(corner + y, x, z, top),
        ]
    )


UNIT_BOX = _unit_box()  # its textures are the places in `box`'s tuple


def gable(width: float, height: float, length: float, texture: int) -> Model:
    """A roof with its ridge along z, eaves at the origin's height."""
    eaves, ridge = np.array([-width / 2, 0, -length / 2]), np.array([0, -height, -length / 2])
    z = np.array([0, 0, length])
    right = eaves * [-1, 1, 1]
    ends = np.array([eaves, right, ridge, eaves + z, right + z, ridge + z])
    faces = np.array([[0, 2, 1], [3, 4, 5]])
    uv = np.array([[0, 1], [1, 1], [0.5, 0]] * 2)[faces]
    slopes = [rectangle(ridge, z, foot - ridge, texture) for foot in (eaves, right)]
    return join([*slopes, Model.painted(ends, faces, uv, texture)])


def lathe(
    heights: Float[np.ndarray, " n"],
    radii: Float[np.ndarray, " n"],
    texture: int,
    repeat: float = 1.0,
) -> Model:
    """The solid of revolution around the upright through the origin with this outline (metres)."""
    sides = SIDES if np.max(radii) > SMALL else SIDES // 2
    angle = np.linspace(0, 2 * np.pi, sides + 1)[None]
    radius, height = np.asarray(radii)[::-1, None], np.asarray(heights)[::-1, None]
    points = np.stack(
        [-radius * np.sin(angle), -height + 0 * angle, radius * np.cos(angle)], axis=-1
    )
    return grid(points, texture, repeat)


def ellipsoid(size: Vector, texture: int) -> Model:
    """An ellipsoid (width, height, length) whose lowest point is the origin."""
    unit = UNIT_BALL if np.max(size) > 2 * SMALL else SMALL_BALL
    ball = replace(unit, vertices=(unit.vertices * np.asarray(size)).astype(np.float32))
    return replace(ball, texture=np.full(len(ball.faces), texture, np.int32))


def cushion(size: ArrayLike, texture: int, roundness: float = 0.4) -> Model:
    """A box (width, height, length) with round edges; roundness 1 is an ellipsoid, 0 a box."""
    fine = 2 if np.max(size) > 4 * SMALL else 1
    latitude = np.linspace(-np.pi / 2, np.pi / 2, 6 * fine + 1)[::-1, None]
    longitude = np.linspace(0, 2 * np.pi, 12 * fine + 1)[None]
    cos_u, sin_u = _rounded(np.cos(latitude), roundness), _rounded(np.sin(latitude), roundness)
    cos_v, sin_v = _rounded(np.cos(longitude), roundness), _rounded(np.sin(longitude), roundness)
    points = np.stack([cos_u * sin_v, -1 - sin_u + 0 * cos_v, cos_u * cos_v], -1) / 2
    return grid(points * np.asarray(size), texture)


def _rounded(value: np.ndarray, roundness: float) -> np.ndarray:
    return np.asarray(np.sign(value) * np.abs(value) ** max(roundness, 0.02))


def cylinder(radius: float, height: float, texture: int, top_radius: float | None = None) -> Model:
    """A closed cylinder or cone standing on the origin."""
    top = radius if top_radius is None else top_radius
    return lathe(np.array([0, 0, height, height]), np.array([0, radius, top, 0]), texture)


def tube(
    path: Float[np.ndarray, "n 3"],
    radii: Float[np.ndarray, " n"],
    texture: int,
    sides: int = 10,
    repeat: float = 1.0,
) -> Model:
    """A round tube along a path that nowhere turns back; open where its end radius is not 0."""
    path, radii = np.asarray(path, np.float64), np.asarray(radii, np.float64)
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-12
    axis = path[-1] - path[0]
    across = np.eye(3)[np.argmin(np.abs(axis))]
    right = np.cross(ahead, across)
    right /= np.linalg.norm(right, axis=1, keepdims=True) + 1e-12
    other = np.cross(ahead, right)
    angle = np.linspace(0, 2 * np.pi, sides + 1)[None, :, None]
    ring = np.cos(angle) * right[:, None] + np.sin(angle) * other[:, None]
    return grid(path[:, None] + radii[:, None, None] * ring, texture, repeat)


def rod(start: Vector, end: Vector, radius: float, texture: int, sides: int = 6) -> Model:
    """A straight open tube between two points."""
    return tube(np.stack([start, end]), np.array([radius, radius]), texture, sides)


def capsule(
    start: ArrayLike, end: ArrayLike, radius: float, end_radius: float, texture: int
) -> Model:
    """A limb: a cone between two points with a half ball at either end."""
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    length = float(np.linalg.norm(end - start)) + 1e-9
    along, wide = np.sin(CAP_ANGLES), np.cos(CAP_ANGLES)
    share = np.concatenate([along * radius, length + along[::-1] * -end_radius]) / length
    radii = np.concatenate([wide * radius, wide[::-1] * end_radius])
    return tube(start + share[:, None] * (end - start), radii, texture)


CAP_ANGLES = np.linspace(-np.pi / 2, 0, 4)


def _unit_ball(rings: int, radius: float) -> Model:
    latitude = np.linspace(-np.pi / 2, np.pi / 2, rings + 1)
    ball = lathe(radius + radius * np.sin(latitude), radius * np.cos(latitude), 0)
    return replace(ball, vertices=ball.vertices / np.float32(2 * radius))


UNIT_BALL = _unit_ball(RINGS, 0.5)
SMALL_BALL = _unit_ball(RINGS // 2, SMALL)
