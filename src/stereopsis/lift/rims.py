"""Rims: what the photo shows of a surface beside the front that hides the rest of it."""

import numpy as np
from jaxtyping import Int8, Int32
from numba import njit

from stereopsis.scene.layers import LEFT, RIGHT, UP, LayeredImage

MIXED_PX = 2  # this near to a silhouette, lens and sensor mix the front's colour in
CLEAN = MIXED_PX + 1  # steps from a silhouette, and more


def find_rims(layers: LayeredImage) -> Int8[np.ndarray, " visible"]:
    """How many steps along links each visible pixel is behind a silhouette, CLEAN at most.

    1 is a pixel beside one that stands before it; fronts have no rims of their own. Specks and what
    is beside them have MIXED_PX at most: their colours are those of something in front, too.
    """
    shape = layers.height, layers.width
    rims = _find(layers.links, layers.inverse_depth, *shape)
    if layers.speck is not None:
        _mark_specks(rims, layers.links, np.flatnonzero(layers.speck))
    return rims


def clean_sources(
    layers: LayeredImage, rims: Int8[np.ndarray, " visible"]
) -> Int32[np.ndarray, " n"]:
    """The visible pixel whose colour stands for each one: the nearest clean one along links.

    For a surface that is nothing but rim, hidden parts included, it is one of the surfaces beside
    it, the nearest that does not stand before it; or it is itself, where there is none.
    """
    shape = layers.height, layers.width
    return _nearest(layers.links, layers.inverse_depth, rims, *shape)


@njit(cache=True)
def _find(links: np.ndarray, inverse_depth: np.ndarray, height: int, width: int) -> np.ndarray:
    visible = height * width
    steps = np.full(visible, CLEAN, np.int8)
    queue = np.empty(visible, np.int32)
    last = 0
    for i in range(visible):
        for direction in range(4):
            beside = _beside(i, direction, height, width)
            if beside < 0 or links[i, direction] == beside:
                continue
            if inverse_depth[beside] > inverse_depth[i]:
                steps[i] = 1
                queue[last] = i
                last += 1
                break
    first = 0
    while first < last:
        i = queue[first]
        first += 1
        if steps[i] + 1 == CLEAN:
            continue
        for direction in range(4):
            j = links[i, direction]
            if 0 <= j < visible and steps[j] == CLEAN:
                steps[j] = steps[i] + 1
                queue[last] = j
                last += 1
    return steps


@njit(cache=True)
def _mark_specks(steps: np.ndarray, links: np.ndarray, specks: np.ndarray) -> None:
    """Sets steps near these pixels to MIXED_PX at most, in place."""
    visible = len(steps)
    for speck in specks:
        steps[speck] = min(steps[speck], MIXED_PX)
        for direction in range(4):
            i = links[speck, direction]
            if not 0 <= i < visible:
                continue
            steps[i] = min(steps[i], MIXED_PX)
            for turn in range(4):
                j = links[i, turn]
                if 0 <= j < visible:
                    steps[j] = min(steps[j], MIXED_PX)


@njit(cache=True)
def _nearest(
    links: np.ndarray, inverse_depth: np.ndarray, rims: np.ndarray, height: int, width: int
) -> np.ndarray:
    visible = len(rims)
    source = np.full(len(links), -1, np.int32)
    queue = np.empty(len(links), np.int32)
    last = 0
    for i in range(visible):
        if rims[i] == CLEAN:
            source[i] = queue[last] = i
            last += 1
    for along_links in (True, False, True):
        first = 0
        while first < last:
            i = queue[first]
            first += 1
            for direction in range(4):
                if along_links:
                    j = links[i, direction]
                else:
                    j = _beside(i, direction, height, width) if i < visible else -1
                    if j >= 0 and inverse_depth[i] > inverse_depth[j]:
                        continue
                if j >= 0 and source[j] < 0:
                    source[j] = source[i]
                    queue[last] = j
                    last += 1
    for i in range(len(links)):
        if source[i] < 0:
            source[i] = i
    return source


@njit(cache=True)
def _beside(i: int, direction: int, height: int, width: int) -> int:
    """The place beside in this direction (LEFT, RIGHT, UP, DOWN), -1 beyond the border."""
    y, x = divmod(i, width)
    if direction == LEFT:
        return i - 1 if x > 0 else -1
    if direction == RIGHT:
        return i + 1 if x + 1 < width else -1
    if direction == UP:
        return i - width if y > 0 else -1
    return i + width if y + 1 < height else -1
