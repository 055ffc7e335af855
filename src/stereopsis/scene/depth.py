"""DepthMap: how far each pixel is, and where that knowledge comes from."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from stereopsis.errors import DepthError
from stereopsis.scene.arrays import InverseDepth, Mask

BEYOND_DEPTH = 1e12  # of the map's range; float32 could not compute with what lies so far off
DepthScale = Literal["relative", "metric"]
DepthSource = Literal["file", "photo", "mono", "stereo"]


@dataclass(frozen=True)
class DepthMap:
    """Inverse depth per pixel: larger is nearer, 0 is infinitely far.

    `relative` depth has unknown scale and shift and is normalised: its 1st and 99th percentiles
    lie on 0 and 1. `metric` depth is in 1/metres. Pixels outside `valid` hold 0. `source` says
    who measured it, `reason` in one sentence why that source was used. `uncertainty` is the error
    to be expected of each pixel's inverse depth, in the same units; None if nobody can tell.
    """

    inverse_depth: InverseDepth
    valid: Mask
    scale: DepthScale
    source: DepthSource
    reason: str
    uncertainty: InverseDepth | None = None

    def __post_init__(self) -> None:
        assert self.inverse_depth.shape == self.valid.shape
        assert self.inverse_depth.dtype == np.float32
        assert np.isfinite(self.inverse_depth).all()
        if self.uncertainty is not None:
            assert self.uncertainty.shape == self.inverse_depth.shape
            assert (self.uncertainty >= 0).all()

    @classmethod
    def relative(
        cls,
        inverse_depth: np.ndarray,
        valid: np.ndarray,
        source: DepthSource,
        reason: str,
        uncertainty: np.ndarray | None = None,
    ) -> "DepthMap":
        """A normalised map from inverse depth (h, w) of any scale and shift.

        `uncertainty` (h, w) is in the units of `inverse_depth`, and is scaled with it. Values that
        leave the range a million million times over are taken to be unknown.

        Raises:
            DepthError: fewer than 16 pixels are valid, or all are equally far.
        """
        valid = valid & np.isfinite(inverse_depth)
        if np.count_nonzero(valid) < 16:
            raise DepthError(
                "The depth map has fewer than 16 known pixels.",
                "Give a map that covers the picture, or leave it out to have depth estimated.",
            )
        low, high = np.percentile(inverse_depth[valid], [1, 99])
        if not high - low > 1e-6 * max(abs(low), abs(high)):
            raise DepthError(
                "The depth map is the same everywhere, so nothing would stand out.",
                "Give a map with near and far parts, or leave it out to have depth estimated.",
            )
        normalised = np.where(valid, (inverse_depth - low) / (high - low), 0.0)
        valid &= np.abs(normalised) < BEYOND_DEPTH
        normalised[~valid] = 0.0
        if uncertainty is not None:
            scaled = np.asarray(uncertainty, np.float64) / (high - low)
            uncertainty = np.minimum(scaled, np.finfo(np.float32).max).astype(np.float32)
        return cls(normalised.astype(np.float32), valid, "relative", source, reason, uncertainty)
