"""Traces a stage: the surroundings without the subject, and the subject apart from them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from numba import njit

from stereopsis.imagine.haystack.backdrop import HORIZON, KEY, SEA, STUDIO, ZENITH, backdrop
from stereopsis.imagine.haystack.fields import Fields
from stereopsis.imagine.haystack.march import hit, shadow
from stereopsis.imagine.haystack.noise import ground_mix, noise
from stereopsis.imagine.haystack.stage import Stage, World, world_of
from stereopsis.imagine.haystack.surface import in_spot, shade

SEA_BEGINS = 5.0  # behind the subject, where the backdrop asks for sea
FAR = 40.0
GROUND_A, GROUND_B = 4, 7


@dataclass(frozen=True)
class Traced:
    """Linear light. `behind` is all but the subject, whose shadow it has, at so far a `distance`.

    `subject` has its share of each pixel (0 or 1) as the fourth channel.
    """

    behind: Float32[np.ndarray, "n n 3"]
    distance: Float32[np.ndarray, "n n"]
    subject: Float32[np.ndarray, "n n 4"]


def trace(stage: Stage, fields: Fields, side: int) -> Traced:
    """What a camera without blur sees, one ray in the middle of each pixel."""
    behind = np.empty((side, side, 3), np.float32)
    distance = np.empty((side, side), np.float32)
    subject = np.zeros((side, side, 4), np.float32)
    _trace(stage.view.numbers(), world_of(stage, fields), behind, distance, subject)
    return Traced(behind, distance, subject)


@njit(cache=True)
def _trace(
    view: np.ndarray, world: World, behind: np.ndarray, distance: np.ndarray, subject: np.ndarray
) -> None:
    side = behind.shape[0]
    origin, way, color = view[6:9].copy(), np.empty(3), np.empty(3)
    cosine, sine = np.cos(view[3]), np.sin(view[3])
    for row in range(side):
        for column in range(side):
            u, v = (column + 0.5) / side - 0.5, (row + 0.5) / side - 0.5
            u, v = cosine * u - sine * v + 0.5, sine * u + cosine * v + 0.5
            x, y = (u - view[1]) / view[0], (view[2] - v) / view[0]
            length = np.sqrt(x * x + y * y + 1)
            way[0] = x / length
            way[1] = (y * view[5] - view[4]) / length
            way[2] = (y * view[4] + view[5]) / length
            ground = -origin[1] / way[1] if way[1] < -1e-4 else FAR
            nearest, which = _nearest(world, 1, origin, way, min(ground, FAR))
            if which >= 0:
                shade(world, which, origin, way, nearest, color)
            else:
                _shade_ground(world, origin, way, nearest, color)
            behind[row, column] = color
            distance[row, column] = nearest * way[2]
            t = hit(world.things[0], world.distances, origin, way, nearest)
            if t > 0:
                shade(world, 0, origin, way, t, color)
                subject[row, column, :3] = color
                subject[row, column, 3] = 1


@njit(cache=True)
def _nearest(
    world: World, first: int, origin: np.ndarray, way: np.ndarray, before: float
) -> tuple[float, int]:
    """How far the ray goes, and which thing stops it; -1 if none does before that distance."""
    which = -1
    for i in range(first, len(world.things)):
        t = hit(world.things[i], world.distances, origin, way, before)
        if t > 0:
            before, which = t, i
    return before, which


@njit(cache=True)
def _shade_ground(
    world: World, origin: np.ndarray, way: np.ndarray, t: float, out: np.ndarray
) -> None:
    """The ground where a ray meets it, fading into the backdrop; the backdrop where it does not."""
    light, around = world.light, world.around
    is_studio = int(around[1]) == STUDIO
    fade = min(1.0, max(0.0, (t - 4) / 9 if is_studio else (t - 7) / 20))
    beyond = t >= FAR or (around[3] > 0 and origin[2] + t * way[2] > around[3])
    if beyond or fade > 0:
        backdrop(around, light, origin, way, out)
    if beyond:
        return
    point = origin + t * way
    lit = shadow(world.things, world.distances, point, light) * in_spot(light, point)
    near = _openness(world.things, point)
    share = ground_mix(int(around[0]), point[0], point[2]) / (1 + (0.06 * t) ** 2)
    mirror = around[2]
    is_water = int(around[1]) == SEA and point[2] > SEA_BEGINS + 0.6 * noise(point[0], 3.0)
    if is_water:
        share = noise(2 * point[0], 7 * point[2])
        mirror = 0.5
    reflected = np.zeros(3)
    if mirror > 0:
        _reflect(world, point, way, reflected)
        mirror *= 0.35 + 0.65 * (1 + way[1]) ** 3
    for c in range(3):
        paint = around[GROUND_A + c] * (1 - share) + around[GROUND_B + c] * share
        if is_water:
            paint = (0.05 + 0.06 * c) * (0.7 + 0.5 * share)
        ambient = 0.5 * (light[ZENITH + c] + light[HORIZON + c]) * near
        color = paint * (light[KEY + c] * max(0.0, light[1]) * lit + ambient)
        color = color * (1 - mirror) + mirror * reflected[c]
        out[c] = color * (1 - fade) + fade * out[c]


@njit(cache=True)
def _openness(things: np.ndarray, point: np.ndarray) -> float:
    """The share of the sky that a point of the ground sees, less beside a thing."""
    share = 1.0
    for i in range(len(things)):
        gap = np.hypot(point[0] - things[i, 0], point[2] - things[i, 1]) / things[i, 2]
        share = min(share, 0.55 + 0.45 * min(1.0, max(0.0, (gap - 0.1) / 0.6)))
    return share


@njit(cache=True)
def _reflect(world: World, point: np.ndarray, way: np.ndarray, out: np.ndarray) -> None:
    """What the ground mirrors."""
    back, start = way.copy(), point.copy()
    back[1] = -way[1]
    start[1] = 1e-3
    t, which = _nearest(world, 0, start, back, FAR)
    if which >= 0:
        shade(world, which, start, back, t, out)
    else:
        backdrop(world.around, world.light, start, back, out)
