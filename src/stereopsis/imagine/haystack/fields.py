"""Distance fields: how far each point of a grid around a solid is from its surface."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, UInt8
from numba import njit

from stereopsis.imagine.haystack.solids import Part, Solid

CELLS = 56  # a side
REACH = 0.72  # the grid spans so far from its middle, which is half a unit above the ground


@dataclass(frozen=True)
class Fields:
    """Signed distances of several solids, negative inside, and the colour slot of the nearest part.

    Grids are indexed by solid, x, y, z; the first and last sample lie at REACH from the middle.
    """

    distances: Float32[np.ndarray, "k c c c"]
    slots: UInt8[np.ndarray, "k c c c"]


def bake(solids: Sequence[Solid]) -> Fields:
    """The fields of the solids, in their order."""
    line = np.linspace(-REACH, REACH, CELLS)
    x, y, z = np.meshgrid(line, line + 0.5, line, indexing="ij")
    points = np.stack([x, y, z], -1).reshape(-1, 3)
    distances = np.empty((len(solids), CELLS, CELLS, CELLS), np.float32)
    slots = np.empty((len(solids), CELLS, CELLS, CELLS), np.uint8)
    for k, solid in enumerate(solids):
        each = np.stack([_distance_to(part, points) for part in solid.parts])
        nearest = each.argmin(0)
        distances[k] = each.min(0).reshape(x.shape)
        own = np.array([part.slot for part in solid.parts], np.uint8)
        slots[k] = own[nearest].reshape(x.shape)
    return Fields(distances, slots)


def _distance_to(part: Part, points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, " n"]:
    local = points - np.array(part.at)
    x, y, z = local.T
    if part.turn == "z":  # what stood upright lies along z
        x, y, z = x, z, y
    elif part.turn == "x":  # what was pushed along z is pushed along x
        x, y, z = z, y, x
    outline = np.array(part.outline, np.float64)
    if part.depth is None:
        return np.asarray(_from_outline(outline, np.hypot(x, z), y, True) - part.round)
    flat = _from_outline(outline, x, y, False)
    along = np.abs(z) - part.depth
    outside = np.hypot(np.maximum(flat, 0), np.maximum(along, 0))
    return np.asarray(outside + np.minimum(np.maximum(flat, along), 0) - part.round)


@njit(cache=True)
def _from_outline(outline: np.ndarray, x: np.ndarray, y: np.ndarray, is_turned: bool) -> np.ndarray:
    """Signed distances in the plane; of an outline that is turned, the axis itself is no edge."""
    found = np.empty(len(x))
    count = len(outline)
    for n in range(len(x)):
        least, inside = 1e9, False
        for i in range(count):
            ax, ay = outline[i]
            bx, by = outline[(i + 1) % count]
            if (ay > y[n]) != (by > y[n]) and x[n] < ax + (bx - ax) * (y[n] - ay) / (by - ay):
                inside = not inside
            if is_turned and ax < 1e-6 and bx < 1e-6:
                continue
            ex, ey = bx - ax, by - ay
            length = ex * ex + ey * ey
            share = ((x[n] - ax) * ex + (y[n] - ay) * ey) / length if length > 0 else 0.0
            share = min(1.0, max(0.0, share))
            dx, dy = x[n] - ax - share * ex, y[n] - ay - share * ey
            least = min(least, dx * dx + dy * dy)
        found[n] = -np.sqrt(least) if inside else np.sqrt(least)
    return found
