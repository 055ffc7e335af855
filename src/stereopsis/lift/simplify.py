"""Removes the vertices that a viewer would not miss."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from stereopsis.lift.triangulate import Surface

NONE = -1
LOCKED = -2  # a vertex where lines meet or end; it stays
INSIDE, END, SEAM, SILHOUETTE = 0, 1, 2, 3  # on what kind of line a vertex lies


@dataclass(frozen=True)
class SimplifyConfig:
    """What may change. Lengths are pixels of the layered image."""

    parallax_error_px: float = 0.5  # a removed vertex, seen from the rim of the cone
    outline_error_px: float = 0.75  # a removed vertex of a silhouette, sideways
    seam_error_px: float = 1.5  # the same where two charts meet; less than their padding
    end_error_px: float = 3.0  # the same where a hidden surface ends; less than its margin
    texture_error_px: float = 0.75  # the texture along an edge, by perspective
    passes: int = 8


def simplify(
    surface: Surface, parallax_px: float, config: SimplifyConfig = SimplifyConfig()
) -> Surface:
    """The surface with as many vertices removed, by edge collapse, as the tolerances allow.

    Every removed vertex remembers the triangle that now covers it and stays within
    `parallax_error_px` of it, so the error is bounded, not estimated. Error is measured in
    inverse depth, in which planes are affine. Silhouettes, seams between charts and ends of
    hidden surfaces keep their corners and stay near every vertex they had. Texture is interpolated in space, not
    in the picture, which bends it along edges whose ends differ in depth by
    length * |a - b| / (2 (a + b)); no edge may bend by more than `texture_error_px`.
    """
    along, kind = _features(surface.faces, surface.chart, surface.hidden, len(surface.position))
    outline_px = np.array([0.0, config.end_error_px, config.seam_error_px, config.outline_error_px])
    faces, alive = _collapse(
        surface.position,
        surface.inverse_depth,
        surface.faces,
        along,
        (np.float32(config.parallax_error_px / parallax_px), np.float32(config.texture_error_px)),
        outline_px[kind].astype(np.float32),
        config.passes,
    )
    faces = faces[alive]
    used, faces = np.unique(faces, return_inverse=True)
    return Surface(
        surface.position[used],
        surface.inverse_depth[used],
        faces.reshape(-1, 3).astype(np.int32),
        surface.chart[alive],
        surface.hidden[alive],
    )


@njit(cache=True)
def _features(
    faces: np.ndarray, chart: np.ndarray, hidden: np.ndarray, vertices: int
) -> tuple[np.ndarray, np.ndarray]:
    """Each vertex's neighbours (v, 2) along the line it lies on, and what line that is (v,).

    A line is an end of a hidden surface, a seam between charts, or a silhouette. Inside a surface
    the neighbours are NONE, NONE; where more or fewer than two edges of lines meet, LOCKED, LOCKED.
    """
    start, corners = _corner_lists(faces, vertices)
    along = np.full((vertices, 2), NONE, np.int32)
    kind = np.zeros(vertices, np.int8)
    for u in range(vertices):
        found = 0
        for k in range(start[u], start[u + 1]):
            face, side = corners[k] // 3, corners[k] % 3
            for turn in (1, 2):
                v = faces[face, (side + turn) % 3]
                other = NONE  # the other face with both u and v
                for m in range(start[u], start[u + 1]):
                    candidate = corners[m] // 3
                    if candidate != face and _has(faces, candidate, v):
                        other = candidate
                if other != NONE and chart[other] == chart[face]:
                    continue
                if along[u, 0] == v or along[u, 1] == v:
                    continue  # a seam, seen from its second face
                if found < 2:
                    along[u, found] = v
                found += 1
                line = SEAM if other != NONE else END if hidden[face] else SILHOUETTE
                kind[u] = max(kind[u], line)
        if found not in (0, 2):
            along[u] = LOCKED
    return along, kind


@njit(cache=True)
def _corner_lists(faces: np.ndarray, vertices: int) -> tuple[np.ndarray, np.ndarray]:
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
def _has(faces: np.ndarray, face: int, v: int) -> bool:
    return faces[face, 0] == v or faces[face, 1] == v or faces[face, 2] == v


@njit(cache=True)
def _collapse(
    position: np.ndarray,
    depth: np.ndarray,
    original: np.ndarray,
    along: np.ndarray,
    tolerance: tuple[float, float],
    outline_px: np.ndarray,
    passes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Collapses vertices into neighbours; returns the faces and which of them are left."""
    vertices = len(position)
    faces = original.copy()
    alive = np.ones(len(faces), np.bool_)
    present = np.ones(vertices, np.bool_)
    # Linked lists: the corners of each vertex, and the removed vertices that each face covers.
    corner_head = np.full(vertices, NONE, np.int32)
    corner_next = np.full(3 * len(faces), NONE, np.int32)
    for corner in range(3 * len(faces)):
        v = faces[corner // 3, corner % 3]
        corner_next[corner] = corner_head[v]
        corner_head[v] = corner
    covered_head = np.full(len(faces), NONE, np.int32)
    covered_next = np.full(vertices, NONE, np.int32)
    star = np.empty(256, np.int32)
    moved = np.empty(4096, np.int32)
    error_limit, texture_limit = tolerance
    original_along = along.copy()
    for step in range(passes):
        share = min(1.0, (step + 1) / (passes - 2))  # easy vertices first
        removed = 0
        for u in range(vertices):
            if not present[u] or along[u, 0] == LOCKED:
                continue
            size = _star(faces, corner_head, corner_next, u, star)
            if size == 0 or size > 48:
                continue
            held = _covered(covered_head, covered_next, star, size, moved)
            if held < 0:
                continue
            moved[held] = u
            best, best_error = NONE, share * error_limit
            for k in range(size):
                for side in range(3):
                    v = faces[star[k], side]
                    if v == u or (along[u, 0] >= 0 and along[u, 0] != v and along[u, 1] != v):
                        continue
                    if faces[star[k], (side + 1) % 3] != u and along[u, 0] < 0:
                        continue  # inside a surface, each neighbour shows up in two faces
                    if not _keeps_shape(
                        position, depth, faces, (star, size), (u, v), texture_limit
                    ):
                        continue
                    if not _keeps_topology(faces, corner_head, corner_next, (star, size), (u, v)):
                        continue
                    if along[u, 0] >= 0 and not _keeps_outline(
                        position, original_along, along, present, (u, v), share * outline_px[u]
                    ):
                        continue
                    error = _error(
                        position, depth, faces, (star, size), (u, v), moved[: held + 1], best_error
                    )
                    if error < best_error:
                        best, best_error = v, error
            if best == NONE:
                continue
            _apply(faces, alive, (corner_head, corner_next), (star, size), (u, best))
            _cover(
                position,
                faces,
                (covered_head, covered_next),
                (star, size),
                alive,
                moved[: held + 1],
            )
            _close_outline(along, u, best)
            present[u] = False
            removed += 1
        if removed * 200 < vertices and share == 1.0:
            break
    return faces, alive


@njit(cache=True)
def _star(
    faces: np.ndarray, corner_head: np.ndarray, corner_next: np.ndarray, u: int, star: np.ndarray
) -> int:
    """Writes the faces around a vertex into `star` and says how many they are (0: too many)."""
    size = 0
    corner = corner_head[u]
    while corner != NONE:
        if faces[corner // 3, corner % 3] == u:
            if size == len(star):
                return 0
            star[size] = corner // 3
            size += 1
        corner = corner_next[corner]
    return size


@njit(cache=True)
def _covered(
    head: np.ndarray, following: np.ndarray, star: np.ndarray, size: int, moved: np.ndarray
) -> int:
    """Writes the removed vertices that these faces cover into `moved`; -1 if there is no room."""
    count = 0
    for k in range(size):
        v = head[star[k]]
        while v != NONE:
            if count == len(moved) - 1:
                return -1
            moved[count] = v
            count += 1
            v = following[v]
    return count


@njit(cache=True)
def _keeps_shape(
    position: np.ndarray,
    depth: np.ndarray,
    faces: np.ndarray,
    around: tuple[np.ndarray, int],
    edge: tuple[int, int],
    texture_limit: float,
) -> bool:
    """Whether no face flips or becomes a sliver, and no new edge bends its texture too far."""
    star, size = around
    u, v = edge
    for k in range(size):
        face = star[k]
        if _has(faces, face, v):
            continue
        side = 0
        while faces[face, side] != u:
            side += 1
        a, b = faces[face, (side + 1) % 3], faces[face, (side + 2) % 3]
        area = _cross(position, v, a, b)
        ab, va, vb = _square(position, a, b), _square(position, v, a), _square(position, v, b)
        if area <= 0.04 * max(ab, va, vb):
            return False
        for other, length in ((a, va), (b, vb)):
            bend = abs(depth[v] - depth[other]) / (2 * (depth[v] + depth[other]))
            if length * bend * bend > texture_limit * texture_limit:
                return False
    return True


@njit(cache=True)
def _keeps_topology(
    faces: np.ndarray,
    corner_head: np.ndarray,
    corner_next: np.ndarray,
    around: tuple[np.ndarray, int],
    edge: tuple[int, int],
) -> bool:
    """Whether u and v have no common neighbours but those of their common faces."""
    star, size = around
    u, v = edge
    shared = common = 0
    for k in range(size):
        shared += _has(faces, star[k], v)
    seen = np.full(2 * size, NONE, np.int32)
    count = 0
    for k in range(size):
        for side in range(3):
            w = faces[star[k], side]
            if w == u or w == v:
                continue
            known = False
            for m in range(count):
                known |= seen[m] == w
            if known:
                continue
            seen[count] = w
            count += 1
            corner = corner_head[w]
            while corner != NONE:
                if faces[corner // 3, corner % 3] == w and _has(faces, corner // 3, v):
                    common += 1
                    break
                corner = corner_next[corner]
    return common == shared


@njit(cache=True)
def _keeps_outline(
    position: np.ndarray,
    original_along: np.ndarray,
    along: np.ndarray,
    present: np.ndarray,
    edge: tuple[int, int],
    limit: float,
) -> bool:
    """Whether all that the outline ever had between u's neighbours is near the new edge."""
    u, v = edge
    other = along[u, 0] if along[u, 1] == v else along[u, 1]
    if _from_segment(position, u, other, v) > limit:
        return False
    for way in range(2):
        before, at = u, original_along[u, way]
        while not present[at]:
            if _from_segment(position, at, other, v) > limit:
                return False
            onward = original_along[at, 0]
            if onward == before:
                onward = original_along[at, 1]
            before, at = at, onward
    return True


@njit(cache=True)
def _error(
    position: np.ndarray,
    depth: np.ndarray,
    faces: np.ndarray,
    around: tuple[np.ndarray, int],
    edge: tuple[int, int],
    moved: np.ndarray,
    limit: float,
) -> float:
    """The largest error in inverse depth at the covered vertices after u moves to v.

    Stops at the first that reaches `limit`, and adds a little for long edges, which breaks ties.
    """
    star, size = around
    u, v = edge
    worst = limit * 1e-3 * min(1.0, _square(position, u, v) / 4096)
    for i in moved:
        inside, value = -1e30, 0.0
        for k in range(size):
            face = star[k]
            if _has(faces, face, v):
                continue
            side = 0
            while faces[face, side] != u:
                side += 1
            a, b = faces[face, (side + 1) % 3], faces[face, (side + 2) % 3]
            area = _cross(position, v, a, b)
            at_a, at_b = _cross(position, v, i, b) / area, _cross(position, v, a, i) / area
            least = min(at_a, at_b, 1 - at_a - at_b)
            if least > inside:
                inside = least
                value = depth[v] + at_a * (depth[a] - depth[v]) + at_b * (depth[b] - depth[v])
                if inside >= 0:
                    break
        if inside > -1e30:
            worst = max(worst, abs(value - depth[i]))
        if worst >= limit:
            return worst
    return worst


@njit(cache=True)
def _apply(
    faces: np.ndarray,
    alive: np.ndarray,
    lists: tuple[np.ndarray, np.ndarray],
    around: tuple[np.ndarray, int],
    edge: tuple[int, int],
) -> None:
    """Moves u to v: faces with both vanish, the others take v in u's place."""
    corner_head, corner_next = lists
    star, size = around
    u, v = edge
    for k in range(size):
        face = star[k]
        if _has(faces, face, v):
            alive[face] = False
            for side in range(3):
                faces[face, side] = LOCKED  # dead corners drop out of all lists
            continue
        for side in range(3):
            if faces[face, side] == u:
                faces[face, side] = v
                # The corner leaves u's list with u itself, so its link is free.
                corner_next[3 * face + side] = corner_head[v]
                corner_head[v] = 3 * face + side


@njit(cache=True)
def _cover(
    position: np.ndarray,
    faces: np.ndarray,
    lists: tuple[np.ndarray, np.ndarray],
    around: tuple[np.ndarray, int],
    alive: np.ndarray,
    moved: np.ndarray,
) -> None:
    """Hands the removed vertices to the faces that now cover them."""
    head, following = lists
    star, size = around
    for k in range(size):
        head[star[k]] = NONE
    for i in moved:
        inside, home = -1e30, NONE
        for k in range(size):
            face = star[k]
            if not alive[face]:
                continue
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            area = _cross(position, a, b, c)
            at_b, at_c = _cross(position, a, i, c) / area, _cross(position, a, b, i) / area
            least = min(at_b, at_c, 1 - at_b - at_c)
            if least > inside:
                inside, home = least, face
        if home != NONE:
            following[i] = head[home]
            head[home] = i


@njit(cache=True)
def _close_outline(along: np.ndarray, u: int, v: int) -> None:
    """Joins the outline's neighbours of a removed vertex."""
    if along[u, 0] < 0:
        return
    other = along[u, 0] if along[u, 1] == v else along[u, 1]
    for way in range(2):
        if along[v, way] == u:
            along[v, way] = other
        if along[other, way] == u:
            along[other, way] = v


@njit(cache=True)
def _cross(position: np.ndarray, a: int, b: int, c: int) -> float:
    """Twice the signed area of a triangle; positive if clockwise in the picture."""
    return (position[b, 0] - position[a, 0]) * (position[c, 1] - position[a, 1]) - (
        position[b, 1] - position[a, 1]
    ) * (position[c, 0] - position[a, 0])


@njit(cache=True)
def _square(position: np.ndarray, a: int, b: int) -> float:
    """The squared distance of two vertices."""
    dx, dy = position[a, 0] - position[b, 0], position[a, 1] - position[b, 1]
    return dx * dx + dy * dy


@njit(cache=True)
def _from_segment(position: np.ndarray, i: int, a: int, b: int) -> float:
    """The distance of vertex i from the segment a, b."""
    ax, ay = position[a, 0], position[a, 1]
    dx, dy = position[b, 0] - ax, position[b, 1] - ay
    px, py = position[i, 0] - ax, position[i, 1] - ay
    length = dx * dx + dy * dy
    t = min(1.0, max(0.0, (px * dx + py * dy) / length)) if length > 0 else 0.0
    return np.sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2)
