"""Unfolds the surfaces behind silhouettes into small pictures, and folds what is painted back."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int32
from numba import njit

from stereopsis.scene.layers import LayeredImage

NOTHING = -1  # where a patch has no pixel


@dataclass(frozen=True)
class UnfoldConfig:
    """How hidden surfaces are shared out into patches. Lengths are pixels of the layered image."""

    cell_px: int = 96  # of a surface's grid; it has a patch for each cell that it is hidden in
    margin_px: int = 32  # by which a patch is larger on each side
    context_px: int = 32  # along links, as far as pixels count as around a hidden one
    smallest: int = 24  # hidden pixels that hang together; fewer have no patch

    @property
    def side_px(self) -> int:
        """Of a patch."""
        return self.cell_px + 2 * self.margin_px


@dataclass(frozen=True)
class Patches:
    """Pictures whose neighbours are linked: which pixel of the layered image lies at each place.

    A patch shows hidden pixels that hang together, and of what the photo shows that which is linked
    to them; all else is NOTHING, above all the front that hides them.
    """

    pixels: Int32[np.ndarray, "n s s"]

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def shown(self) -> Bool[np.ndarray, "n s s"]:
        """Where there is a pixel at all."""
        return np.asarray(self.pixels != NOTHING)

    def gather(self, values: Float32[np.ndarray, "m c"]) -> Float32[np.ndarray, "n s s c"]:
        """The values of the layered image's pixels, 0 where there is none."""
        return np.asarray(np.where(self.shown[..., None], values[self.pixels], np.float32(0)))

    def fold(
        self, values: Float32[np.ndarray, "n s s c"], count: int
    ) -> tuple[Float32[np.ndarray, "m c"], Bool[np.ndarray, " m"]]:
        """Of `count` pixels, the mean of their values in all patches, and whether there is any.

        A value counts the more, the farther inside of its patch it lies, so no seams are left.
        """
        sums = np.zeros((count, values.shape[-1]), np.float32)
        weight = np.zeros(count, np.float32)
        _fold(self.pixels, np.ascontiguousarray(values, np.float32), sums, weight)
        shown = weight > 0
        sums[shown] /= weight[shown, None]
        return sums, shown


class Seeds(NamedTuple):
    """Hidden pixels in the order of the patches that they lie in, and where each patch's begin."""

    pixels: np.ndarray
    begin: np.ndarray


def unfold(layers: LayeredImage, config: UnfoldConfig = UnfoldConfig()) -> Patches:
    """Patches for all hidden surfaces of `smallest` pixels or more, where some of them is known.

    Source: after the inpainting on the layered image of Kopf et al., One Shot 3D Photography
    (2020), whose convolutions follow links; pictures in which only linked pixels are neighbours,
    so that any network can paint them, are ours.
    """
    surface, sizes = _surfaces(layers.links, layers.visible_count)
    hidden = np.arange(layers.visible_count, len(layers.x))
    large = hidden[sizes[surface[hidden]] >= config.smallest]
    place = np.column_stack([layers.x, layers.y])
    origin = np.full((len(sizes), 2), np.iinfo(np.int32).max, np.int32)
    np.minimum.at(origin, surface[large], place[large])
    cell = (place[large] - origin[surface[large]]) // config.cell_px
    grid = (len(sizes), *(cell.max(0, initial=0) + 1).tolist())
    number = np.ravel_multi_index((surface[large], *cell.T), grid)
    cells, patch = np.unique(number, return_inverse=True)
    order = np.argsort(patch, kind="stable")
    first = np.searchsorted(patch[order], np.arange(len(cells) + 1))
    home, *cell_of = np.unravel_index(cells, grid)
    corners = origin[home] + np.column_stack(cell_of) * config.cell_px - config.margin_px
    pixels = np.full((len(cells), config.side_px, config.side_px), NOTHING, np.int32)
    seeds = Seeds(large[order].astype(np.int32), first)
    _spread((layers.links, place, surface), seeds, corners, config.context_px, pixels)
    is_seen = ((pixels != NOTHING) & (pixels < layers.visible_count)).any((1, 2))
    return Patches(pixels[is_seen])


@njit(cache=True)
def _surfaces(links: np.ndarray, visible: int) -> tuple[np.ndarray, np.ndarray]:
    """For each hidden pixel (n,) a number that all have that hang together, and how many they are.

    Visible pixels have -1.
    """
    n = len(links)
    surface = np.full(n, -1, np.int32)
    sizes = np.zeros(n - visible, np.int32)
    stack = np.empty(max(1, n - visible), np.int32)
    count = 0
    for seed in range(visible, n):
        if surface[seed] >= 0:
            continue
        stack[0], surface[seed], top = seed, count, 1
        while top > 0:
            top -= 1
            i = stack[top]
            sizes[count] += 1
            for direction in range(4):
                j = links[i, direction]
                if j >= visible and surface[j] < 0:
                    surface[j] = count
                    stack[top] = j
                    top += 1
        count += 1
    return surface, sizes[:count].copy()


@njit(cache=True)
def _spread(
    layers: tuple[np.ndarray, np.ndarray, np.ndarray],
    seeds: Seeds,
    corners: np.ndarray,
    context: int,
    pixels: np.ndarray,
) -> None:
    """Fills each patch (n, s, s) from its seeds along links, visible pixels `context` steps far.

    `layers` are the links, places and surfaces of all pixels, `corners` (n, 2) the patches' places.
    """
    links, place, surface = layers
    side = pixels.shape[1]
    reached = np.full(len(links), -1, np.int32)  # the last patch that took the pixel
    queue = np.empty(len(links), np.int32)
    steps = np.empty(len(links), np.int32)
    for k in range(len(pixels)):
        last = 0
        for seed in seeds.pixels[seeds.begin[k] : seeds.begin[k + 1]]:
            queue[last], steps[last], reached[seed] = seed, 0, k
            last += 1
        home = surface[queue[0]]
        first = 0
        while first < last:
            i, step = queue[first], steps[first]
            first += 1
            x, y = place[i, 0] - corners[k, 0], place[i, 1] - corners[k, 1]
            is_hidden = surface[i] == home
            if pixels[k, y, x] == -1 or (is_hidden and surface[pixels[k, y, x]] != home):
                pixels[k, y, x] = i
            for direction in range(4):
                j = links[i, direction]
                if j < 0 or reached[j] == k:
                    continue
                if surface[j] != -1 and surface[j] != home:
                    continue  # hidden, of another surface: nothing is known there
                onward = 0 if surface[j] == home else step + 1
                if onward > context:
                    continue
                nx, ny = place[j, 0] - corners[k, 0], place[j, 1] - corners[k, 1]
                if nx < 0 or nx >= side or ny < 0 or ny >= side:
                    continue
                reached[j] = k
                queue[last], steps[last] = j, onward
                last += 1


@njit(cache=True)
def _fold(pixels: np.ndarray, values: np.ndarray, sums: np.ndarray, weight: np.ndarray) -> None:
    """Adds the values (n, s, s, c) of each pixel to its sums, weighed by the way to the border."""
    n, side, _ = pixels.shape
    for k in range(n):
        for y in range(side):
            for x in range(side):
                i = pixels[k, y, x]
                if i < 0:
                    continue
                share = np.float32(min(x + 1, side - x) * min(y + 1, side - y))
                weight[i] += share
                for c in range(values.shape[3]):
                    sums[i, c] += share * values[k, y, x, c]
