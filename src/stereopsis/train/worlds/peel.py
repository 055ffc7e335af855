"""Depth peeling: what lies behind the surfaces that a camera sees, layer by layer."""

import numpy as np
from jaxtyping import Int32, Int64
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model
from stereopsis.train.worlds.raster import Hits, rasterise

CLEAR = 0.03  # share of its depth by which a layer lies behind the last
CROSSINGS = 16  # surfaces that a ray is followed through
STEP = 1e-5  # share of inverse depth by which the next crossing lies behind the last
WELD = 1e-4  # metres within which vertices are the same


def peel(model: Model, texels: np.ndarray, camera: Camera, layers: int) -> list[Hits]:
    """The next `layers` surfaces behind the first, clear of each other; face -1 where none is.

    Of all crossings of a ray (Everitt, "Interactive order-independent transparency", 2001) no
    layer begins where it leaves a solid, nor while it is within one, or the inside of every ball
    would be a layer. A ray is within a connected surface from its odd crossings with it to its
    even ones; what it crosses no second time, as walls, has no inside.
    """
    crossings = [rasterise(model, texels, camera)]
    for _ in range(CROSSINGS - 1):
        beyond = crossings[-1].inverse_depth * (1 - STEP)
        crossings.append(rasterise(model, texels, camera, beyond=beyond))
        if (crossings[-1].face < 0).all():
            break
    solid = np.append(connected(model), -1)
    owners = np.stack([solid[hits.face] for hits in crossings])
    inverse_depth = np.stack([hits.inverse_depth for hits in crossings])
    chosen = np.full((layers, *owners.shape[1:]), -1)
    _choose(owners, inverse_depth, chosen)
    return [_gather(crossings, which) for which in chosen]


def _gather(crossings: list[Hits], which: Int64[np.ndarray, "h w"]) -> Hits:
    """At each pixel the crossing of this number, nothing at -1."""
    face = np.choose(which, [hits.face for hits in crossings], mode="wrap")
    inverse = np.choose(which, [hits.inverse_depth for hits in crossings], mode="wrap")
    index = which[..., None]
    uv = np.choose(index, [hits.uv for hits in crossings], mode="wrap")
    nothing = which < 0
    return Hits(
        np.where(nothing, -1, face).astype(np.int32),
        np.where(nothing, 0.0, inverse),
        np.asarray(np.where(nothing[..., None], 0, uv), np.float32),
    )


@njit(cache=True, nogil=True)
def _choose(owners, inverse_depth, chosen):  # type: ignore[no-untyped-def]
    """Fills `chosen` with the numbers of the crossings that begin layers."""
    count, height, width = owners.shape
    leaves = np.zeros(count, np.bool_)
    for y in range(height):
        for x in range(width):
            leaves[:] = False
            layer, within_until, last = 0, 0, inverse_depth[0, y, x]
            for i in range(count):
                if owners[i, y, x] < 0 or layer == len(chosen):
                    break
                if leaves[i]:
                    continue
                if i > within_until and inverse_depth[i, y, x] * (1 + CLEAR) < last:
                    chosen[layer, y, x] = i
                    last = inverse_depth[i, y, x]
                    layer += 1
                for later in range(i + 1, count):
                    if owners[later, y, x] == owners[i, y, x]:
                        leaves[later] = True
                        within_until = max(within_until, later)
                        break


def connected(model: Model) -> Int32[np.ndarray, " m"]:
    """Equal numbers for triangles that hang together at their vertices' places."""
    places = np.round(model.vertices.astype(np.float64) / WELD).astype(np.int64)
    _, welded = np.unique(places, axis=0, return_inverse=True)
    return np.asarray(_join(welded.reshape(-1)[model.faces], int(welded.max(initial=-1)) + 1))


@njit(cache=True, nogil=True)
def _root(parent, vertex):  # type: ignore[no-untyped-def]
    while parent[vertex] != vertex:
        parent[vertex] = parent[parent[vertex]]
        vertex = parent[vertex]
    return vertex


@njit(cache=True, nogil=True)
def _join(faces, count):  # type: ignore[no-untyped-def]
    """The representative vertex of each face's set (Tarjan's union-find)."""
    parent = np.arange(count)
    for t in range(len(faces)):
        first = _root(parent, faces[t, 0])
        for k in range(1, 3):
            parent[_root(parent, faces[t, k])] = first
    result = np.empty(len(faces), np.int32)
    for t in range(len(faces)):
        result[t] = _root(parent, faces[t, 0])
    return result
