"""Depth peeling: what lies behind the surfaces that a camera sees, layer by layer."""

import numpy as np
from jaxtyping import Float64, Int32
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model
from stereopsis.train.worlds.raster import Hits, rasterise

CLEAR = 0.03  # share of its depth by which a layer lies behind the last
CROSSINGS = 12  # surfaces that a ray is followed through
STEP = 1e-5  # share of inverse depth by which the next crossing lies behind the last
WELD = 1e-4  # metres within which vertices are the same


def peel(model: Model, texels: np.ndarray, camera: Camera, layers: int) -> list[Hits]:
    """The next `layers` surfaces behind the first, clear of each other; face -1 where none is.

    Where a ray leaves a solid it has entered no layer begins, or the inside of every ball would be
    one: of the crossings with one connected surface every second is passed over (Everitt,
    "Interactive order-independent transparency", 2001, peels all).
    """
    solid = np.append(connected(model), -1)
    hits = rasterise(model, texels, camera)
    crossed = [solid[hits.face]]
    last = hits.inverse_depth.copy()
    count = np.zeros(hits.face.shape, np.int32)
    found = [_nothing(hits) for _ in range(layers)]
    for _ in range(CROSSINGS):
        hits = rasterise(model, texels, camera, beyond=hits.inverse_depth * (1 - STEP))
        own = solid[hits.face]
        times = np.sum([own == earlier for earlier in crossed], axis=0)
        crossed.append(own)
        is_layer = (own >= 0) & (times % 2 == 0) & (hits.inverse_depth < last / (1 + CLEAR))
        for k, layer in enumerate(found):
            chosen = is_layer & (count == k)
            layer.face[chosen] = hits.face[chosen]
            layer.inverse_depth[chosen] = hits.inverse_depth[chosen]
            layer.uv[chosen] = hits.uv[chosen]
        last[is_layer] = hits.inverse_depth[is_layer]
        count += is_layer
        if ((count >= layers) | (own < 0)).all():
            break
    return found


def connected(model: Model) -> Int32[np.ndarray, " m"]:
    """Equal numbers for triangles that hang together at their vertices' places."""
    places = np.round(model.vertices.astype(np.float64) / WELD).astype(np.int64)
    _, welded = np.unique(places, axis=0, return_inverse=True)
    return np.asarray(_join(welded.reshape(-1)[model.faces], int(welded.max(initial=-1)) + 1))


def _nothing(hits: Hits) -> Hits:
    inverse_depth: Float64[np.ndarray, "h w"] = np.zeros_like(hits.inverse_depth)
    return Hits(np.full_like(hits.face, -1), inverse_depth, np.zeros_like(hits.uv))


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
