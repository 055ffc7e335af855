"""Grows the surfaces behind every silhouette, as far as a viewer can look behind it."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numba import njit

from stereopsis.scene.layers import OPPOSITE, STEP, LayeredImage

TILE = 4  # pixels; surfaces end, and charts part, on the edges of such tiles: few triangles do


@dataclass(frozen=True)
class GrowConfig:
    """How far surfaces continue out of sight. Lengths are pixels of the layered image."""

    margin_px: float = 4.0  # beyond what geometry asks for
    join_px: float = 2.0  # surfaces whose parallax differs by less become one where they meet


class Pixels(NamedTuple):
    """A layered image with room to grow. The last three lead to and from hidden pixels.

    A pixel's `home` is whose colour it has, its `anchor` the one that lets it grow farthest.
    """

    x: np.ndarray  # int32 (n,)
    y: np.ndarray  # int32 (n,)
    color: np.ndarray  # uint8 (n, 3)
    inverse_depth: np.ndarray  # float32 (n,)
    links: np.ndarray  # int32 (n, 4)
    home: np.ndarray  # int32 (n,): the visible pixel that it came from
    below: np.ndarray  # int32 (n,): the next pixel at the same place, -1 for none
    anchor: np.ndarray  # int32 (n,): the visible pixel from which its reach counts
    rest_px: np.ndarray  # float32 (n,): how much farther it may grow


def grow(
    layers: LayeredImage,
    parallax_px: float,
    window_inverse_depth: float,
    config: GrowConfig = GrowConfig(),
) -> LayeredImage:
    """The layered image with the pixels that the viewing cone reveals behind its silhouettes.

    At the rim of the cone a front of inverse depth f moves against a back of inverse depth b by
    `parallax_px * (f - b)` pixels, so that is how far the back continues behind the front. Past
    the picture's border a surface continues by its own movement against the window. New pixels
    take colour and inverse depth of the pixel they grew from; `inpaint` makes them smooth. They
    join surfaces of about their depth; a place where there is none takes a new pixel only if that
    lies behind all others there, since what hides behind a front is mostly the backdrop.

    Source: after the lifting to layers of Kopf et al., One Shot 3D Photography (2020); the extent
    by geometry and the rule for backdrops are ours.
    """
    size = (layers.width, layers.height)
    shift_px = parallax_px * (layers.inverse_depth - np.float32(window_inverse_depth))
    seeds, reach_px = _seeds(layers.links, shift_px, size)
    reach_px += np.float32(config.margin_px)
    pixels = Pixels(
        layers.x,
        layers.y,
        layers.color,
        layers.inverse_depth,
        layers.links,
        layers.home,
        np.full(layers.visible_count, -1, np.int32),
        np.arange(layers.visible_count, dtype=np.int32),
        np.zeros(layers.visible_count, np.float32),
    )
    pad = int(reach_px.max(initial=0.0)) + 1 + TILE
    grown, count = _grow(pixels, size, seeds, reach_px, config.join_px / parallax_px, pad)
    x, y, color, inverse_depth, links, home = (values[:count].copy() for values in grown[:6])
    return replace(
        layers, x=x, y=y, color=color, inverse_depth=inverse_depth, links=links, home=home
    )


@njit(cache=True)
def _seeds(
    links: np.ndarray, shift_px: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Where growth starts, (k, 2) pixel and direction, and how much is revealed there (k,) in px.

    `shift_px` is how far each pixel moves against the window at the rim of the cone.
    """
    width, height = size
    seeds = np.empty((4 * len(links), 2), np.int32)
    reach_px = np.empty(4 * len(links), np.float32)
    count = 0
    for i in range(len(links)):
        x, y = i % width, i // width
        for direction in range(4):
            if links[i, direction] >= 0:
                continue
            nx, ny = x + STEP[direction, 0], y + STEP[direction, 1]
            if 0 <= nx < width and 0 <= ny < height:
                px = shift_px[ny * width + nx] - shift_px[i]
            else:
                px = abs(shift_px[i])
            if px > 0:
                seeds[count, 0], seeds[count, 1] = i, direction
                reach_px[count] = px
                count += 1
    return seeds[:count].copy(), reach_px[:count].copy()


@njit(cache=True)
def _grow(
    pixels: Pixels,
    size: tuple[int, int],
    seeds: np.ndarray,
    reach_px: np.ndarray,
    join: float,
    pad: int,
) -> tuple[Pixels, int]:
    """Breadth-first growth from all seeds at once: the pixels, with spare room, and their count.

    Surfaces whose inverse depth differs by up to `join` meet; none leaves the picture by `pad`.
    """
    width, height = size
    visible = count = width * height
    across = width + 2 * pad
    top = np.full(across * (height + 2 * pad), -1, np.int32)  # the first pixel at each place
    for i in range(visible):
        top[(pixels.y[i] + pad) * across + pixels.x[i] + pad] = i
    pixels = _with_room(pixels, visible + visible // 4 + 4096)
    queue = _doubled(seeds)
    first, last = 0, len(seeds)
    while first < last:
        i, direction = queue[first]
        x, y = pixels.x[i] + STEP[direction, 0], pixels.y[i] + STEP[direction, 1]
        reach = reach_px[first] if first < len(seeds) else _reach_px(pixels, i)
        first += 1
        rest = reach - _distance(pixels, pixels.anchor[i], x, y)
        if pixels.links[i, direction] >= 0 or (rest < 0 and not _same_tile(pixels, i, x, y)):
            continue
        place = (y + pad) * across + x + pad
        met, may_start = _look(pixels, top[place], i, direction, join)
        if i < visible and 0 <= met < visible:
            continue  # the two sides of a cut stay apart
        if met < 0 and not may_start:
            continue
        if met < 0:
            if count == len(pixels.x):
                pixels = _with_room(pixels, 2 * count)
            met = count
            count += 1
            _start(pixels, met, i, x, y)
            pixels.below[met] = top[place]
            top[place] = met
        pixels.links[i, direction] = met
        pixels.links[met, OPPOSITE[direction]] = i
        if met < visible or rest <= max(pixels.rest_px[met], -TILE) + 1:
            continue  # what stands there already reaches as far
        pixels.anchor[met], pixels.rest_px[met] = pixels.anchor[i], rest
        for onward in range(4):
            if pixels.links[met, onward] < 0:
                if last == len(queue):
                    queue = _doubled(queue)
                queue[last, 0], queue[last, 1] = met, onward
                last += 1
    return pixels, count


@njit(cache=True)
def _look(pixels: Pixels, pixel: int, i: int, direction: int, join: float) -> tuple[int, bool]:
    """What pixel i finds at the place that it grows into, where `pixel` is the first.

    The pixel there that continues its surface, or -1, and whether i lies behind all of them.
    """
    wanted, side = pixels.inverse_depth[i], OPPOSITE[direction]
    met, closest, is_backdrop = -1, join, True
    while pixel >= 0:
        gap = pixels.inverse_depth[pixel] - wanted
        if pixels.links[pixel, side] < 0 and abs(gap) <= closest:
            met, closest = pixel, abs(gap)
        is_hidden = pixels.anchor[pixel] != pixel
        is_backdrop &= gap > (join if is_hidden else 0)
        pixel = pixels.below[pixel]
    return met, is_backdrop


@njit(cache=True)
def _start(pixels: Pixels, new: int, i: int, x: int, y: int) -> None:
    """Makes a new pixel at (x, y) that looks like pixel i."""
    pixels.x[new], pixels.y[new] = x, y
    for c in range(3):
        pixels.color[new, c] = pixels.color[i, c]
    pixels.inverse_depth[new] = pixels.inverse_depth[i]
    pixels.home[new] = pixels.home[i]
    pixels.anchor[new], pixels.rest_px[new] = pixels.anchor[i], -np.inf


@njit(cache=True)
def _distance(pixels: Pixels, home: int, x: int, y: int) -> float:
    return float(np.sqrt(float((x - pixels.x[home]) ** 2 + (y - pixels.y[home]) ** 2)))


@njit(cache=True)
def _reach_px(pixels: Pixels, i: int) -> float:
    """How far from its anchor the surface of a hidden pixel may reach."""
    return float(pixels.rest_px[i] + _distance(pixels, pixels.anchor[i], pixels.x[i], pixels.y[i]))


@njit(cache=True)
def _same_tile(pixels: Pixels, i: int, x: int, y: int) -> bool:
    return bool(pixels.x[i] // TILE == x // TILE and pixels.y[i] // TILE == y // TILE)


@njit(cache=True)
def _with_room(pixels: Pixels, capacity: int) -> Pixels:
    """The same pixels in longer arrays, without links in the new room."""
    roomy = Pixels(
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty((capacity, 3), np.uint8),
        np.empty(capacity, np.float32),
        np.full((capacity, 4), -1, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.float32),
    )
    for i in range(len(pixels.x)):  # slices would take seconds more to compile
        roomy.x[i], roomy.y[i] = pixels.x[i], pixels.y[i]
        for c in range(3):
            roomy.color[i, c] = pixels.color[i, c]
        for direction in range(4):
            roomy.links[i, direction] = pixels.links[i, direction]
        roomy.home[i] = pixels.home[i]
        roomy.inverse_depth[i], roomy.below[i] = pixels.inverse_depth[i], pixels.below[i]
        roomy.anchor[i], roomy.rest_px[i] = pixels.anchor[i], pixels.rest_px[i]
    return roomy


@njit(cache=True)
def _doubled(queue: np.ndarray) -> np.ndarray:
    longer = np.empty((2 * len(queue), 2), np.int32)
    for k in range(len(queue)):
        longer[k, 0], longer[k, 1] = queue[k, 0], queue[k, 1]
    return longer
