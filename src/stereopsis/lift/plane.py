"""Planes through scattered points, in spite of what stands on them."""

import numpy as np
from numba import njit


@njit(cache=True)
def fit_plane(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, outlier: float, evidence: float, rounds: int
) -> tuple[float, float, float]:
    """The plane through points (n,), n > 0: its height at (0, 0), and how it rises along x and y.

    By iteratively reweighted least squares: what is `outlier` off the plane counts half. A few
    points say little about slopes: these are drawn to level, as `evidence` points that lie 1 from
    the middle would draw them.
    """
    n = len(z)
    weight = np.ones(n)
    offset = across = down = 0.0
    for _ in range(rounds):
        total = mx = my = mz = 0.0
        for i in range(n):
            total += weight[i]
            mx += weight[i] * x[i]
            my += weight[i] * y[i]
            mz += weight[i] * z[i]
        mx, my, mz = mx / total, my / total, mz / total
        xx = yy = evidence
        xy = xz = yz = 0.0
        for i in range(n):
            dx, dy, dz = x[i] - mx, y[i] - my, z[i] - mz
            xx += weight[i] * dx * dx
            xy += weight[i] * dx * dy
            yy += weight[i] * dy * dy
            xz += weight[i] * dx * dz
            yz += weight[i] * dy * dz
        determinant = xx * yy - xy * xy
        across = (xz * yy - yz * xy) / determinant
        down = (yz * xx - xz * xy) / determinant
        offset = mz - across * mx - down * my
        for i in range(n):
            off = (z[i] - offset - across * x[i] - down * y[i]) / outlier
            weight[i] = 1 / (1 + off * off)
    return offset, across, down
