"""Traces a stage: the surroundings without the subject, and the subject apart from them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from numba import njit

from stereopsis.imagine.haystack.backdrop import STUDIO, backdrop
from stereopsis.imagine.haystack.fields import REACH, Fields
from stereopsis.imagine.haystack.march import hit, shadow
from stereopsis.imagine.haystack.noise import SAND, ground_mix, noise
from stereopsis.imagine.haystack.stage import Stage
from stereopsis.imagine.haystack.surface import shade

SEA_BEGINS = 5.0  # behind the subject, where the backdrop asks for sea
SEA = 6
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
    things = np.stack([thing.numbers() for thing in stage.things])
    numbers = (stage.view.numbers(), things, stage.light.numbers(), stage.around.numbers())
    _trace(*numbers, fields.distances, fields.slots, behind, distance, subject)
    return Traced(behind, distance, subject)


@njit(cache=True)
def _trace(
    view: np.ndarray,
    things: np.ndarray,
    light: np.ndarray,
    around: np.ndarray,
    distances: np.ndarray,
    slots: np.ndarray,
    behind: np.ndarray,
    distance: np.ndarray,
    subject: np.ndarray,
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
            nearest, which = FAR, -1
            for i in range(1, len(things)):
                t = hit(things[i], distances, origin, way, nearest)
                if t > 0:
                    nearest, which = t, i
            ground = -origin[1] / way[1] if way[1] < -1e-4 else FAR
            if which >= 0 and nearest < ground:
                shade(which, things, light, around, distances, slots, origin, way, nearest, color)
            else:
                nearest = min(ground, FAR)
                _shade_ground(things, light, around, distances, slots, origin, way, nearest, color)
            for c in range(3):
                behind[row, column, c] = color[c]
            distance[row, column] = nearest * way[2]
            t = hit(things[0], distances, origin, way, nearest)
            if t > 0:
                shade(0, things, light, around, distances, slots, origin, way, t, color)
                for c in range(3):
                    subject[row, column, c] = color[c]
                subject[row, column, 3] = 1


@njit(cache=True)
def _shade_ground(
    things: np.ndarray,
    light: np.ndarray,
    around: np.ndarray,
    distances: np.ndarray,
    slots: np.ndarray,
    origin: np.ndarray,
    way: np.ndarray,
    t: float,
    out: np.ndarray,
) -> None:
    """The ground where a ray meets it, fading into the backdrop; the backdrop where it does not."""
    is_studio = int(around[1]) == STUDIO
    fade = min(1.0, max(0.0, (t - 4) / 9 if is_studio else (t - 7) / 20))
    beyond = t >= FAR or (around[3] > 0 and origin[2] + t * way[2] > around[3])
    if beyond or fade > 0:
        backdrop(around, light, origin, way, out)
    if beyond:
        return
    point = origin + t * way
    lit = shadow(things, distances, point, light)
    near = 1.0
    for i in range(len(things)):
        gap = np.hypot(point[0] - things[i, 0], point[2] - things[i, 1]) / things[i, 2]
        near = min(near, 0.55 + 0.45 * min(1.0, max(0.0, (gap - 0.1) / 0.6)))
    if light[12] > 0:
        gap = np.hypot(point[0], point[2]) / light[12]
        lit *= 0.03 + 0.97 / (1 + np.exp(9 * (gap - 1)))
    share = ground_mix(int(around[0]), point[0], point[2]) / (1 + (0.06 * t) ** 2)
    wet = int(around[1]) == SEA and point[2] > SEA_BEGINS + 0.6 * noise(point[0], 3.0)
    mirror = around[2]
    if wet:
        share = noise(2 * point[0], 7 * point[2])
        mirror = 0.5
    sky, key = 9, 3
    reflected = np.zeros(3)
    if mirror > 0:
        _reflect(things, light, around, distances, slots, point, way, reflected)
        mirror *= 0.35 + 0.65 * (1 + way[1]) ** 3
    for c in range(3):
        paint = around[GROUND_A + c] * (1 - share) + around[GROUND_B + c] * share
        if wet:
            paint = (0.05 + 0.06 * c) * (0.7 + 0.5 * share)
        ambient = 0.5 * (light[sky + c] + light[sky - 3 + c]) * near
        color = paint * (light[key + c] * max(0.0, light[1]) * lit + ambient)
        color = color * (1 - mirror) + mirror * reflected[c]
        out[c] = color * (1 - fade) + fade * out[c]


@njit(cache=True)
def _reflect(
    things: np.ndarray,
    light: np.ndarray,
    around: np.ndarray,
    distances: np.ndarray,
    slots: np.ndarray,
    point: np.ndarray,
    way: np.ndarray,
    out: np.ndarray,
) -> None:
    """What the ground mirrors."""
    back = way.copy()
    back[1] = -way[1]
    start = point.copy()
    start[1] = 1e-3
    nearest, which = FAR, -1
    for i in range(len(things)):
        t = hit(things[i], distances, start, back, nearest)
        if t > 0:
            nearest, which = t, i
    if which >= 0:
        shade(which, things, light, around, distances, slots, start, back, nearest, out)
    else:
        backdrop(around, light, start, back, out)
