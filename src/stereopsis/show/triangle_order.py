"""Triangles and vertices in an order that graphics cards and compressors like."""

from dataclasses import replace

import numpy as np
from jaxtyping import Int32
from numba import njit

from stereopsis.scene.arrays import Triangles
from stereopsis.scene.mesh import Mesh

RECENT = 15  # edges that a compressor still remembers
NONE = -1


def in_walking_order(mesh: Mesh) -> Mesh:
    """The same mesh, its triangles sorted so that each mostly lies beside one just before it.

    Vertices are numbered by first use. Vertices that no triangle uses are left out.
    """
    faces = mesh.faces[_walk(_beyond_edges(mesh.faces))]
    used, first, number = np.unique(faces, return_index=True, return_inverse=True)
    by_first_use = np.argsort(first)
    place = np.empty(len(used), np.int32)
    place[by_first_use] = np.arange(len(used), dtype=np.int32)
    kept = used[by_first_use]
    return replace(
        mesh,
        vertices=mesh.vertices[kept],
        uv=mesh.uv[kept],
        faces=place[number].reshape(-1, 3),
    )


def _beyond_edges(faces: Triangles) -> Int32[np.ndarray, "m 3"]:
    """The triangle beyond each edge (a-b, b-c, c-a), NONE where there is none or not one alone."""
    start, end = faces.astype(np.int64), faces[:, [1, 2, 0]].astype(np.int64)
    edge = (np.minimum(start, end) * (faces.max() + 1) + np.maximum(start, end)).ravel()
    order = np.argsort(edge, kind="stable")
    edge = edge[order]
    alike = np.flatnonzero(edge[1:] == edge[:-1])
    lone = np.bincount(np.concatenate([alike, alike + 1]), minlength=len(edge)) == 1
    pairs = alike[lone[alike] & lone[alike + 1]]
    beyond = np.full(faces.size, NONE, np.int32)
    one, other = order[pairs], order[pairs + 1]
    beyond[one], beyond[other] = other // 3, one // 3
    return beyond.reshape(-1, 3)


@njit(cache=True)
def _walk(beyond):  # type: ignore[no-untyped-def]
    """All triangles in an order (m,) that steps over the latest of the RECENT edges it can."""
    count = len(beyond)
    order = np.empty(count, np.int32)
    seen = np.zeros(count, np.bool_)
    ahead = np.full(RECENT, NONE, np.int32)  # the triangles beyond the latest edges, a ring
    pushed = 0
    untouched = 0
    for done in range(count):
        step = NONE
        for age in range(RECENT):
            candidate = ahead[(pushed - 1 - age) % RECENT]
            if candidate != NONE and not seen[candidate]:
                step = candidate
                break
        if step == NONE:
            while seen[untouched]:
                untouched += 1
            step = untouched
        seen[step] = True
        order[done] = step
        for side in range(3):
            neighbour = beyond[step, side]
            if neighbour != NONE and not seen[neighbour]:
                ahead[pushed % RECENT] = neighbour
                pushed += 1
    return order
