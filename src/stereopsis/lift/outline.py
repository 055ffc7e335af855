"""The lines on a surface that a viewer can see: silhouettes, seams between charts, ends."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int8, Int32
from numba import njit

from stereopsis.lift.triangulate import Surface

NONE = -1
LOCKED = -2  # the neighbours of a vertex where lines meet or stop; it must stay
INSIDE, END, SEAM, SILHOUETTE = 0, 1, 2, 3  # on what kind of line a vertex lies


class Outline(NamedTuple):
    """Each vertex's two neighbours along its line, and what line that is.

    A line is a silhouette, a seam where two charts meet, or the end of a hidden surface. Inside a
    surface both neighbours are NONE; where other than two edges of lines meet they are LOCKED.
    """

    neighbours: Int32[np.ndarray, "v 2"]
    kind: Int8[np.ndarray, " v"]


def trace(surface: Surface) -> Outline:
    """The lines of a surface, as they are before anything moves."""
    return Outline(
        *_trace(surface.faces, surface.chart, surface.hidden, len(surface.position)),
    )


@njit(cache=True)
def _trace(
    faces: np.ndarray, chart: np.ndarray, hidden: np.ndarray, vertices: int
) -> tuple[np.ndarray, np.ndarray]:
    start, corners = _corners_by_vertex(faces, vertices)
    neighbours = np.full((vertices, 2), NONE, np.int32)
    kind = np.zeros(vertices, np.int8)
    for u in range(vertices):
        around = corners[start[u] : start[u + 1]]
        found = 0
        for corner in around:
            face, side = corner // 3, corner % 3
            for turn in (1, 2):
                v = faces[face, (side + turn) % 3]
                other, count = _across(faces, around, face, v)
                if count > 1:  # the end of a cut one pixel long: surfaces on both sides share it
                    found = 3
                if other != NONE and chart[other] == chart[face]:
                    continue
                if neighbours[u, 0] == v or neighbours[u, 1] == v:
                    continue  # a seam, seen from its second face
                if found < 2:
                    neighbours[u, found] = v
                found += 1
                line = SEAM if other != NONE else END if hidden[face] else SILHOUETTE
                kind[u] = max(kind[u], line)
        if found not in (0, 2):
            neighbours[u] = LOCKED
    return neighbours, kind


@njit(cache=True)
def _corners_by_vertex(faces: np.ndarray, vertices: int) -> tuple[np.ndarray, np.ndarray]:
    """The corners 3 * face + side of each vertex: corners[start[v] : start[v + 1]]."""
    start = np.zeros(vertices + 1, np.int32)
    for face in range(len(faces)):
        for side in range(3):
            start[faces[face, side] + 1] += 1
    for v in range(vertices):
        start[v + 1] += start[v]
    fill = start[:-1].copy()
    corners = np.empty(3 * len(faces), np.int32)
    for face in range(len(faces)):
        for side in range(3):
            v = faces[face, side]
            corners[fill[v]] = 3 * face + side
            fill[v] += 1
    return start, corners


@njit(cache=True)
def _across(faces: np.ndarray, around: np.ndarray, face: int, v: int) -> tuple[int, int]:
    """The other face around a vertex that has v as well, or NONE, and how many there are."""
    across, count = NONE, 0
    for corner in around:
        other = corner // 3
        if other != face and (faces[other] == v).any():
            across, count = int(other), count + 1
    return across, count


@njit(cache=True)
def stays_near(
    outline: Outline,
    original: Outline,
    position: np.ndarray,
    present: np.ndarray,
    edge: tuple[int, int],
    limit: float,
) -> bool:
    """Whether a line stays within `limit` of all its first vertices when u collapses into v.

    The new edge runs from v to u's other neighbour. Between them lie, besides u, vertices that
    were removed before; the original line still leads through them.
    """
    u, v = edge
    other = _other_neighbour(outline, u, v)
    if distance_to_segment(position, u, other, v) > limit:
        return False
    for way in range(2):
        before, at = u, original.neighbours[u, way]
        while not present[at]:
            if distance_to_segment(position, at, other, v) > limit:
                return False
            onward = original.neighbours[at, 0]
            if onward == before:
                onward = original.neighbours[at, 1]
            before, at = at, onward
    return True


@njit(cache=True)
def close_gap(outline: Outline, u: int, v: int) -> None:
    """Joins the neighbours of u, which collapsed into its neighbour v."""
    if outline.neighbours[u, 0] < 0:
        return
    other = _other_neighbour(outline, u, v)
    for way in range(2):
        if outline.neighbours[v, way] == u:
            outline.neighbours[v, way] = other
        if outline.neighbours[other, way] == u:
            outline.neighbours[other, way] = v


@njit(cache=True)
def _other_neighbour(outline: Outline, u: int, v: int) -> int:
    first, second = outline.neighbours[u, 0], outline.neighbours[u, 1]
    return int(first if second == v else second)


@njit(cache=True)
def distance_to_segment(position: np.ndarray, i: int, a: int, b: int) -> float:
    """How far vertex i lies from the segment between vertices a and b, in pixels."""
    ax, ay = position[a, 0], position[a, 1]
    dx, dy = position[b, 0] - ax, position[b, 1] - ay
    px, py = position[i, 0] - ax, position[i, 1] - ay
    square = dx * dx + dy * dy
    t = min(1.0, max(0.0, (px * dx + py * dy) / square)) if square > 0 else 0.0
    return float(np.sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2))
