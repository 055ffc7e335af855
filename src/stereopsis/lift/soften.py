"""Mixed colours behind silhouettes, separated into the front's colour and how much it covers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32

from stereopsis.lift.rims import CLEAN, clean_sources, find_rims
from stereopsis.scene.layers import STEP, LayeredImage


@dataclass(frozen=True)
class SoftenConfig:
    """Where colours can be told apart, and which ones are the front's own."""

    inside_px: int = 3  # a front shows its own colour so many pixels from its silhouette
    least_contrast: float = 40.0  # between front and back (grey levels, length of the difference)


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
    on the line between them. Where both are alike nobody can tell, and no one would see it.
    """
    rims = find_rims(layers)
    source = clean_sources(layers, rims)
    (pixel,) = np.nonzero(rims == 1)
    front = _inside_front(layers, pixel, config.inside_px)
    has_clean = rims[source[pixel]] == CLEAN
    color = layers.color.astype(np.float32)
    own, before, mixed = color[source[pixel]], color[front], color[pixel]
    apart = before - own
    contrast = (apart**2).sum(1)
    share = ((mixed - own) * apart).sum(1) / np.maximum(contrast, 1.0)
    told = has_clean & (contrast > config.least_contrast**2)
    return MixedRim(
        pixel[told].astype(np.int32),
        own[told],
        before[told],
        np.clip(share[told], 0.0, 1.0).astype(np.float32),
    )


def only(rim: MixedRim, chosen: Bool[np.ndarray, " k"]) -> MixedRim:
    """The chosen pixels of the rim."""
    return MixedRim(rim.pixel[chosen], rim.clean[chosen], rim.front[chosen], rim.coverage[chosen])


def _inside_front(layers: LayeredImage, pixel: np.ndarray, inside_px: int) -> np.ndarray:
    """For each rim pixel (k,), one of the front beside it: as far inside, or in its middle."""
    width, shown = layers.width, layers.visible_count
    front, nearest = pixel.copy(), layers.inverse_depth[pixel].copy()
    for direction, (dx, dy) in enumerate(STEP):
        beside = pixel + dx + dy * width
        inside = _is_inside(layers, layers.x[pixel] + dx, layers.y[pixel] + dy)
        beside = np.where(inside, beside, pixel)
        is_cut = layers.links[pixel, direction] != beside
        better = inside & is_cut & (layers.inverse_depth[beside] > nearest)
        way = _way(layers.links, beside, direction, 2 * inside_px, shown)
        length = (np.diff(way, axis=0) != 0).sum(0)
        step = np.minimum(inside_px, length // 2)
        front = np.where(better, way[step, np.arange(len(pixel))], front)
        nearest = np.where(better, layers.inverse_depth[beside], nearest)
    return front


def _is_inside(layers: LayeredImage, x: np.ndarray, y: np.ndarray) -> Bool[np.ndarray, " k"]:
    return (x >= 0) & (x < layers.width) & (y >= 0) & (y < layers.height)


def _way(
    links: np.ndarray, start: np.ndarray, direction: int, steps: int, shown: int
) -> np.ndarray:
    """The pixels (steps + 1, k) met along links; the last visible one again where they end."""
    way = [start]
    for _ in range(steps):
        onward = links[way[-1], direction]
        way.append(np.where((onward >= 0) & (onward < shown), onward, way[-1]))
    return np.stack(way)
