"""Snaps the edges of a depth map to the edges of its photo, at the photo's resolution."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from stereopsis.depth.fill import fill_from_behind
from stereopsis.depth.weighted_median import Window, steadiness, weighted_median
from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.scene.depth import DepthMap


@dataclass(frozen=True)
class RefineConfig:
    """How edges are found and moved. Depths are shares of the map's own range (1st to 99th)."""

    edge: float = 0.06  # a change over the window that is a discontinuity
    bend: float = 0.6  # share of `edge` by which the map leaves its local mean there; with less,
    # fur and foliage cut soft slopes into terraces, though edges in test pictures gain a little
    slope: float = 0.02  # a change over two pixels that makes a depth half as trustworthy
    color_sigma: float = 14.0  # grey levels; what is one surface
    # From wide to narrow: a network's ramps reach farther than they look, and a wide window sees
    # past them to both surfaces. Later levels only move each edge by the pixel they have gained.
    first_windows: tuple[Window, ...] = (Window(8, 2), Window(8, 2), Window(4))
    later_windows: tuple[Window, ...] = (Window(4),)


def refine(depth: DepthMap, guide: ColorImage, config: RefineConfig = RefineConfig()) -> DepthMap:
    """The depth map at the size of `guide` (h, w, 3), its discontinuities on the guide's edges.

    From coarse to fine, each level doubles the size and replaces pixels near discontinuities by a
    weighted median of their window: weights fall with distance in colour, and with the depth's
    own slope, so that the washed-out ramp of an edge has no say against the surfaces beside it,
    and with its uncertainty. No pixel leaves the range of the depths around it. A map at least as
    large as the guide is taken to be sharp already, unless a network guessed it: one pass aligns
    it. Unknown pixels take the farther of the surfaces beside them. All pixels are valid
    afterwards. Uncertainty is enlarged with the map.

    Source: after the depth cleaning of Kopf et al., One Shot 3D Photography (2020); the slope
    weight, the sparse windows and the coarse-to-fine schedule are ours.
    """
    height, width = guide.shape[:2]
    inverse_depth = _shrink(fill_from_behind(depth.inverse_depth, depth.valid), (height, width))
    low, high = np.percentile(inverse_depth, [1, 99])
    span = np.float32(max(high - low, 1e-6))
    values = ((inverse_depth - low) / span).astype(np.float32)
    is_soft = depth.source == "mono"
    sizes = _levels(values.shape, (height, width), int(is_soft))
    for level, (rows, columns) in enumerate(sizes):
        if values.shape != (rows, columns):
            values = cv2.resize(values, (columns, rows), interpolation=cv2.INTER_LINEAR)
        colors = guide
        if (rows, columns) != (height, width):
            colors = cv2.resize(guide, (columns, rows), interpolation=cv2.INTER_AREA)
        is_first = level == 0 and len(sizes) > 1
        for window in config.first_windows if is_first else config.later_windows:
            near_edge = _is_near_edge(values, config, window.radius)
            trust = steadiness(values, config.slope) * _sureness(depth, values.shape)
            values = weighted_median(values, colors, near_edge, window, config.color_sigma, trust)
    refined = (_snap(values, config.edge) * span + np.float32(low)).astype(np.float32)
    uncertainty = depth.uncertainty
    if uncertainty is not None and uncertainty.shape != (height, width):
        uncertainty = cv2.resize(uncertainty, (width, height), interpolation=cv2.INTER_LINEAR)
    known = np.ones((height, width), np.bool_)
    return replace(depth, inverse_depth=refined, valid=known, uncertainty=uncertainty)


def widen_fronts(depth: DepthMap, px: int, edge: float = 0.1) -> DepthMap:
    """The map with fronts widened over `px` pixels of what they stand before.

    There the lens mixed the front's colours into the back; cut off with the front, they leave no
    coloured fringe behind. `edge` is the change, as a share of the map's range, that parts a front.
    """
    low, high = np.percentile(depth.inverse_depth, [1, 99])
    rim = cv2.dilate(depth.inverse_depth, np.ones((2 * px + 1, 2 * px + 1), np.uint8))
    stands_out = rim - depth.inverse_depth > edge * (high - low)
    return replace(depth, inverse_depth=np.where(stands_out, rim, depth.inverse_depth))


def _shrink(inverse_depth: InverseDepth, size: tuple[int, int]) -> InverseDepth:
    """A map larger than `size` (rows, columns) at that size; others as they are."""
    rows, columns = size
    if inverse_depth.shape[0] <= rows and inverse_depth.shape[1] <= columns:
        return inverse_depth
    if inverse_depth.shape[0] > 2 * rows:  # average noise away, but leave edges a pixel wide
        twice = (2 * columns, 2 * rows)
        inverse_depth = cv2.resize(inverse_depth, twice, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(inverse_depth, (columns, rows), interpolation=cv2.INTER_NEAREST))


def _levels(start: tuple[int, ...], goal: tuple[int, int], least: int) -> list[tuple[int, int]]:
    """Sizes (rows, columns) that about double up to `goal`, from `start` or a little below.

    From `goal` itself if that is smaller, but then from half its size for each of `least`.
    """
    factor = max(goal[0] / start[0], goal[1] / start[1], 1.0)
    steps = max(least, int(np.ceil(np.log2(factor) - 0.2)))
    scales = [0.5 ** (steps - step) for step in range(steps)]
    return [*((round(goal[0] * scale), round(goal[1] * scale)) for scale in scales), goal]


def _is_near_edge(values: InverseDepth, config: RefineConfig, radius: int) -> Mask:
    """Where the window holds a change that is no plane: the map leaves its own local mean.

    A slanted plane equals its local mean, however steep it is, and stays as it is.
    """
    side = 2 * radius + 1
    kernel = np.ones((side, side), np.uint8)
    change = cv2.dilate(values, kernel) - cv2.erode(values, kernel)
    padded = np.pad(values, radius, mode="reflect", reflect_type="odd")  # planes go on outside
    mean = cv2.blur(padded, (side, side))[radius:-radius, radius:-radius]
    bend = cv2.dilate(np.abs(values - mean), kernel)
    return np.asarray((change > config.edge) & (bend > config.bend * config.edge))


def _sureness(depth: DepthMap, size: tuple[int, ...]) -> InverseDepth:
    """1 where the map is sure, half where as unsure as in its median pixel; all 1 if unknown."""
    if depth.uncertainty is None:
        return np.ones(size, np.float32)
    doubt = cv2.resize(depth.uncertainty, size[::-1], interpolation=cv2.INTER_LINEAR)
    usual = max(float(np.median(depth.uncertainty)), 1e-6)
    times = np.asarray(doubt, np.float64) / usual  # in float32 the square of huge doubt overflows
    return np.asarray(1 / (1 + times**2), np.float32)


def _snap(values: InverseDepth, edge: float) -> InverseDepth:
    """What is left of ramps becomes a step."""
    kernel = np.ones((3, 3), np.uint8)
    for _ in range(2):
        near, far = cv2.dilate(values, kernel), cv2.erode(values, kernel)
        ramp = near - far > edge
        values = np.where(ramp, np.where(near - values < values - far, near, far), values)
    return values
