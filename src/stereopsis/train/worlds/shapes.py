"""Procedural shapes: rectangles, boxes and solids of revolution, as textured models."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from stereopsis.train.worlds.model import Model, Vector, join

SIDES = 36  # of a round thing
RINGS = 24


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
    return Model(
        card.vertices, card.faces, card.uv, card.texture, np.ones(len(card.faces), np.bool_)
    )


def box(size: ArrayLike, textures: tuple[int, int, int], repeat: float = 1.0) -> Model:
    """A box (width, height, length) standing on the origin; textures of sides, top and ends."""
    width, height, length = np.asarray(size, np.float64)
    x, y, z = np.diag(np.asarray(size, np.float64))
    corner = np.array([-width / 2, -height, -length / 2])
    side, top, end = textures
    return join(
        [
            rectangle(corner, x, y, end, repeat),
            rectangle(corner + z + x, -x, y, end, repeat),
            rectangle(corner + z, -z, y, side, repeat),
            rectangle(corner + x, z, y, side, repeat),
            rectangle(corner + z, x, -z, top, repeat),
            rectangle(corner + y, x, z, top, repeat),
        ]
    )


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
    angle = np.linspace(0, 2 * np.pi, SIDES + 1)[None]
    radius, height = np.asarray(radii)[::-1, None], np.asarray(heights)[::-1, None]
    points = np.stack(
        [-radius * np.sin(angle), -height + 0 * angle, radius * np.cos(angle)], axis=-1
    )
    return grid(points, texture, repeat)


def ellipsoid(size: Vector, texture: int) -> Model:
    """An ellipsoid (width, height, length) whose lowest point is the origin."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, RINGS + 1)
    ball = lathe(0.5 + 0.5 * np.sin(latitude), 0.5 * np.cos(latitude), texture)
    stretched = ball.vertices * np.asarray(size)
    return Model(stretched.astype(np.float32), ball.faces, ball.uv, ball.texture, ball.cutout)


def cylinder(radius: float, height: float, texture: int, top_radius: float | None = None) -> Model:
    """A closed cylinder or cone standing on the origin."""
    top = radius if top_radius is None else top_radius
    return lathe(np.array([0, 0, height, height]), np.array([0, radius, top, 0]), texture)
