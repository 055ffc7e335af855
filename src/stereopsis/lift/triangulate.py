"""Triangulates a layered image: large squares where it is flat, pixels at the silhouettes."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int32
from numba import njit

from stereopsis.lift.atlas import Atlas
from stereopsis.scene.layers import DOWN, LEFT, RIGHT, UP, LayeredImage

LARGEST_SQUARE = 32  # pixels; a power of two

# The corners of a pixel, clockwise from the top left. Around one corner of the pixel grid up to
# four pixels meet; going round it one way, each is left through a link and entered at a corner.
TOP_LEFT, TOP_RIGHT, BOTTOM_RIGHT, BOTTOM_LEFT = 0, 1, 2, 3
ROUND_LINK = np.array([(LEFT, UP, RIGHT, DOWN), (UP, RIGHT, DOWN, LEFT)], np.int8)
ROUND_CORNER = np.array(
    [
        (TOP_RIGHT, BOTTOM_RIGHT, BOTTOM_LEFT, TOP_LEFT),
        (BOTTOM_LEFT, TOP_LEFT, TOP_RIGHT, BOTTOM_RIGHT),
    ],
    np.int8,
)


@dataclass(frozen=True)
class Surface:
    """Triangles over a layered image, before they are lifted into space.

    `position` is in pixels of the layered image (pixel i covers [x, x + 1] x [y, y + 1]).
    `chart` is each triangle's chart in the atlas, `hidden` says which triangles cover only what
    the photo does not show. An edge has one or two triangles, or more where a cut is but one pixel
    long, so that the surfaces on its two sides share both its ends.
    """

    position: Float32[np.ndarray, "v 2"]
    inverse_depth: Float32[np.ndarray, " v"]
    faces: Int32[np.ndarray, "t 3"]
    chart: Int32[np.ndarray, " t"]
    hidden: Bool[np.ndarray, " t"]


class Layers(NamedTuple):
    """What the kernels need of a layered image."""

    x: np.ndarray
    y: np.ndarray
    inverse_depth: np.ndarray
    links: np.ndarray


class Bounds(NamedTuple):
    """What a square may get wrong: inverse depth, and texture in pixels."""

    flatness: float
    texture_px: float


def triangulate(
    layers: LayeredImage, atlas: Atlas, flatness: float, texture_px: float = 0.5
) -> Surface:
    """Squares of linked pixels split into triangles; no triangle ever crosses a cut link.

    A square of 2^k pixels stays whole while all its pixels are linked, share a chart, and lie
    within `flatness` (inverse depth) of a plane: a plane's inverse depth is affine in pixels. Nor
    may it be so steep that texture bends by more than `texture_px` along its diagonal, as
    simplify() has it.
    Vertices sit on pixel corners, and pixels share a corner only when links lead around it, so
    surfaces on two sides of a silhouette have vertices of their own.
    """
    columns = _round_up(atlas.cells.shape[1])
    cells = np.full((_round_up(atlas.cells.shape[0]), columns), -1, np.int32)
    cells[: atlas.cells.shape[0], : atlas.cells.shape[1]] = atlas.cells
    bounds = Bounds(flatness, texture_px)
    size = _square_sizes(cells, layers.links, layers.inverse_depth, bounds)
    arrays = Layers(layers.x, layers.y, layers.inverse_depth, layers.links)
    position, inverse_depth, faces, pixel = _triangles(cells, size, arrays)
    return Surface(position, inverse_depth, faces, atlas.chart[pixel], layers.hidden[pixel])


def _round_up(length: int) -> int:
    return -(-length // LARGEST_SQUARE) * LARGEST_SQUARE


@njit(cache=True)
def _square_sizes(
    cells: np.ndarray, links: np.ndarray, inverse_depth: np.ndarray, bounds: Bounds
) -> np.ndarray:
    """The side of the square that starts at each cell (rows, columns); 0 where none starts."""
    rows, columns = cells.shape
    size = np.zeros((rows, columns), np.uint8)
    for r in range(rows):
        for c in range(columns):
            if cells[r, c] >= 0:
                size[r, c] = 1
    half = 1
    while half < LARGEST_SQUARE:
        side = 2 * half
        for r in range(0, rows, side):
            for c in range(0, columns, side):
                if (
                    size[r, c] == half
                    and size[r, c + half] == half
                    and size[r + half, c] == half
                    and size[r + half, c + half] == half
                    and _is_joined(cells, links, r, c, half)
                    and _is_flat(cells, inverse_depth, r, c, side, bounds)
                ):
                    size[r, c] = side
                    size[r, c + half] = size[r + half, c] = size[r + half, c + half] = 0
        half = side
    return size


@njit(cache=True)
def _is_joined(cells: np.ndarray, links: np.ndarray, r: int, c: int, half: int) -> bool:
    """Whether the four squares of side `half` at (r, c) are linked all along their sides."""
    for k in range(2 * half):
        if links[cells[r + k, c + half - 1], RIGHT] != cells[r + k, c + half]:
            return False
        if links[cells[r + half - 1, c + k], DOWN] != cells[r + half, c + k]:
            return False
    return True


@njit(cache=True)
def _is_flat(
    cells: np.ndarray, inverse_depth: np.ndarray, r: int, c: int, side: int, bounds: Bounds
) -> bool:
    """Whether inverse depth stays near the plane of a square's corners, and that is not steep."""
    last = side - 1
    a, b = inverse_depth[cells[r, c]], inverse_depth[cells[r, c + last]]
    d, e = inverse_depth[cells[r + last, c]], inverse_depth[cells[r + last, c + last]]
    across, down = (b + e - a - d) / (2 * last), (d + e - a - b) / (2 * last)
    middle = (a + b + d + e) / 4
    rise = (abs(across) + abs(down)) * side
    if math.sqrt(2) * side * rise > 4 * middle * bounds.texture_px:
        return False
    for i in range(side):
        for j in range(side):
            plane = middle + across * (j - last / 2) + down * (i - last / 2)
            if abs(inverse_depth[cells[r + i, c + j]] - plane) > bounds.flatness:
                return False
    return True


@njit(cache=True)
def _corner(layers: Layers, pixel: int, corner: int) -> tuple[int, float]:
    """The name of a surface's grid corner, the same from all pixels around it; its inverse depth.

    The name is the smallest of 4 * pixel + corner around it; the depth is their mean.
    """
    links, inverse_depth = layers.links, layers.inverse_depth
    name = 4 * pixel + corner
    total = inverse_depth[pixel]
    count = 1
    for way in range(2):
        i, k = pixel, corner
        while True:
            j = links[i, ROUND_LINK[way, k]]
            if j < 0:
                break
            i, k = j, ROUND_CORNER[way, k]
            if i == pixel and k == corner:
                return name, total / count
            name = min(name, 4 * i + k)
            total += inverse_depth[i]
            count += 1
    return name, total / count


@njit(cache=True)
def _vertices(
    cells: np.ndarray, size: np.ndarray, layers: Layers
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """A vertex at each corner of each square: positions, inverse depths, and how many.

    The third array finds them by the name of the grid corner. There is room for one vertex more
    in the middle of each square.
    """
    squares = np.count_nonzero(size)
    vertex = np.full(4 * len(layers.x), -1, np.int32)
    position = np.empty((5 * squares, 2), np.float32)
    depth = np.empty(5 * squares, np.float32)
    count = 0
    for r in range(len(cells)):
        for c in range(cells.shape[1]):
            last = size[r, c] - 1
            if last < 0:
                continue
            for corner in range(4):
                right, bottom = _is_right(corner), corner >= BOTTOM_RIGHT
                pixel = cells[r + last * bottom, c + last * right]
                name, value = _corner(layers, pixel, corner)
                if vertex[name] < 0:
                    vertex[name] = count
                    position[count, 0] = layers.x[pixel] + right
                    position[count, 1] = layers.y[pixel] + bottom
                    depth[count] = value
                    count += 1
    return position, depth, vertex, count


@njit(cache=True)
def _triangles(
    cells: np.ndarray, size: np.ndarray, layers: Layers
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (positions, inverse depths), faces and one pixel of each face's chart.

    A square with no vertices on its sides becomes two triangles, others fans around the middle.
    """
    position, depth, vertex, count = _vertices(cells, size, layers)
    # A square's outline has its own corners, and each corner touches the sides of two others.
    faces = np.empty((12 * np.count_nonzero(size), 3), np.int32)
    owner = np.empty(len(faces), np.int32)
    ring = np.empty(4 * LARGEST_SQUARE, np.int32)
    drawn = 0
    for r in range(len(cells)):
        for c in range(cells.shape[1]):
            if size[r, c] == 0:
                continue
            around = _outline(cells, vertex, ring, (r, c, size[r, c]), layers)
            first, spokes, skip = ring[0], 2, 1
            if around > 4:
                first, spokes, skip = count, around, 0
                half = size[r, c] // 2
                position[count, 0] = layers.x[cells[r, c]] + half
                position[count, 1] = layers.y[cells[r, c]] + half
                depth[count] = _corner(layers, cells[r + half, c + half], TOP_LEFT)[1]
                count += 1
            for k in range(skip, skip + spokes):
                faces[drawn, 0] = first
                faces[drawn, 1] = ring[k]
                faces[drawn, 2] = ring[(k + 1) % around]
                owner[drawn] = cells[r, c]
                drawn += 1
    return position[:count].copy(), depth[:count].copy(), faces[:drawn].copy(), owner[:drawn].copy()


@njit(cache=True)
def _is_right(corner: int) -> bool:
    return corner == TOP_RIGHT or corner == BOTTOM_RIGHT


@njit(cache=True)
def _outline(
    cells: np.ndarray,
    vertex: np.ndarray,
    ring: np.ndarray,
    square: tuple[int, int, int],
    layers: Layers,
) -> int:
    """Writes the vertices around a square into `ring`, clockwise, and says how many they are.

    Besides its own corners these are corners of smaller squares along its sides, so that
    neighbours share all their vertices and no crack opens between them.
    """
    r, c, side = square
    last = side - 1
    count = 0
    for corner in range(4):
        for k in range(side):
            if corner == TOP_LEFT:
                pixel = cells[r, c + k]
            elif corner == TOP_RIGHT:
                pixel = cells[r + k, c + last]
            elif corner == BOTTOM_RIGHT:
                pixel = cells[r + last, c + last - k]
            else:
                pixel = cells[r + last - k, c]
            name, _ = _corner(layers, pixel, corner)
            if vertex[name] >= 0:
                ring[count] = vertex[name]
                count += 1
    return count
