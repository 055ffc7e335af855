"""Slopes of surfaces where the photo stops showing them: a wall goes on as the plane that it is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int8
from numba import njit

from stereopsis.lift.plane import fit_plane
from stereopsis.lift.rims import CLEAN
from stereopsis.scene.layers import DOWN, LEFT, RIGHT, UP, LayeredImage


@dataclass(frozen=True)
class SlopeConfig:
    """How a slope is found. Lengths are pixels of the layered image; depth is px of parallax."""

    reach_px: int = 8  # along links, to each side
    outlier_px: float = 2.0  # what is farther from the plane counts less
    evidence: float = 100.0  # that a slope needs: as much as 100 pixels, one aside each, are level
    rounds: int = 3  # of reweighting; 0 leaves all level


def measure_slopes(
    layers: LayeredImage,
    rims: Int8[np.ndarray, " visible"],
    wanted: np.ndarray,
    parallax_px: float,
    config: SlopeConfig = SlopeConfig(),
) -> Float32[np.ndarray, "k 2"]:
    """How fast inverse depth grows across and down (per px) around wanted visible pixels (k,).

    That of the plane through what is linked, rims apart, by iteratively reweighted least squares.
    `parallax_px` is how many pixels one unit of inverse depth moves. Planes of the scene are planes
    in inverse depth, too.
    """
    place = layers.x, layers.y, layers.inverse_depth
    fit = config.outlier_px / parallax_px, config.evidence, config.rounds
    return _slopes(layers.links, place, rims, wanted, config.reach_px, fit)


@njit(cache=True)
def _slopes(
    links: np.ndarray,
    place: tuple[np.ndarray, np.ndarray, np.ndarray],
    rims: np.ndarray,
    wanted: np.ndarray,
    reach: int,
    fit: tuple[float, float, int],
) -> np.ndarray:
    slopes = np.zeros((len(wanted), 2), np.float32)
    near = np.empty((3, (2 * reach + 1) ** 2))
    for k in range(len(wanted)):
        count = _gather(links, place, rims, wanted[k], reach, near)
        if count:
            x, y, z = near[0, :count], near[1, :count], near[2, :count]
            slopes[k] = fit_plane(x, y, z, *fit)[1:]
    return slopes


@njit(cache=True)
def _gather(
    links: np.ndarray,
    place: tuple[np.ndarray, np.ndarray, np.ndarray],
    rims: np.ndarray,
    i: int,
    reach: int,
    near: np.ndarray,
) -> int:
    """Writes place and inverse depth of what is clean around i into `near`; how much that is."""
    x, y, inverse_depth = place
    visible = len(rims)
    count = 0
    for upright in (UP, DOWN):
        row = i if upright == UP else links[i, DOWN]
        for _ in range(reach + (1 if upright == UP else 0)):
            if not 0 <= row < visible:
                break
            for sideways in (LEFT, RIGHT):
                j = row if sideways == LEFT else links[row, RIGHT]
                for _ in range(reach + (1 if sideways == LEFT else 0)):
                    if not 0 <= j < visible:
                        break
                    if rims[j] == CLEAN:
                        near[0, count], near[1, count] = x[j] - x[i], y[j] - y[i]
                        near[2, count] = inverse_depth[j]
                        count += 1
                    j = links[j, sideways]
            row = links[row, upright]
    return count
