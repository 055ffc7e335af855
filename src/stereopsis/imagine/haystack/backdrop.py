"""What lies behind everything: sky, wall, studio, trees, dunes and a street by night."""

import numpy as np
from numba import njit

from stereopsis.imagine.haystack.noise import noise, rough_noise

SKY, WALL, STUDIO, TREES, DUNES, NIGHT, SEA = range(7)

# Where the numbers of Illumination and Surroundings lie.
KEY, ZENITH, HORIZON, SPOT = 3, 6, 9, 12
BACK_A, BACK_B = 10, 13


@njit(cache=True)
def backdrop(
    around: np.ndarray, light: np.ndarray, origin: np.ndarray, way: np.ndarray, out: np.ndarray
) -> None:
    """Writes the colour that is seen from the origin that way."""
    kind = int(around[1])
    up = way[1]
    if kind == WALL:
        _wall(around, light, origin, way, out)
        return
    if kind == STUDIO:
        side = way[0] * light[0]
        share = min(1.0, max(0.0, 0.62 + 0.5 * side - 0.6 * up))
        for c in range(3):
            out[c] = around[BACK_A + c] * share + around[BACK_B + c] * (1 - share)
        return
    lift = min(1.0, max(0.0, up * 2.2))
    for c in range(3):
        out[c] = light[HORIZON + c] * (1 - lift) + light[ZENITH + c] * lift
    turn = way[0] / max(0.2, way[2])
    if kind != NIGHT:
        cloud = (
            max(0.0, rough_noise(5 * turn + 3, 16 * up) - 0.55) * 1.6 * min(1.0, max(0.0, 9 * up))
        )
        for c in range(3):
            out[c] += cloud * (0.6 * light[KEY + c] / 2.2 + 0.4 - out[c] * 0.6)
    _skyline(kind, around, turn, up, out)


@njit(cache=True)
def _wall(
    around: np.ndarray, light: np.ndarray, origin: np.ndarray, way: np.ndarray, out: np.ndarray
) -> None:
    """A wall with soft stripes, brighter on the side that the light comes from."""
    far = (around[3] - origin[2]) / max(0.05, way[2])
    x, y = origin[0] + far * way[0], origin[1] + far * way[1]
    stripe = 0.5 + 0.5 * np.sin(5.0 * x)
    share = 0.65 + 0.15 * stripe + 0.1 * rough_noise(3 * x, 3 * y)
    fall = np.exp(-(((x - 2.0 * light[0]) ** 2 + (y - 1.4) ** 2) / 7.0))
    for c in range(3):
        paint = around[BACK_A + c] * share + around[BACK_B + c] * (1 - share)
        out[c] = paint * (
            0.22 * (light[HORIZON + c] + light[ZENITH + c]) + 0.42 * light[KEY + c] * fall
        )


@njit(cache=True)
def _skyline(kind: int, around: np.ndarray, turn: float, up: float, out: np.ndarray) -> None:
    """Paints what rises above the horizon over the sky."""
    if kind == TREES:
        top = 0.05 + 0.07 * noise(9 * turn, 1.0) + 0.05 * noise(26 * turn, 2.0)
        shade = rough_noise(30 * turn, 50 * up)
    elif kind == DUNES:
        top = 0.015 + 0.07 * noise(3 * turn, 4.0)
        shade = noise(5 * turn, 30 * up)
    elif kind == NIGHT:
        block = np.floor(7 * turn)
        top = 0.08 + 0.22 * noise(block * 3.7, 5.0)
        shade = 0.3 * noise(block, 9.0)
    else:
        return
    if up < top:
        haze = 0.25 if kind != NIGHT else 0.0
        for c in range(3):
            paint = around[BACK_A + c] * (1 - shade) + around[BACK_B + c] * shade
            out[c] = paint * (1 - haze) * (0.35 + 0.65 * min(1.0, out[c] + 0.35)) + haze * out[c]
