"""Edges of a surface's outline where a front ends before something else."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32

from stereopsis.lift.triangulate import Surface
from stereopsis.scene.layers import LayeredImage


class FrontEdges(NamedTuple):
    """Edges from one vertex to another, the front on their right hand (x right, y down)."""

    start: Int32[np.ndarray, " e"]
    end: Int32[np.ndarray, " e"]
    outward: Float32[np.ndarray, "e 2"]  # unit vectors away from the front
    length_px: Float32[np.ndarray, " e"]


class Samples(NamedTuple):
    """Points along edges, at most a pixel apart."""

    edge: Int32[np.ndarray, " s"]
    share: Float32[np.ndarray, " s"]  # 0 at the edge's start, 1 at its end
    position: Float32[np.ndarray, "s 2"]
    inverse_depth: Float32[np.ndarray, " s"]


def find_front_edges(surface: Surface, layers: LayeredImage) -> FrontEdges:
    """The edges that only one visible triangle has, where the photo shows something behind it."""
    sides = np.concatenate([surface.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    low, high = sides.min(1).astype(np.int64), sides.max(1).astype(np.int64)
    _, name, count = np.unique(
        low * len(surface.position) + high, return_inverse=True, return_counts=True
    )
    start, end = sides[(count[name] == 1) & ~np.tile(surface.hidden, 3)].T
    along = surface.position[end] - surface.position[start]
    length_px = np.hypot(along[:, 0], along[:, 1])
    outward = np.column_stack([along[:, 1], -along[:, 0]]) / length_px[:, None]
    middle = (surface.position[start] + surface.position[end]) / 2
    beyond, inside = pixel_at(layers, middle + outward)
    depth = (surface.inverse_depth[start] + surface.inverse_depth[end]) / 2
    is_front = inside & (layers.inverse_depth[beyond] < depth)
    return FrontEdges(start[is_front], end[is_front], outward[is_front], length_px[is_front])


def sample(surface: Surface, edges: FrontEdges) -> Samples:
    """Points that divide each edge into equal parts of a pixel at most."""
    count = np.maximum(1, np.ceil(edges.length_px)).astype(np.int64)
    edge = np.repeat(np.arange(len(count), dtype=np.int32), count)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    share = ((number + 0.5) / count[edge]).astype(np.float32)
    start, end = edges.start[edge], edges.end[edge]

    def between(values: np.ndarray) -> np.ndarray:
        weight = share[:, None] if values.ndim > 1 else share
        return np.asarray(values[start] + weight * (values[end] - values[start]))

    return Samples(edge, share, between(surface.position), between(surface.inverse_depth))


def pixel_at(layers: LayeredImage, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The visible pixels at positions (..., 2), and which of these lie inside the picture.

    Outside it is the nearest one.
    """
    size = np.array((layers.width, layers.height))
    place = np.floor(position).astype(np.int64)
    inside = ((place >= 0) & (place < size)).all(-1)
    place = np.clip(place, 0, size - 1)
    return place[..., 1] * layers.width + place[..., 0], inside
