"""The colour of a thing where a ray meets it, as a kernel."""

import numpy as np
from numba import njit

from stereopsis.imagine.haystack.backdrop import HORIZON, KEY, SPOT, ZENITH
from stereopsis.imagine.haystack.fields import CELLS, REACH
from stereopsis.imagine.haystack.march import distance_at, in_own_space, shadow
from stereopsis.imagine.haystack.noise import rough_noise
from stereopsis.imagine.haystack.stage import World

STEP = 0.028  # for slopes of the field, about a cell
BANDS, DOTS, FLAMES = 1, 2, 3


@njit(cache=True)
def shade(
    world: World, which: int, origin: np.ndarray, way: np.ndarray, t: float, out: np.ndarray
) -> None:
    """Writes the light that a thing sends back along the ray that meets it after t."""
    things, light, around, distances = world.things, world.light, world.around, world.distances
    thing = things[which]
    solid = int(thing[5])
    point = origin + t * way
    own, slope, normal = np.empty(3), np.empty(3), np.empty(3)
    own[0], own[1], own[2], _, _, _ = in_own_space(thing, point, way)
    _slope(distances[solid], own, slope)
    normal[0] = thing[3] * slope[0] + thing[4] * slope[2]
    normal[1] = slope[1]
    normal[2] = -thing[4] * slope[0] + thing[3] * slope[2]
    facing = normal[0] * light[0] + normal[1] * light[1] + normal[2] * light[2]
    lit = 0.0
    if facing > -0.1:
        lit = shadow(things, distances, point + 0.02 * thing[2] * normal, light)
        lit *= in_spot(light, point)
    out_there = distance_at(
        distances[solid],
        own[0] + 0.12 * slope[0],
        own[1] + 0.12 * slope[1],
        own[2] + 0.12 * slope[2],
    )
    open_sky = min(1.0, max(0.25, out_there / 0.12)) * (0.6 + 0.4 * min(1.0, 2.5 * own[1]))
    seen = -(way[0] * normal[0] + way[1] * normal[1] + way[2] * normal[2])
    edge = 0.04 + 0.5 * (1 - min(1.0, max(0.0, seen))) ** 4
    gleam = _gleam(normal, way, light, thing[8]) * lit
    mirrored = normal[1] * 2 * seen + way[1]
    lift = min(1.0, max(0.0, 0.5 + 0.6 * mirrored))
    slot = _slot(world.slots[solid], own)
    pattern = _pattern(thing, own) if slot == 0 else 0.0
    upward = 0.5 + 0.5 * normal[1]
    for c in range(3):
        paint = thing[9 + 3 * slot + c]
        paint = paint * (1 - pattern) + pattern * (0.9 - 0.75 * paint)
        sky = 0.5 * (light[ZENITH + c] + light[HORIZON + c])
        bounce = 0.5 * (around[4 + c] + around[7 + c]) * (sky + 0.35 * light[KEY + c])
        ambient = (sky * upward + bounce * (1 - upward)) * open_sky
        soft = max(0.0, 0.88 * facing + 0.12)
        mirror = light[HORIZON + c] * (1 - lift) + light[ZENITH + c] * lift
        out[c] = paint * (light[KEY + c] * soft * lit + ambient)
        out[c] += thing[8] * edge * mirror * open_sky + gleam * light[KEY + c]


@njit(cache=True)
def in_spot(light: np.ndarray, point: np.ndarray) -> float:
    """How much of the key light the lamp sends to a point; all of it if it lights everything."""
    if light[SPOT] <= 0:
        return 1.0
    gap = np.hypot(point[0], point[2]) / light[SPOT]
    return float(0.03 + 0.97 / (1 + np.exp(9 * (gap - 1))))


@njit(cache=True)
def _slope(grid: np.ndarray, own: np.ndarray, out: np.ndarray) -> None:
    """The unit normal in the thing's own space."""
    x, y, z = own
    out[0] = distance_at(grid, x + STEP, y, z) - distance_at(grid, x - STEP, y, z)
    out[1] = distance_at(grid, x, y + STEP, z) - distance_at(grid, x, y - STEP, z)
    out[2] = distance_at(grid, x, y, z + STEP) - distance_at(grid, x, y, z - STEP)
    length = np.sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2) + 1e-9
    for c in range(3):
        out[c] /= length


@njit(cache=True)
def _gleam(normal: np.ndarray, way: np.ndarray, light: np.ndarray, gloss: float) -> float:
    """The key light's mirror image on a surface of that gloss, after Blinn (1977)."""
    half = light[:3] - way
    length = np.sqrt(half[0] ** 2 + half[1] ** 2 + half[2] ** 2) + 1e-9
    cosine = (normal[0] * half[0] + normal[1] * half[1] + normal[2] * half[2]) / length
    power = 8.0 + 90.0 * gloss
    return float(gloss * 0.9 * max(0.0, cosine) ** power)


@njit(cache=True)
def _slot(slots: np.ndarray, own: np.ndarray) -> int:
    scale = (CELLS - 1) / (2 * REACH)
    top = CELLS - 1
    i = min(top, max(0, int(np.rint((own[0] + REACH) * scale))))
    j = min(top, max(0, int(np.rint((own[1] - 0.5 + REACH) * scale))))
    k = min(top, max(0, int(np.rint((own[2] + REACH) * scale))))
    return int(slots[i, j, k])


@njit(cache=True)
def _pattern(thing: np.ndarray, own: np.ndarray) -> float:
    """How much of the pattern's colour lies over the paint."""
    kind = int(thing[6])
    if kind == BANDS:
        wave = np.sin(26 * own[1]) - 0.45
    elif kind == DOTS:
        turn = np.arctan2(own[0], own[2]) * 2.2
        wave = 2.2 * np.sin(3 * turn) * np.sin(18 * own[1]) - 1.1
    elif kind == FLAMES:
        wave = 6 * (rough_noise(4 * own[0] + 4 * own[2], 5 * own[1]) - 0.62)
    else:
        return 0.0
    return float(thing[7] / (1 + np.exp(-6 * wave)))
