"""Texture of the photo for what it does not show: what lies mirrored at the silhouette."""

import numpy as np
from jaxtyping import Float32, Int8, Int32
from numba import njit

from stereopsis.lift.rims import CLEAN, MIXED_PX
from stereopsis.scene.layers import DOWN, LEFT, RIGHT, UP, LayeredImage


def find_mirrored(layers: LayeredImage, anchor: Int32[np.ndarray, " n"]) -> Int32[np.ndarray, " n"]:
    """For each hidden pixel, the visible one as far on the other side of its anchor's rim.

    The way goes along links, so it stays on the surface that the hidden pixel continues.
    """
    mirrored: np.ndarray = _mirrored(layers.links, layers.x, layers.y, anchor)
    return mirrored


def texture_of(
    layers: LayeredImage,
    rims: Int8[np.ndarray, " visible"],
    wanted: Int32[np.ndarray, " k"],
    reach: int,
) -> Float32[np.ndarray, "k 3"]:
    """What is left of the wanted visible pixels' colours without the mean around them.

    Where rims are wanted, nothing is left: what differs there is the front.
    """
    texture = layers.color[wanted] - smooth_of(layers, rims, wanted, reach)
    return np.where((rims[wanted] == CLEAN)[:, None], texture, 0).astype(np.float32)


def smooth_of(
    layers: LayeredImage,
    rims: Int8[np.ndarray, " visible"],
    wanted: Int32[np.ndarray, " k"],
    reach: int,
) -> Float32[np.ndarray, "k 3"]:
    """The mean colour around the wanted visible pixels, of what is clean; else their own.

    Around is up to `reach` pixels to each side along links.
    """
    is_wanted = np.zeros(layers.visible_count, np.bool_)
    is_wanted[wanted] = True
    smooth: np.ndarray = _smooth(layers.links, layers.color, rims, is_wanted, reach)
    return np.asarray(smooth[wanted], np.float32)


@njit(cache=True)
def _smooth(
    links: np.ndarray, color: np.ndarray, rims: np.ndarray, wanted: np.ndarray, reach: int
) -> np.ndarray:
    """The mean colour (visible, 3) around each wanted pixel, of what is clean; else its own."""
    visible = len(wanted)
    rows = np.zeros((visible, 4), np.float32)  # sums of colours, and their count
    smooth = np.zeros((visible, 3), np.float32)
    done = np.zeros(visible, np.bool_)
    for i in range(visible):
        if not wanted[i]:
            continue
        total = np.zeros(4, np.float32)
        for direction in (UP, DOWN):
            j = i if direction == UP else links[i, DOWN]
            for _ in range(reach + (1 if direction == UP else 0)):
                if not 0 <= j < visible:
                    break
                if not done[j]:
                    _sum_row(links, color, rims, j, reach, rows[j])
                    done[j] = True
                total += rows[j]
                j = links[j, direction]
        for channel in range(3):
            smooth[i, channel] = total[channel] / total[3] if total[3] else color[i, channel]
    return smooth


@njit(cache=True)
def _sum_row(
    links: np.ndarray, color: np.ndarray, rims: np.ndarray, i: int, reach: int, total: np.ndarray
) -> None:
    """Adds clean colours (3) up to `reach` pixels to either side of i, and their count."""
    visible = len(rims)
    for direction in (LEFT, RIGHT):
        j = i if direction == LEFT else links[i, RIGHT]
        for _ in range(reach + (1 if direction == LEFT else 0)):
            if not 0 <= j < visible:
                break
            if rims[j] == CLEAN:
                for channel in range(3):
                    total[channel] += color[j, channel]
                total[3] += 1
            j = links[j, direction]


@njit(cache=True)
def _mirrored(links: np.ndarray, x: np.ndarray, y: np.ndarray, anchor: np.ndarray) -> np.ndarray:
    n = len(links)
    mirrored = np.zeros(n, np.int32)
    for i in range(n):
        home = anchor[i]
        if home < 0 or home == i:
            mirrored[i] = max(home, 0)
            continue
        across, down = x[home] - x[i], y[home] - y[i]
        sideways = RIGHT if across > 0 else LEFT
        upright = DOWN if down > 0 else UP
        extra = MIXED_PX if abs(across) >= abs(down) else 0
        j = _walk(links, home, sideways, abs(across) + extra)
        k = _walk(links, j, upright, abs(down) + (MIXED_PX - extra))
        mirrored[i] = anchor[k]
    return mirrored


@njit(cache=True)
def _walk(links: np.ndarray, i: int, direction: int, steps: int) -> int:
    """The pixel so many steps on, or the last one before the surface ends."""
    for _ in range(steps):
        if links[i, direction] < 0:
            break
        i = links[i, direction]
    return i
