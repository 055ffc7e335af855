"""Smooth noise and the surfaces of grounds, as kernels."""

import numpy as np
from numba import njit

PLAIN, WOOD, GRASS, SAND, TILES, ASPHALT, SNOW, MARBLE = range(8)  # what the ground is


@njit(cache=True)
def noise(x: float, y: float) -> float:
    """From 0 to 1, smooth, one lump a unit."""
    i, j = np.floor(x), np.floor(y)
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    low = _lattice(i, j) * (1 - u) + _lattice(i + 1, j) * u
    high = _lattice(i, j + 1) * (1 - u) + _lattice(i + 1, j + 1) * u
    return float(low * (1 - v) + high * v)


@njit(cache=True)
def rough_noise(x: float, y: float) -> float:
    """From 0 to 1, of lumps of three sizes."""
    return 0.55 * noise(x, y) + 0.3 * noise(2.1 * x, 2.1 * y) + 0.15 * noise(4.3 * x, 4.3 * y)


@njit(cache=True)
def ground_mix(kind: int, x: float, z: float) -> float:
    """How much of the ground's second colour shows at a point, from 0 to 1."""
    if kind == WOOD:
        plank = np.floor(z / 0.42)
        edge = 0.5 if z / 0.42 - plank < 0.05 else 0.0
        tone = _lattice(plank, 7.0)
        return float(0.45 * tone + 0.55 * rough_noise(1.3 * x + 13 * tone, 22 * z) + edge)
    if kind == GRASS:
        return 0.65 * rough_noise(15 * x, 9 * z) + 0.35 * noise(0.9 * x, 0.9 * z)
    if kind == SAND:
        ripple = 0.5 + 0.5 * np.sin(16 * z + 5 * rough_noise(1.5 * x, 1.5 * z))
        return float(0.45 * ripple + 0.35 * rough_noise(9 * x, 9 * z))
    if kind == TILES:
        i, j = np.floor(x / 0.6), np.floor(z / 0.6)
        return 0.9 if (i + j) % 2 == 0 else 0.08 * _lattice(i, j)
    if kind == ASPHALT:
        return 0.6 * noise(30 * x, 30 * z) + 0.4 * rough_noise(2 * x, 2 * z)
    if kind == SNOW:
        return 0.8 * rough_noise(1.6 * x, 1.6 * z) + 0.2 * noise(20 * x, 20 * z)
    if kind == MARBLE:
        vein = np.abs(np.sin(1.7 * x + 2.6 * z + 5 * rough_noise(1.4 * x, 1.4 * z)))
        return float((1 - vein) ** 4)
    return 0.0


@njit(cache=True)
def _lattice(i: float, j: float) -> float:
    """A number from 0 to 1 that looks random, for a pair of whole numbers."""
    n = (np.int64(i) * 374761393 + np.int64(j) * 668265263) & 0x7FFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0x7FFFFFFF
    return ((n ^ (n >> 16)) & 0xFFFF) / 65535.0
