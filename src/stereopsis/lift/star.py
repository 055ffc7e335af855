"""The faces around one vertex: what collapsing it into a neighbour would do, and doing it."""

from typing import NamedTuple

import numpy as np
from numba import njit

from stereopsis.lift.outline import NONE

MOST_FACES = 48  # around a vertex that may be removed
MOST_COVERED = 4096  # removed vertices under them
SLIVER = 0.04  # twice a triangle's area over its longest edge's square; thinner ones are refused
GONE = -3  # a corner of a removed face


class Net(NamedTuple):
    """Triangles that are being simplified. Positions in pixels, depths are inverse depths.

    The corners 3 * face + side of a vertex form a linked list, as do the removed vertices that a
    face covers. Corners that moved on stay in their old list; they no longer name its vertex.
    """

    position: np.ndarray  # float32 (v, 2)
    depth: np.ndarray  # float32 (v,)
    faces: np.ndarray  # int32 (t, 3)
    alive: np.ndarray  # bool (t,)
    corner_head: np.ndarray  # int32 (v,)
    corner_next: np.ndarray  # int32 (3 t,)
    covered_head: np.ndarray  # int32 (t,)
    covered_next: np.ndarray  # int32 (v,)


@njit(cache=True)
def weave(position: np.ndarray, depth: np.ndarray, faces: np.ndarray) -> Net:
    """A net of these triangles; `faces` will be changed."""
    corner_head = np.full(len(position), NONE, np.int32)
    corner_next = np.full(3 * len(faces), NONE, np.int32)
    for corner in range(3 * len(faces)):
        v = faces[corner // 3, corner % 3]
        corner_next[corner] = corner_head[v]
        corner_head[v] = corner
    return Net(
        position,
        depth,
        faces,
        np.ones(len(faces), np.bool_),
        corner_head,
        corner_next,
        np.full(len(faces), NONE, np.int32),
        np.full(len(position), NONE, np.int32),
    )


@njit(cache=True)
def faces_around(net: Net, u: int, room: np.ndarray) -> np.ndarray:
    """The faces around u, written into `room`; none if they do not fit."""
    faces, corner_next = net.faces, net.corner_next
    size = 0
    corner = net.corner_head[u]
    while corner != NONE:
        if faces[corner // 3, corner % 3] == u:
            if size == len(room):
                return room[:0]
            room[size] = corner // 3
            size += 1
        corner = corner_next[corner]
    return room[:size]


@njit(cache=True)
def covered_with(net: Net, star: np.ndarray, u: int, room: np.ndarray) -> np.ndarray:
    """The removed vertices under the star and u itself, in `room`; none if they do not fit."""
    count = 0
    for face in star:
        v = net.covered_head[face]
        while v != NONE:
            if count == len(room) - 1:
                return room[:0]
            room[count] = v
            count += 1
            v = net.covered_next[v]
    room[count] = u
    return room[: count + 1]


@njit(cache=True)
def has(faces: np.ndarray, face: int, v: int) -> bool:
    """Whether v is a corner of the face."""
    return bool(faces[face, 0] == v or faces[face, 1] == v or faces[face, 2] == v)


@njit(cache=True)
def next_two(faces: np.ndarray, face: int, u: int) -> tuple[int, int]:
    """The corners of a face that follow u, clockwise."""
    side = 0
    while faces[face, side] != u:
        side += 1
    return faces[face, (side + 1) % 3], faces[face, (side + 2) % 3]


@njit(cache=True)
def keeps_shape(net: Net, star: np.ndarray, u: int, v: int, texture_px: float) -> bool:
    """Whether no face flips or turns into a sliver, and no edge bends its texture too far."""
    position, depth, faces = net.position, net.depth, net.faces
    for face in star:
        if has(faces, face, v):
            continue
        a, b = next_two(faces, face, u)
        to_a, to_b = _square(position, v, a), _square(position, v, b)
        if _cross(position, v, a, b) <= SLIVER * max(to_a, to_b, _square(position, a, b)):
            return False
        if _bend_square(depth, v, a) * to_a > texture_px * texture_px:
            return False
        if _bend_square(depth, v, b) * to_b > texture_px * texture_px:
            return False
    return True


@njit(cache=True)
def _bend_square(depth: np.ndarray, a: int, b: int) -> float:
    """How far texture bends along an edge, over its length, squared; see simplify()."""
    bend = (depth[a] - depth[b]) / (2 * (depth[a] + depth[b]))
    return float(bend * bend)


@njit(cache=True)
def keeps_topology(net: Net, star: np.ndarray, u: int, v: int) -> bool:
    """Whether u and v have no common neighbours but those in their common faces."""
    faces, corner_head, corner_next = net.faces, net.corner_head, net.corner_next
    shared = common = count = 0
    seen = np.empty(2 * len(star), np.int32)
    for face in star:
        shared += has(faces, face, v)
        for w in next_two(faces, face, u):
            if w == v or _contains(seen, count, w):
                continue
            seen[count] = w
            count += 1
            corner = corner_head[w]
            while corner != NONE:
                if faces[corner // 3, corner % 3] == w and has(faces, corner // 3, v):
                    common += 1
                    break
                corner = corner_next[corner]
    return common == shared


@njit(cache=True)
def _contains(values: np.ndarray, count: int, wanted: int) -> bool:
    """Whether one of the first `count` values is the wanted one."""
    for i in range(count):
        if values[i] == wanted:
            return True
    return False


@njit(cache=True)
def error_after(
    net: Net, star: np.ndarray, u: int, v: int, covered: np.ndarray, limit: float
) -> float:
    """The largest error in inverse depth at the covered vertices once u has become v.

    Stops at the first that reaches `limit`; adds next to nothing for long edges, to break ties.
    """
    position, depth, faces = net.position, net.depth, net.faces
    worst = limit * 1e-3 * min(1.0, _square(position, u, v) / 4096)
    for i in covered:
        deepest, value = -1e30, depth[i]
        for face in star:
            if has(faces, face, v):
                continue
            a, b = next_two(faces, face, u)
            area = _cross(position, v, a, b)
            at_a, at_b = _cross(position, v, i, b) / area, _cross(position, v, a, i) / area
            inside = min(at_a, at_b, 1 - at_a - at_b)
            if inside > deepest:
                deepest = inside
                value = depth[v] + at_a * (depth[a] - depth[v]) + at_b * (depth[b] - depth[v])
                if inside >= 0:
                    break
        worst = max(worst, abs(value - depth[i]))
        if worst >= limit:
            break
    return worst


@njit(cache=True)
def collapse(net: Net, star: np.ndarray, u: int, v: int, covered: np.ndarray) -> None:
    """Moves u to v: faces with both vanish, the others take v for u and cover what they must."""
    position, faces = net.position, net.faces
    for face in star:
        net.covered_head[face] = NONE
        if has(faces, face, v):
            net.alive[face] = False
            faces[face] = GONE
            continue
        for side in range(3):
            if faces[face, side] == u:
                faces[face, side] = v
                # The corner leaves u's list for v's; nobody walks u's list again.
                net.corner_next[3 * face + side] = net.corner_head[v]
                net.corner_head[v] = 3 * face + side
    for i in covered:
        deepest, home = -1e30, NONE
        for face in star:
            if not net.alive[face]:
                continue
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            area = _cross(position, a, b, c)
            at_b, at_c = _cross(position, a, i, c) / area, _cross(position, a, b, i) / area
            inside = min(at_b, at_c, 1 - at_b - at_c)
            if inside > deepest:
                deepest, home = inside, face
        if home != NONE:
            net.covered_next[i] = net.covered_head[home]
            net.covered_head[home] = i


@njit(cache=True)
def _cross(p: np.ndarray, a: int, b: int, c: int) -> float:
    """Twice the signed area of a triangle; positive if clockwise in the picture."""
    return float(
        (p[b, 0] - p[a, 0]) * (p[c, 1] - p[a, 1]) - (p[b, 1] - p[a, 1]) * (p[c, 0] - p[a, 0])
    )


@njit(cache=True)
def _square(p: np.ndarray, a: int, b: int) -> float:
    """The squared distance of two vertices."""
    dx = p[a, 0] - p[b, 0]
    dy = p[a, 1] - p[b, 1]
    return float(dx * dx + dy * dy)
