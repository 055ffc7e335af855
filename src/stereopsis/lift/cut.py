"""Cuts the links between neighbouring pixels where the depth jumps."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32
from numba import njit

from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.layers import DOWN, LEFT, RIGHT, UP, LayeredImage

MOST_ROUNDS = 3


@dataclass(frozen=True)
class CutConfig:
    """When a step in depth is a silhouette. Steps are parallax at the rim of the cone, in px."""

    sure_px: float = 3.0  # such a step is a silhouette
    likely_px: float = 1.5  # such a step is one if it continues a sure one
    shortest: int = 12  # silhouettes of fewer pixel sides are healed
    smallest: int = 12  # surfaces of fewer samples of the depth join their surroundings


def cut(
    color: ColorImage,
    inverse_depth: InverseDepth,
    parallax_px: float,
    grain_px: float = 1.0,
    config: CutConfig = CutConfig(),
) -> LayeredImage:
    """The visible layer: every pixel linked to its neighbours except across silhouettes.

    `parallax_px` is how many pixels one unit of inverse depth moves at the rim of the cone,
    `grain_px` how many pixels long a sample of the depth was before it was enlarged.
    Silhouettes are found with hysteresis, as edges are by Canny (1986). Surfaces too small to be
    seen move to the depth of what surrounds them, and silhouettes too short to end anywhere are
    healed.
    """
    height, width = inverse_depth.shape
    given = (inverse_depth * np.float32(parallax_px)).astype(np.float32)
    shift = given.copy()
    smallest = round(config.smallest * max(grain_px, 1.0) ** 2)
    for _ in range(MOST_ROUNDS):  # what specks join may be a speck itself
        links = _links(*_silhouettes(shift, config.likely_px, config.sure_px, 1))
        if not _absorb_specks(shift, links, smallest):
            break
    links = _links(*_silhouettes(shift, config.likely_px, config.sure_px, config.shortest))
    y, x = np.divmod(np.arange(height * width, dtype=np.int32), np.int32(width))
    return LayeredImage(
        width=width,
        height=height,
        x=x,
        y=y,
        color=np.ascontiguousarray(color.reshape(-1, 3)),
        inverse_depth=(shift / np.float32(parallax_px)).ravel(),
        links=links,
        home=np.arange(height * width, dtype=np.int32),
        speck=(given > shift).ravel(),
    )


@njit(cache=True)
def _silhouettes(
    shift: np.ndarray, likely: float, sure: float, shortest: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which pixel sides are cut: right sides and bottom sides, each bool (h, w).

    Sides that meet in a pixel corner belong together. A group stays if one of its sides is sure
    and it has at least `shortest` sides.
    """
    height, width = shift.shape
    parent = np.arange((height + 1) * (width + 1))  # of each pixel corner; sides join corners
    steps = _steps(shift, likely)
    for y, x, down in steps:
        start, end = _ends(y, x, down, width)
        _join(parent, start, end)
    length = np.zeros(len(parent), np.int32)
    certain = np.zeros(len(parent), np.bool_)
    for y, x, down in steps:
        group = _root(parent, _ends(y, x, down, width)[0])
        length[group] += 1
        certain[group] |= abs(shift[y + down, x + 1 - down] - shift[y, x]) > sure
    cut_right = np.zeros((height, width), np.bool_)
    cut_down = np.zeros((height, width), np.bool_)
    for y, x, down in steps:
        group = _root(parent, _ends(y, x, down, width)[0])
        if certain[group] and length[group] >= shortest:
            if down:
                cut_down[y, x] = True
            else:
                cut_right[y, x] = True
    return cut_right, cut_down


@njit(cache=True)
def _steps(shift: np.ndarray, likely: float) -> np.ndarray:
    """Where the depth steps: (k, 3) row, column, and 0 for the right side or 1 for the bottom."""
    height, width = shift.shape
    steps = np.empty((2 * height * width, 3), np.int32)
    count = 0
    for y in range(height):
        for x in range(width):
            for down in range(2):
                ny, nx = y + down, x + 1 - down
                if ny < height and nx < width and abs(shift[ny, nx] - shift[y, x]) > likely:
                    steps[count, 0], steps[count, 1], steps[count, 2] = y, x, down
                    count += 1
    return steps[:count].copy()


@njit(cache=True)
def _ends(y: int, x: int, down: int, width: int) -> tuple[int, int]:
    """The pixel corners at both ends of a pixel's right side or bottom side."""
    end = (y + 1) * (width + 1) + x + 1
    return end - (1 if down else width + 1), end


@njit(cache=True)
def _links(right_cut: np.ndarray, down_cut: np.ndarray) -> np.ndarray:
    """Links (h * w, 4) of a grid with these sides cut."""
    height, width = right_cut.shape
    links = np.full((height * width, 4), -1, np.int32)
    for y in range(height):
        for x in range(width):
            i = y * width + x
            if x + 1 < width and not right_cut[y, x]:
                links[i, RIGHT] = i + 1
                links[i + 1, LEFT] = i
            if y + 1 < height and not down_cut[y, x]:
                links[i, DOWN] = i + width
                links[i + width, UP] = i
    return links


@njit(cache=True)
def _absorb_specks(shift: np.ndarray, links: np.ndarray, smallest: int) -> bool:
    """Moves surfaces of fewer than `smallest` pixels to the depth around them, in place."""
    height, width = shift.shape
    surface = _surfaces(links)
    area = np.zeros(len(surface), np.int32)
    for i in range(len(surface)):
        area[surface[i]] += 1
    found = False
    moved = True
    while moved:
        moved = False
        for y in range(height):
            for x in range(width):
                i = y * width + x
                if area[surface[i]] >= smallest:
                    continue
                for dy, dx in ((0, -1), (0, 1), (-1, 0), (1, 0)):
                    if not (0 <= y + dy < height and 0 <= x + dx < width):
                        continue
                    j = i + dy * width + dx
                    if area[surface[j]] >= smallest:
                        shift[y, x] = shift[y + dy, x + dx]
                        surface[i] = surface[j]
                        moved = True
                        break
        found |= moved
    return found


@njit(cache=True)
def _surfaces(links: Int32[np.ndarray, "n 4"]) -> np.ndarray:
    """A number for each pixel (n,): the same for pixels that links join."""
    parent = np.arange(len(links))
    for i in range(len(links)):
        for direction in (RIGHT, DOWN):
            if links[i, direction] >= 0:
                _join(parent, i, links[i, direction])
    for i in range(len(links)):
        parent[i] = _root(parent, i)
    return parent


@njit(cache=True)
def _root(parent: np.ndarray, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True)
def _join(parent: np.ndarray, i: int, j: int) -> None:
    a, b = _root(parent, i), _root(parent, j)
    if a < b:
        parent[b] = a
    elif b < a:
        parent[a] = b
