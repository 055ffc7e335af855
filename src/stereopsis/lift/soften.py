"""Mixed colours behind silhouettes, separated into the front's colour and how much it covers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32

from stereopsis.lift.rims import CLEAN, clean_sources, find_rims
from stereopsis.scene.layers import OPPOSITE, STEP, LayeredImage


@dataclass(frozen=True)
class SoftenConfig:
    """Where colours can be told apart, and which ones are the front's own."""

    inside_px: int = 3  # a front shows its own colour so many pixels from its silhouette
    least_contrast: float = 40.0  # between front and back (grey levels, length of the difference)
    clear: float = 0.6  # share of the front's colour that it has at its edge, and the back lacks


@dataclass(frozen=True)
class MixedRim:
    """The visible pixels beside a front whose colour could be separated.

    Of each `pixel`, `clean` is its own surface's colour, `front` that of what stands before it,
    and `coverage` the share (0 to 1) of the latter in what the photo shows.
    """

    pixel: Int32[np.ndarray, " k"]
    clean: Float32[np.ndarray, "k 3"]
    front: Float32[np.ndarray, "k 3"]
    coverage: Float32[np.ndarray, " k"]


def separate(layers: LayeredImage, config: SoftenConfig = SoftenConfig()) -> MixedRim:
    """The rim, one pixel wide, of all surfaces behind fronts of another colour.

    A rim's colour is taken as a mixture of two: that of the front, some pixels inside of it, and
    that of its own surface, where that is clean. How much of each is the projection of the colour
    on the line between them. Where both are alike nobody can tell, and no one would see it; where
    the picture's own edge lies elsewhere, the silhouette is not to be trusted so far.
    """
    rims = find_rims(layers)
    source = clean_sources(layers, rims)
    (pixel,) = np.nonzero(rims == 1)
    front, edge, beyond = _around(layers, pixel, config.inside_px)
    color = layers.color.astype(np.float32)
    own, before = color[source[pixel]], color[front]
    contrast = ((before - own) ** 2).sum(1)

    def share_of(place: np.ndarray) -> np.ndarray:
        along = ((color[place] - own) * (before - own)).sum(1)
        return np.asarray(along / np.maximum(contrast, 1.0))

    told = (rims[source[pixel]] == CLEAN) & (contrast > config.least_contrast**2)
    told &= (share_of(edge) > config.clear) & (share_of(beyond) < 1 - config.clear)
    coverage = np.clip(share_of(pixel), 0.0, 1.0).astype(np.float32)
    return MixedRim(pixel[told].astype(np.int32), own[told], before[told], coverage[told])


def only(rim: MixedRim, chosen: Bool[np.ndarray, " k"]) -> MixedRim:
    """The chosen pixels of the rim."""
    return MixedRim(rim.pixel[chosen], rim.clean[chosen], rim.front[chosen], rim.coverage[chosen])


def _around(
    layers: LayeredImage, pixel: np.ndarray, inside_px: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Visible pixels for each of a rim's (k,), across it.

    One of the front beside it, so far inside or in its middle; the front's own edge; and the next
    pixel away from the front on the rim's surface.
    """
    front, edge, beyond = pixel.copy(), pixel.copy(), pixel.copy()
    nearest = layers.inverse_depth[pixel].copy()
    for direction, (dx, dy) in enumerate(STEP):
        inside = _is_inside(layers, layers.x[pixel] + dx, layers.y[pixel] + dy)
        beside = np.where(inside, pixel + dx + dy * layers.width, pixel)
        is_cut = layers.links[pixel, direction] != beside
        better = inside & is_cut & (layers.inverse_depth[beside] > nearest)
        way = _way(layers, beside, direction, 2 * inside_px)
        step = np.minimum(inside_px, (np.diff(way, axis=0) != 0).sum(0) // 2)
        back = _way(layers, pixel, OPPOSITE[direction], 1)[1]
        front = np.where(better, way[step, np.arange(len(pixel))], front)
        edge = np.where(better, beside, edge)
        beyond = np.where(better, back, beyond)
        nearest = np.where(better, layers.inverse_depth[beside], nearest)
    return front, edge, beyond


def _is_inside(layers: LayeredImage, x: np.ndarray, y: np.ndarray) -> Bool[np.ndarray, " k"]:
    return (x >= 0) & (x < layers.width) & (y >= 0) & (y < layers.height)


def _way(layers: LayeredImage, start: np.ndarray, direction: int, steps: int) -> np.ndarray:
    """The pixels (steps + 1, k) met along links; the last visible one again where they end."""
    way = [start]
    for _ in range(steps):
        onward = layers.links[way[-1], direction]
        goes = (onward >= 0) & (onward < layers.visible_count)
        way.append(np.where(goes, onward, way[-1]))
    return np.stack(way)
