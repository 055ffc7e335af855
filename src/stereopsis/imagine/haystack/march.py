"""Rays through distance fields, as kernels: where one meets a thing, and how lit a point is."""

import numpy as np
from numba import njit

from stereopsis.imagine.haystack.fields import CELLS, REACH

STEPS, CLOSE = 40, 0.004
SHADOW_STEPS = 24
BIAS = 0.03  # shadows start so far from the surface, in sizes of the thing


@njit(cache=True)
def distance_at(grid: np.ndarray, x: float, y: float, z: float) -> float:
    """The field at a point of the thing's own space, linear between samples; clamped outside."""
    scale = (CELLS - 1) / (2 * REACH)
    top = CELLS - 1.001
    fx = min(top, max(0.0, (x + REACH) * scale))
    fy = min(top, max(0.0, (y - 0.5 + REACH) * scale))
    fz = min(top, max(0.0, (z + REACH) * scale))
    i, j, k = int(fx), int(fy), int(fz)
    u, v, w = fx - i, fy - j, fz - k
    a = grid[i, j, k] * (1 - w) + grid[i, j, k + 1] * w
    b = grid[i, j + 1, k] * (1 - w) + grid[i, j + 1, k + 1] * w
    c = grid[i + 1, j, k] * (1 - w) + grid[i + 1, j, k + 1] * w
    d = grid[i + 1, j + 1, k] * (1 - w) + grid[i + 1, j + 1, k + 1] * w
    return float((a * (1 - v) + b * v) * (1 - u) + (c * (1 - v) + d * v) * u)


@njit(cache=True)
def hit(
    thing: np.ndarray, distances: np.ndarray, origin: np.ndarray, way: np.ndarray, before: float
) -> float:
    """How far along the ray the thing is met; -1 if it is not, or not before that."""
    x, y, z, u, v, w = in_own_space(thing, origin, way)
    t, leave = _through_cube(x, y, z, u, v, w)
    leave = min(leave, before / thing[2])
    grid = distances[int(thing[5])]
    for _ in range(STEPS):
        if t >= leave:
            return -1.0
        gap = distance_at(grid, x + t * u, y + t * v, z + t * w)
        if gap < CLOSE:
            return float(t * thing[2])
        t += gap
    return -1.0


@njit(cache=True)
def shadow(
    things: np.ndarray, distances: np.ndarray, point: np.ndarray, light: np.ndarray
) -> float:
    """The share of the key light that reaches a point past all things, edges soft."""
    share = 1.0
    sharp = 14.0 / (1 + 4 * light[13])
    for i in range(len(things)):
        x, y, z, u, v, w = in_own_space(things[i], point, light)
        enter, leave = _through_cube(x, y, z, u, v, w)
        grid = distances[int(things[i, 5])]
        t = max(enter, BIAS)
        for _ in range(SHADOW_STEPS):
            if t >= leave:
                break
            gap = distance_at(grid, x + t * u, y + t * v, z + t * w)
            share = min(share, 0.5 + 0.5 * sharp * gap / t)
            if share <= 0:
                return 0.0
            t += max(0.02, gap)
    return share * share * (3 - 2 * share)


@njit(cache=True)
def in_own_space(
    thing: np.ndarray, origin: np.ndarray, way: np.ndarray
) -> tuple[float, float, float, float, float, float]:
    """Where a ray starts and which way it goes in the thing's own space; lengths in its size."""
    x, z = (origin[0] - thing[0]) / thing[2], (origin[2] - thing[1]) / thing[2]
    c, s = thing[3], thing[4]
    own = c * way[0] - s * way[2], way[1], s * way[0] + c * way[2]
    return c * x - s * z, origin[1] / thing[2], s * x + c * z, *own


@njit(cache=True)
def _through_cube(
    x: float, y: float, z: float, u: float, v: float, w: float
) -> tuple[float, float]:
    """Where a ray in a thing's own space enters and leaves its cube."""
    enter, leave = 0.0, 1e9
    for start, speed in ((x, u), (y - 0.5, v), (z, w)):
        slowness = 1 / speed if abs(speed) > 1e-9 else 1e9
        one, other = (-REACH - start) * slowness, (REACH - start) * slowness
        enter, leave = max(enter, min(one, other)), min(leave, max(one, other))
    return enter, leave
