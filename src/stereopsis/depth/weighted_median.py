"""The weighted median of every pixel's window, weighted by colour, distance and trust."""

from dataclasses import dataclass
from threading import Lock

import numpy as np
from numba import njit, prange

from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask

BINS = 24  # of the histogram from which a median is read
COLOR_STEP = 32  # squared grey levels that share one entry of the table of colour weights
ONE_CALL = (
    Lock()
)  # numba's own pool of threads, used where OpenMP is missing, dies of two at a time


@dataclass(frozen=True)
class Window:
    """Every `stride`-th pixel, in both directions, up to `radius` pixels away."""

    radius: int
    stride: int = 1


def weighted_median(
    values: InverseDepth,
    colors: ColorImage,
    wanted: Mask,
    window: Window,
    color_sigma: float,
    trust: InverseDepth,
) -> InverseDepth:
    """The weighted median of the window around each wanted pixel; other pixels as they are.

    Weights fall with distance in `colors` (standard deviation in grey levels), with distance in
    the picture, and are multiplied by `trust` (h, w). No result lies outside the range of its
    window.
    """
    reach = window.radius // window.stride
    by_color = np.exp(np.arange(0, 3 * 255**2 + 1, COLOR_STEP) * (-0.5 / color_sigma**2))
    by_distance = np.exp(-np.arange(2 * reach * reach + 1) / (reach * reach))
    tables = (by_color.astype(np.float32), by_distance.astype(np.float32))
    with ONE_CALL:
        return np.asarray(_medians((values, trust, colors), wanted, (reach, window.stride), tables))


def steadiness(values: InverseDepth, slope: float) -> InverseDepth:
    """1 where the map is flat, half where it changes by `slope` over two pixels."""
    padded = np.pad(values, 1, mode="edge")
    across = padded[1:-1, 2:] - padded[1:-1, :-2]
    down = padded[2:, 1:-1] - padded[:-2, 1:-1]
    return np.asarray(1 / (1 + (across**2 + down**2) / np.float32(slope**2)), np.float32)


@njit(cache=True, parallel=True)
def _medians(
    maps: tuple[np.ndarray, np.ndarray, np.ndarray],
    wanted: np.ndarray,
    steps: tuple[int, int],
    tables: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    values = maps[0]
    result = values.copy()
    for y in prange(values.shape[0]):
        histogram = np.empty((2, BINS), np.float32)
        for x in range(values.shape[1]):
            if wanted[y, x]:
                low, high = _range_at(values, y, x, steps)
                if high > low:
                    histogram[:] = 0
                    _fill_histogram(maps, (y, x), steps, tables, (low, high), histogram)
                    result[y, x] = _read_median(histogram, values[y, x])
    return result


@njit(cache=True)
def _range_at(
    values: np.ndarray, y: int, x: int, steps: tuple[int, int]
) -> tuple[np.float32, np.float32]:
    reach, stride = steps
    low = high = values[y, x]
    for j in range(y - reach * stride, y + reach * stride + 1, stride):
        if 0 <= j < values.shape[0]:
            for i in range(x - reach * stride, x + reach * stride + 1, stride):
                if 0 <= i < values.shape[1]:
                    low, high = min(low, values[j, i]), max(high, values[j, i])
    return low, high


@njit(cache=True)
def _fill_histogram(
    maps: tuple[np.ndarray, np.ndarray, np.ndarray],
    center: tuple[int, int],
    steps: tuple[int, int],
    tables: tuple[np.ndarray, np.ndarray],
    limits: tuple[np.float32, np.float32],
    histogram: np.ndarray,
) -> None:
    """Adds up, in equal parts of the window's range, its weights [0] and weighted values [1]."""
    values, trust, colors = maps
    by_color, by_distance = tables
    (y, x), (reach, stride), (low, high) = center, steps, limits
    scale = np.float32(BINS - 1) / (high - low)
    red, green, blue = (
        np.int32(colors[y, x, 0]),
        np.int32(colors[y, x, 1]),
        np.int32(colors[y, x, 2]),
    )
    for down in range(-reach, reach + 1):
        j = y + down * stride
        if not 0 <= j < values.shape[0]:
            continue
        for across in range(-reach, reach + 1):
            i = x + across * stride
            if 0 <= i < values.shape[1]:
                r, g, b = colors[j, i, 0] - red, colors[j, i, 1] - green, colors[j, i, 2] - blue
                of_color = by_color[(r * r + g * g + b * b) // COLOR_STEP]
                w = of_color * by_distance[down * down + across * across] * trust[j, i]
                k = int((values[j, i] - low) * scale + np.float32(0.5))
                histogram[0, k] += w
                histogram[1, k] += w * values[j, i]


@njit(cache=True)
def _read_median(histogram: np.ndarray, otherwise: np.float32) -> np.float32:
    """The mean of the bin in which half of the weight is passed."""
    weight, total = histogram
    half = np.float32(0.5) * weight.sum()
    passed = np.float32(0)
    for k in range(BINS):
        passed += weight[k]
        if passed >= half and weight[k] > 0:
            return np.float32(total[k] / weight[k])
    return otherwise
