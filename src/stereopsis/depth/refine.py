"""Snaps the edges of a depth map to the edges of its photo, at the photo's resolution."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numba import njit, prange

from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.scene.depth import DepthMap

BINS = 24  # of the histogram from which a weighted median is read


@dataclass(frozen=True)
class RefineConfig:
    """How edges are found and moved. Depths are shares of the map's own range (1st to 99th)."""

    edge: float = 0.1  # a change over the window that is a discontinuity
    slope: float = 0.03  # a change over two pixels that makes a depth half as trustworthy
    radius: int = 4  # of the window, in pixels of each level
    color_sigma: float = 14.0  # grey levels; what is one surface
    passes: int = 3  # at the first level, where ramps are narrow; later levels need one
    front_px: int = 1  # fronts gain this rim, where the lens mixed their colour into the back


def refine(depth: DepthMap, guide: ColorImage, config: RefineConfig = RefineConfig()) -> DepthMap:
    """The depth map at the size of `guide` (h, w, 3), its discontinuities on the guide's edges.

    From coarse to fine, each level doubles the size and replaces pixels near discontinuities by a
    weighted median of their window: weights fall with distance in colour, and with the depth's
    own slope, so that the washed-out ramp of an edge has no say against the surfaces beside it.
    A map at least as large as the guide is taken to be sharp already: one pass aligns it.
    Unknown pixels take the farther of the surfaces beside them. All pixels are valid afterwards.

    Source: after the depth cleaning of Kopf et al., One Shot 3D Photography (2020); the slope
    weight and the coarse-to-fine schedule are ours.
    """
    height, width = guide.shape[:2]
    inverse_depth = _fill(depth.inverse_depth, depth.valid)
    if inverse_depth.shape[0] > height or inverse_depth.shape[1] > width:
        if inverse_depth.shape[0] > 2 * height:  # average noise away, but leave edges a pixel wide
            twice = (2 * width, 2 * height)
            inverse_depth = cv2.resize(inverse_depth, twice, interpolation=cv2.INTER_AREA)
        inverse_depth = cv2.resize(inverse_depth, (width, height), interpolation=cv2.INTER_NEAREST)
    low, high = np.percentile(inverse_depth, [1, 99])
    span = np.float32(max(high - low, 1e-6))
    values = ((inverse_depth - low) / span).astype(np.float32)
    sizes = _levels(values.shape, (height, width))
    is_sharp = len(sizes) == 1
    for level, (rows, columns) in enumerate(sizes):
        if values.shape != (rows, columns):
            values = cv2.resize(values, (columns, rows), interpolation=cv2.INTER_LINEAR)
        colors = guide
        if (rows, columns) != (height, width):
            colors = cv2.resize(guide, (columns, rows), interpolation=cv2.INTER_AREA)
        for _ in range(1 if level > 0 or is_sharp else config.passes):
            values = _weighted_median(
                values,
                colors,
                _is_near_edge(values, config),
                config.radius,
                config.color_sigma,
                config.slope,
            )
    values = _snap(values, config.edge, 0 if is_sharp else config.front_px)
    refined = (values * span + np.float32(low)).astype(np.float32)
    return replace(depth, inverse_depth=refined, valid=np.ones((height, width), np.bool_))


def _levels(start: tuple[int, ...], goal: tuple[int, int]) -> list[tuple[int, int]]:
    """Sizes (rows, columns) that about double from `start`, or from `goal` if that is smaller."""
    factor = max(goal[0] / start[0], goal[1] / start[1], 1.0)
    steps = int(np.ceil(np.log2(factor) - 0.2))
    scales = [0.5 ** (steps - step) for step in range(steps)]
    return [*((round(goal[0] * scale), round(goal[1] * scale)) for scale in scales), goal]


def _is_near_edge(values: InverseDepth, config: RefineConfig) -> Mask:
    kernel = np.ones((2 * config.radius + 1, 2 * config.radius + 1), np.uint8)
    change = cv2.dilate(values, kernel) - cv2.erode(values, kernel)
    return np.asarray(change > config.edge)


def _snap(values: InverseDepth, edge: float, front_px: int) -> InverseDepth:
    """What is left of ramps becomes a step, and fronts gain their rim."""
    kernel = np.ones((3, 3), np.uint8)
    for _ in range(2):
        near, far = cv2.dilate(values, kernel), cv2.erode(values, kernel)
        ramp = near - far > edge
        values = np.where(ramp, np.where(near - values < values - far, near, far), values)
    rim = cv2.dilate(values, np.ones((2 * front_px + 1,) * 2, np.uint8))
    return np.where(rim - values > edge, rim, values).astype(np.float32)


def _fill(inverse_depth: InverseDepth, valid: Mask) -> InverseDepth:
    """The map without holes: each unknown pixel takes the farther of its row's neighbours."""
    if valid.all():
        return inverse_depth
    filled = inverse_depth.copy()
    rows = np.nonzero(valid.any(axis=1))[0]
    columns = np.arange(valid.shape[1])
    for row in rows:
        known = np.nonzero(valid[row])[0]
        after = np.searchsorted(known, columns)
        left = inverse_depth[row, known[np.maximum(after - 1, 0)]]
        right = inverse_depth[row, known[np.minimum(after, len(known) - 1)]]
        filled[row] = np.where(valid[row], inverse_depth[row], np.minimum(left, right))
    nearest = rows[np.abs(np.arange(len(valid))[:, None] - rows[None]).argmin(axis=1)]
    return np.asarray(filled[nearest])


@njit(cache=True, parallel=True)
def _weighted_median(
    values: np.ndarray,
    colors: np.ndarray,
    wanted: np.ndarray,
    radius: int,
    color_sigma: float,
    slope: float,
) -> np.ndarray:
    """The weighted median of the window around each wanted pixel; other pixels as they are."""
    height, width = values.shape
    result = values.copy()
    steady = np.empty((height, width), np.float32)
    for y in prange(height):
        for x in range(width):
            across = values[y, min(x + 1, width - 1)] - values[y, max(x - 1, 0)]
            down = values[min(y + 1, height - 1), x] - values[max(y - 1, 0), x]
            steady[y, x] = 1 / (1 + (across * across + down * down) / np.float32(slope * slope))
    falloff = -1.0 / (radius * radius)
    tightness = -0.5 / (color_sigma * color_sigma)
    for y in prange(height):
        for x in range(width):
            if wanted[y, x]:
                result[y, x] = _median_at(
                    (values, colors, steady), (y, x), radius, tightness, falloff
                )
    return result


@njit(cache=True)
def _median_at(
    maps: tuple[np.ndarray, np.ndarray, np.ndarray],
    center: tuple[int, int],
    radius: int,
    tightness: float,
    falloff: float,
) -> float:
    """The weighted median around one pixel, read from a histogram of the window's range."""
    values, colors, steady = maps
    y, x = center
    top, bottom = max(y - radius, 0), min(y + radius + 1, values.shape[0])
    left, right = max(x - radius, 0), min(x + radius + 1, values.shape[1])
    low = high = values[y, x]
    for j in range(top, bottom):
        for i in range(left, right):
            low, high = min(low, values[j, i]), max(high, values[j, i])
    if high <= low:
        return float(low)
    weight = np.zeros(BINS, np.float32)
    total = np.zeros(BINS, np.float32)
    for j in range(top, bottom):
        for i in range(left, right):
            difference = np.float32(0)
            for c in range(3):
                d = np.float32(colors[j, i, c]) - np.float32(colors[y, x, c])
                difference += d * d
            away = np.float32((j - y) * (j - y) + (i - x) * (i - x))
            w = np.exp(np.float32(difference * tightness + away * falloff)) * steady[j, i]
            k = int((values[j, i] - low) / (high - low) * np.float32(BINS - 1) + np.float32(0.5))
            weight[k] += w
            total[k] += w * values[j, i]
    half = np.float32(0.5) * weight.sum()
    passed = np.float32(0)
    for k in range(BINS):
        passed += weight[k]
        if passed >= half and weight[k] > 0:
            return float(total[k] / weight[k])
    return float(values[y, x])
