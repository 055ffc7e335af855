"""Lays the surfaces out flat in one texture: the photo on top, packed hidden charts below."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Int32
from numba import njit

from stereopsis.lift.grow import TILE
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.layers import STEP, LayeredImage

PHOTO_CHART = 0
PADDING = 2  # texels around each chart, for bilinear sampling and seams moved by a pixel
BLOCK = 16  # a JPEG block with halved chroma: charts start on one below the photo


@dataclass(frozen=True)
class Atlas:
    """Where each pixel of a layered image lies in the texture.

    `cells` holds the pixel at each place of the layout, -1 where there is none: the photo's own
    pixels in the first `photo_rows` rows, charts of hidden ones below. `chart` is the chart of each
    pixel, 0 for those shown by the photo itself. A chart moves its pixels by `offset` (dx, dy).
    """

    cells: Int32[np.ndarray, "rows columns"]
    chart: Int32[np.ndarray, " n"]
    offset: Int32[np.ndarray, "charts 2"]
    photo_rows: int

    def texture_positions(
        self,
        position: Float32[np.ndarray, "n 2"],
        chart: Int32[np.ndarray, " n"],
        layers: LayeredImage,
        photo_size: tuple[int, int],
    ) -> Float32[np.ndarray, "n 2"]:
        """Texels (x, y) of positions in the layered image, each seen as part of its chart.

        The photo covers its (width, height) texels; hidden charts have one texel per pixel.
        """
        scale = np.array(photo_size, np.float32) / np.array(
            (layers.width, layers.height), np.float32
        )
        moved = position + self.offset[chart].astype(np.float32)
        moved[:, 1] += _round_up(photo_size[1]) - self.photo_rows
        in_photo = (chart == PHOTO_CHART)[:, None]
        return np.where(in_photo, position * scale, moved).astype(np.float32)


def lay_out(layers: LayeredImage, columns: int, own_px: int = 3, chart_side: int = 96) -> Atlas:
    """Charts for all hidden pixels, packed into rows of about `columns` texels.

    Where a photo is so narrow that they would pile up higher than wide, rows are longer: graphics
    cards take no side of more than some thousand texels.

    Each hidden surface takes the visible pixels within `own_px` links of it into its chart, so
    that no triangle behind a silhouette ever samples the front's colours from the photo. Charts
    are grown along links, never overlap themselves, and fit a square of `chart_side`.
    """
    private = _private(layers.links, layers.x, layers.y, layers.visible_count, own_px)
    chart, boxes = _charts(layers.links, layers.x, layers.y, private, chart_side)
    sizes = boxes[1:, 2:] + TILE
    square = math.isqrt(int(sizes.prod(axis=1, dtype=np.int64).sum()))
    columns = max(columns, layers.width, chart_side + 2 * TILE, square)
    corner, rows = _shelves(sizes, columns)
    offset = np.zeros((len(boxes), 2), np.int32)
    offset[1:] = corner + TILE - boxes[1:, :2]
    rows += TILE
    first_row = _round_up(layers.height)
    offset[1:, 1] += first_row
    cells = np.full((first_row + rows, columns), -1, np.int32)
    place = np.column_stack([layers.x, layers.y]) + offset[chart]
    cells[place[:, 1], place[:, 0]] = np.arange(len(chart), dtype=np.int32)
    return Atlas(cells, chart, offset, first_row)


def draw_texture(atlas: Atlas, layers: LayeredImage, photo: ColorImage) -> ColorImage:
    """The texture: the photo, and below it the hidden charts with their padding filled."""
    photo_height, photo_width = photo.shape[:2]
    pixels = _padded(atlas.cells[atlas.photo_rows :], layers.links)
    known = pixels >= 0
    canvas = np.where(known[..., None], layers.color[pixels], 0).astype(np.uint8)
    canvas = _spread(canvas, known)
    below, beside = _round_up(photo_height) - photo_height, canvas.shape[1] - photo_width
    top = np.pad(photo, ((0, below), (0, beside), (0, 0)), mode="edge")
    return np.vstack([top, canvas])


def _round_up(rows: int) -> int:
    return -(-rows // BLOCK) * BLOCK


@njit(cache=True)
def _padded(cells: np.ndarray, links: np.ndarray) -> np.ndarray:
    """The cells with a rim around each chart: the pixels that its own are linked to."""
    rows, columns = cells.shape
    padded = cells.copy()
    for _ in range(PADDING):
        inner = padded.copy()
        for r in range(rows):
            for c in range(columns):
                if inner[r, c] < 0:
                    continue
                for direction in range(4):
                    nr, nc = r + STEP[direction, 1], c + STEP[direction, 0]
                    j = links[inner[r, c], direction]
                    if j >= 0 and 0 <= nr < rows and 0 <= nc < columns and padded[nr, nc] < 0:
                        padded[nr, nc] = j
    return padded


def _spread(canvas: ColorImage, known: np.ndarray) -> ColorImage:
    """The canvas with unknown texels filled: close ones by their neighbours, others smoothly."""
    if not known.any():
        return canvas
    weight = known.astype(np.float32)
    color = canvas.astype(np.float32) * weight[..., None]
    filled, total = color.copy(), weight.copy()
    for sigma in (0.8, PADDING, 8.0 * PADDING):  # each reaches farther, for what is still unknown
        blurred = cv2.GaussianBlur(color, (0, 0), sigma)
        mass = cv2.GaussianBlur(weight, (0, 0), sigma)
        reached = (total < 1e-3) & (mass > 1e-3)
        filled[reached] = blurred[reached] / mass[reached][:, None]
        total[reached] = 1.0
    filled[total < 1e-3] = color.sum((0, 1)) / weight.sum()
    return np.asarray(np.rint(filled), np.uint8)


@njit(cache=True)
def _private(
    links: np.ndarray, x: np.ndarray, y: np.ndarray, visible: int, own_px: int
) -> np.ndarray:
    """Which pixels (n,) need a chart: hidden ones and visible ones within own_px links of one.

    Also what of their surface lies in the same tiles.
    """
    n = len(links)
    private = np.zeros(n, np.bool_)
    private[visible:] = True
    front = np.arange(visible, n)
    for step in range(own_px + 2 * TILE):
        found = np.empty(4 * len(front), np.int64)
        count = 0
        for i in front:
            for direction in range(4):
                j = links[i, direction]
                if j < 0 or private[j]:
                    continue
                same_tile = x[j] // TILE == x[i] // TILE and y[j] // TILE == y[i] // TILE
                if step < own_px or same_tile:
                    private[j] = True
                    found[count] = j
                    count += 1
        front = np.nonzero(private)[0] if step == own_px - 1 else found[:count]
    return private


@njit(cache=True)
def _charts(
    links: np.ndarray, x: np.ndarray, y: np.ndarray, private: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """The chart of each pixel (n,) and each chart's box (k, 4): left, top, width, height.

    Boxes consist of whole tiles.
    """
    n = len(links)
    chart = np.zeros(n, np.int32)
    boxes = np.zeros((np.count_nonzero(private) + 1, 4), np.int32)
    count = 1
    reach = 2 * side  # occupancy of the places around a chart's first pixel
    taken = np.zeros((2 * reach + 1, 2 * reach + 1), np.int32)
    queue = np.empty(n, np.int32)
    for start in range(n):
        if not private[start] or chart[start] > 0:
            continue
        left = right = x[start]
        top = bottom = y[start]
        chart[start] = count
        taken[reach, reach] = count
        queue[0] = start
        first, last = 0, 1
        while first < last:
            i = queue[first]
            first += 1
            for direction in range(4):
                j = links[i, direction]
                if j < 0 or not private[j] or chart[j] > 0:
                    continue
                new_left, new_right = min(left, x[j]), max(right, x[j])
                new_top, new_bottom = min(top, y[j]), max(bottom, y[j])
                if new_right // TILE - new_left // TILE >= side // TILE:
                    continue
                if new_bottom // TILE - new_top // TILE >= side // TILE:
                    continue
                row, column = y[j] - y[start] + reach, x[j] - x[start] + reach
                if taken[row, column] == count:
                    continue
                taken[row, column] = count
                left, right, top, bottom = new_left, new_right, new_top, new_bottom
                chart[j] = count
                queue[last] = j
                last += 1
        left, top = left // TILE * TILE, top // TILE * TILE
        boxes[count, 0], boxes[count, 1] = left, top
        boxes[count, 2] = (right // TILE + 1) * TILE - left
        boxes[count, 3] = (bottom // TILE + 1) * TILE - top
        count += 1
    return chart, boxes[:count].copy()


def _shelves(sizes: Int32[np.ndarray, "k 2"], columns: int) -> tuple[np.ndarray, int]:
    """Corners (k, 2) of boxes (width, height) set on shelves, tallest first, and the rows used."""
    corner = np.zeros_like(sizes)
    column = row = shelf = 0
    for i in np.argsort(-sizes[:, 1], kind="stable"):
        width, height = sizes[i]
        if column + width > columns:
            column, row, shelf = 0, row + shelf, 0
        corner[i] = column, row
        column, shelf = column + width, max(shelf, height)
    return corner, row + shelf
