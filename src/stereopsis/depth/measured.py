"""Measured values of any meaning, as a DepthMap."""

from typing import Literal

import numpy as np

from stereopsis.errors import DepthError
from stereopsis.scene.depth import DepthMap, DepthSource

Near = Literal["large", "small"]

LARGEST = float(np.finfo(np.float32).max)


def depth_from_values(
    values: np.ndarray,
    valid: np.ndarray,
    near: Near,
    source: DepthSource,
    reason: str,
    uncertainty: np.ndarray | None = None,
) -> DepthMap:
    """A relative map from values (h, w) that grow towards the viewer, or away from them.

    near "large": inverse depth or disparity of any scale and shift.
    near "small": depth in any unit; 0 counts as unknown, as depth cameras write it.
    Values that are not finite are unknown too. `uncertainty` (h, w) is in the values' units, and
    known only where near is large.

    Raises:
        DepthError: a known depth is negative, a value too large, or what DepthMap.relative refuses.
    """
    if near == "small":
        _check_not_negative(values, valid)
    inverse, known = _inverse(values, valid, near)
    return DepthMap.relative(inverse, known, source, reason, uncertainty)


def metric_depth(
    values: np.ndarray,
    valid: np.ndarray,
    near: Near,
    source: DepthSource,
    reason: str,
    uncertainty: np.ndarray | None = None,
) -> DepthMap:
    """A metric map from values (h, w) in 1/metres (near "large") or metres (near "small").

    `uncertainty` (h, w) is in 1/metres, and known only where near is large.

    Raises:
        DepthError: a known value is negative or too large, or what DepthMap.relative refuses.
    """
    _check_not_negative(values, valid)
    inverse, known = _inverse(values, valid, near)
    known = DepthMap.relative(inverse, known, source, reason).valid  # refuses what shows nothing
    stored = np.where(known, inverse, 0.0).astype(np.float32)
    return DepthMap(stored, known, "metric", source, reason, uncertainty)


def _check_not_negative(values: np.ndarray, valid: np.ndarray) -> None:
    if (values[valid & np.isfinite(values)] < 0).any():
        raise DepthError(
            "The depth map has negative values, but nothing lies behind the camera.",
            "Leave such pixels out (NaN), or say that near is large.",
        )


def _check_not_huge(values: np.ndarray, known: np.ndarray) -> None:
    largest = np.abs(values[known]).max(initial=0.0)
    if largest > LARGEST:
        raise DepthError(
            f"The depth map has values as large as {largest:.0e}, which is too large.",
            f"Keep them below {LARGEST:.0e}, or leave such pixels out (NaN).",
        )


def _inverse(values: np.ndarray, valid: np.ndarray, near: Near) -> tuple[np.ndarray, np.ndarray]:
    """Inverse depth as float64, and which of it is known."""
    with np.errstate(invalid="ignore", over="ignore"):  # signalling NaNs of damaged files
        values = values.astype(np.float64)
    known = valid & np.isfinite(values)
    if near == "small":
        known &= values > np.finfo(np.float32).tiny
        values = np.divide(1.0, values, out=np.zeros_like(values), where=known)
    _check_not_huge(values, known)
    known &= np.abs(values) < LARGEST  # itself a customary mark of unknown pixels
    return np.where(known, values, 0.0), known
