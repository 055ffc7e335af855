"""Grows the surfaces behind every silhouette, as far as a viewer can look behind it."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from stereopsis.scene.layers import OPPOSITE, STEP, LayeredImage

TILE = 4  # pixels; surfaces end on the edges of such tiles, so that few triangles follow their end


@dataclass(frozen=True)
class GrowConfig:
    """How far surfaces continue out of sight. Lengths are pixels of the layered image."""

    margin_px: float = 3.0  # beyond what geometry asks for
    join_px: float = 2.0  # surfaces whose parallax differs by less become one where they meet
    most_layers: int = 4  # at one place


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
    always lie behind what the photo shows at their place, and join surfaces of about their depth.

    Source: the layered lifting of Kopf et al., One Shot 3D Photography (2020), where the extent
    is a fixed number of steps instead.
    """
    seeds, reach = _seeds(
        layers.links,
        layers.inverse_depth,
        layers.width,
        layers.height,
        np.float32(parallax_px),
        np.float32(window_inverse_depth),
        np.float32(config.margin_px),
    )
    x, y, color, inverse_depth, links = _grow(
        (layers.x, layers.y, layers.color, layers.inverse_depth, layers.links),
        (layers.width, layers.height),
        seeds,
        reach,
        np.float32(config.join_px / parallax_px),
        config.most_layers,
    )
    return LayeredImage(layers.width, layers.height, x, y, color, inverse_depth, links)


@njit(cache=True)
def _seeds(
    links: np.ndarray,
    inverse_depth: np.ndarray,
    width: int,
    height: int,
    parallax_px: float,
    window_inverse_depth: float,
    margin_px: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Where growth starts: (k, 2) pixel and direction, and how far each reaches (k,) in px."""
    seeds = np.empty((4 * width * height, 2), np.int32)
    reach = np.empty(4 * width * height, np.float32)
    count = 0
    for i in range(width * height):
        x, y = i % width, i // width
        for direction in range(4):
            if links[i, direction] >= 0:
                continue
            nx, ny = x + STEP[direction, 0], y + STEP[direction, 1]
            if 0 <= nx < width and 0 <= ny < height:
                px = parallax_px * (inverse_depth[ny * width + nx] - inverse_depth[i])
            else:
                px = parallax_px * abs(inverse_depth[i] - window_inverse_depth)
            if px > 0:
                seeds[count, 0], seeds[count, 1] = i, direction
                reach[count] = px + margin_px
                count += 1
    return seeds[:count].copy(), reach[:count].copy()


@njit(cache=True)
def _grow(
    pixels: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    size: tuple[int, int],
    seeds: np.ndarray,
    reach: np.ndarray,
    join: float,
    most_layers: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Breadth-first growth from all seeds at once; see grow()."""
    width, height = size
    visible = width * height
    pad = int(np.ceil(reach.max())) + TILE if len(reach) else 0
    across, down = width + 2 * pad, height + 2 * pad

    capacity = 2 * visible + 1024
    x, y, color, inverse_depth, links = _with_room(pixels, capacity)
    count = visible
    below = np.full(capacity, -1, np.int32)  # the next pixel at the same place
    top = np.full(across * down, -1, np.int32)  # the first pixel at each place
    for i in range(visible):
        top[(y[i] + pad) * across + x[i] + pad] = i
    anchor = np.arange(capacity).astype(np.int32)  # the visible pixel that a hidden one grew from
    left_px = np.zeros(capacity, np.float32)  # how much farther it may grow

    queue = np.empty((max(16, 4 * len(seeds)), 2), np.int32)
    queue[: len(seeds)] = seeds
    first, last = 0, len(seeds)
    while first < last:
        i, direction = queue[first]
        own_reach = reach[first] if first < len(seeds) else left_px[i] + _distance(x, y, anchor, i)
        first += 1
        if links[i, direction] >= 0:
            continue
        nx, ny = x[i] + STEP[direction, 0], y[i] + STEP[direction, 1]
        home = anchor[i]
        rest = own_reach - np.sqrt(float((nx - x[home]) ** 2 + (ny - y[home]) ** 2))
        same_tile = nx // TILE == x[i] // TILE and ny // TILE == y[i] // TILE
        if rest < 0 and not same_tile:
            continue
        place = (ny + pad) * across + nx + pad
        inside = 0 <= nx < width and 0 <= ny < height
        met, stacked = _meet(
            top[place], below, links, inverse_depth, OPPOSITE[direction], inverse_depth[i], join
        )
        if i < visible and 0 <= met < visible:
            continue  # the two sides of a cut stay apart
        grown = -1
        if met >= 0:
            links[i, direction] = met
            links[met, OPPOSITE[direction]] = i
            if met >= visible and rest > max(left_px[met], 0) + 1.0:
                anchor[met], left_px[met] = home, rest
                grown = met
        elif stacked < most_layers and not (
            inside and inverse_depth[i] >= inverse_depth[ny * width + nx]
        ):
            if count == len(x):
                capacity = 2 * count
                x, y, color, inverse_depth, links = _with_room(
                    (x, y, color, inverse_depth, links), capacity
                )
                below = _longer(below, capacity)
                anchor = _longer(anchor, capacity)
                left_px = _longer(left_px, capacity)
            grown = count
            count += 1
            x[grown], y[grown] = nx, ny
            color[grown], inverse_depth[grown] = color[i], inverse_depth[i]
            links[grown, OPPOSITE[direction]] = i
            links[i, direction] = grown
            below[grown] = top[place]
            top[place] = grown
            anchor[grown], left_px[grown] = home, rest
        if grown >= 0:
            for onward in range(4):
                if links[grown, onward] < 0:
                    if last == len(queue):
                        queue = _longer_queue(queue)
                    queue[last] = grown, onward
                    last += 1
    return (
        x[:count].copy(),
        y[:count].copy(),
        color[:count].copy(),
        inverse_depth[:count].copy(),
        links[:count].copy(),
    )


@njit(cache=True)
def _meet(
    pixel: int,
    below: np.ndarray,
    links: np.ndarray,
    inverse_depth: np.ndarray,
    side: int,
    wanted: float,
    join: float,
) -> tuple[int, int]:
    """The pixel at a place that continues a surface of this inverse depth (or -1), and how many
    pixels the place holds.
    """
    best, closest, stacked = -1, join, 0
    while pixel >= 0:
        gap = abs(inverse_depth[pixel] - wanted)
        if links[pixel, side] < 0 and gap <= closest:
            best, closest = pixel, gap
        stacked += 1
        pixel = below[pixel]
    return best, stacked


@njit(cache=True)
def _distance(x: np.ndarray, y: np.ndarray, anchor: np.ndarray, i: int) -> float:
    home = anchor[i]
    return np.sqrt(float((x[i] - x[home]) ** 2 + (y[i] - y[home]) ** 2))


@njit(cache=True)
def _with_room(
    pixels: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], capacity: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The pixel arrays, longer, with no links in the new room."""
    x, y, color, inverse_depth, links = pixels
    longer = (
        np.zeros(capacity, np.int32),
        np.zeros(capacity, np.int32),
        np.zeros((capacity, 3), np.uint8),
        np.zeros(capacity, np.float32),
        np.full((capacity, 4), -1, np.int32),
    )
    n = len(x)
    longer[0][:n], longer[1][:n], longer[2][:n] = x, y, color
    longer[3][:n], longer[4][:n] = inverse_depth, links
    return longer


@njit(cache=True)
def _longer(values: np.ndarray, capacity: int) -> np.ndarray:
    longer = np.full(capacity, -1, values.dtype)
    longer[: len(values)] = values
    return longer


@njit(cache=True)
def _longer_queue(queue: np.ndarray) -> np.ndarray:
    longer = np.empty((2 * len(queue), 2), np.int32)
    longer[: len(queue)] = queue
    return longer
